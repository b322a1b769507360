import Anser from 'anser';
import type { ComponentChildren } from 'preact';
import { host } from '../../shared/host.ts';
import { ownPath, type Places } from '../ownPath.ts';

interface LogLineViewProps {
  readonly text: string;
  readonly repeats: number;
  readonly found: boolean;
  readonly error: boolean;
  readonly places: Places;
}

/** `File "train.py", line 12` of Python, and `train.R:12` or `src/a.cpp:12:5` of others. */
const LOCATION =
  /File "([^"\n]+)", line (\d+)|(?:^|[\s(])((?:[\w.~-]+\/|\/)*[\w-]+\.(?:py|R|jl|sh|js|ts|c|cc|cpp|h)):(\d+)(?::\d+)?/g;

/** One line with its colours, its file names as links, and how often it was repeated. */
export function LogLineView({ text, repeats, found, error, places }: LogLineViewProps) {
  const plain = !text.includes('\u001b');
  const parts = plain
    ? [<Located key={0} text={text} places={places} />]
    : Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, index) => (
        <span key={index} class={ansiClass(part)}>
          <Located text={part.content} places={places} />
        </span>
      ));
  return (
    <div class={`log-line${found ? ' found' : ''}${error ? ' error' : ''}`}>
      {parts}
      {repeats > 1 ? <span class="log-repeats" title={`The same line ${repeats} times`}>{`×${repeats}`}</span> : null}
    </div>
  );
}

function Located({ text, places }: { text: string; places: Places }) {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const match of text.matchAll(LOCATION)) {
    const file = match[1] ?? match[3] ?? '';
    const line = Number(match[2] ?? match[4]);
    const { path, name } = ownPath(places, file);
    // Only the place itself is the link, not the blank or bracket before it; the run's copy is named as the folder's file.
    const start = match.index + (match[1] === undefined ? match[0].indexOf(file) : 0);
    parts.push(text.slice(from, start));
    parts.push(
      <button type="button" class="link" key={match.index} title={path} onClick={() => openFromLog(path, line)}>
        {text.slice(start, match.index + match[0].length).replace(file, () => name)}
      </button>,
    );
    from = match.index + match[0].length;
  }
  if (from === 0) return <>{text}</>;
  return (
    <>
      {parts}
      {text.slice(from)}
    </>
  );
}

function ansiClass(part: Anser.AnserJsonEntry): string {
  const classes = [part.fg, part.bg && `${part.bg}-bg`, ...(part.decorations ?? [])];
  return classes.filter((name): name is NonNullable<typeof name> => Boolean(name)).join(' ');
}

function openFromLog(file: string, line: number): void {
  host.act({ name: 'open-file', path: file, line }).catch(() => undefined);
}
