import Anser from 'anser';
import type { ComponentChildren } from 'preact';
import { host } from '../../shared/host.ts';

interface LogLineViewProps {
  readonly text: string;
  readonly repeats: number;
  readonly found: boolean;
  /** Opens a file named in the log in the editor. */
  readonly onFile: (file: string, line: number) => void;
}

/** `File "train.py", line 12` of Python, and `train.R:12` or `src/a.cpp:12:5` of others. */
const LOCATION =
  /File "([^"\n]+)", line (\d+)|(?:^|[\s(])((?:[\w.~-]+\/|\/)*[\w-]+\.(?:py|R|jl|sh|js|ts|c|cc|cpp|h)):(\d+)(?::\d+)?/g;

/** One line with its colours, its file names as links, and how often it was repeated. */
export function LogLineView({ text, repeats, found, onFile }: LogLineViewProps) {
  const plain = !text.includes('\u001b');
  const parts = plain
    ? [<Located key={0} text={text} onFile={onFile} />]
    : Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part, index) => (
        <span key={index} class={ansiClass(part)}>
          <Located text={part.content} onFile={onFile} />
        </span>
      ));
  return (
    <div class={`log-line${found ? ' found' : ''}${/\b(Error|Exception|Traceback)\b/.test(text) ? ' error' : ''}`}>
      {parts}
      {repeats > 1 ? <span class="log-repeats" title={`The same line ${repeats} times`}>{`×${repeats}`}</span> : null}
    </div>
  );
}

function Located({ text, onFile }: { text: string; onFile: (file: string, line: number) => void }) {
  const parts: ComponentChildren[] = [];
  let from = 0;
  for (const match of text.matchAll(LOCATION)) {
    const file = match[1] ?? match[3] ?? '';
    const line = Number(match[2] ?? match[4]);
    parts.push(text.slice(from, match.index));
    parts.push(
      <button type="button" class="link" key={match.index} onClick={() => onFile(file, line)}>
        {match[0]}
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

/** Opens a file from a log; the host resolves names that are relative to the run's folder. */
export function openFromLog(file: string, line: number): void {
  host.act({ name: 'open-file', path: file, line }).catch(() => undefined);
}
