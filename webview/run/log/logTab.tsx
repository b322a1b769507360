import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RunDetail } from '../../../src/shared/domain/run.ts';
import { formatBytes } from '../../../src/shared/format.ts';
import { Button, TextField } from '../../shared/controls/toolkit.tsx';
import { useReconnected, useThrottled, useTrackerEvent } from '../../shared/hooks.ts';
import { host } from '../../shared/host.ts';
import { holds, toBlocks } from './blocks.ts';
import { LogBlock } from './logBlock.tsx';
import { LogBuffer, type LogLine } from './logBuffer.ts';

const READ_BYTES = 262_144;
const MOST_LINES = 10_000;

interface Search {
  readonly text: string;
  readonly matches: readonly number[];
  readonly at: number;
  readonly more: boolean;
}

/**
 * The log as a terminal shows it. It follows the end until the person scrolls up, and again once they scroll back; it
 * holds a window of lines and reads more at either side, so that a log of gigabytes opens at once.
 */
export function LogTab({ run }: { run: RunDetail }) {
  const buffer = useRef(new LogBuffer(MOST_LINES)).current;
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [size, setSize] = useState(run.logBytes);
  const [following, setFollowing] = useState(true);
  const [search, setSearch] = useState<Search>({ text: '', matches: [], at: -1, more: false });
  const [wrap, setWrap] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const reading = useRef(false);
  /** While the view moves to a line, scrolling is not the person's, and reaching the end does not mean following it. */
  const jumping = useRef(false);
  const params = { workspace: run.workspace, run: run.id };
  const show = () => setLines([...buffer.lines]);

  const readTail = async () => {
    if (reading.current) return;
    reading.current = true;
    try {
      let more = true;
      while (more) {
        const reply = await host.bytes('runs.log', { params, query: { offset: buffer.end, limit: READ_BYTES } });
        // Far behind: what lies between would be thrown away unread, so the end is read instead.
        if (reply.size - buffer.end > 8 * READ_BYTES) {
          await jumpTo(Math.max(0, reply.size - READ_BYTES));
        } else {
          buffer.append(reply.body, reply.offset);
        }
        setSize(reply.size);
        more = buffer.end < reply.size && reply.body.length > 0;
        show();
      }
    } finally {
      reading.current = false;
    }
  };
  const jumpTo = async (offset: number) => {
    const from = Math.max(0, offset);
    const reply = await host.bytes('runs.log', { params, query: { offset: from, limit: READ_BYTES } });
    buffer.show(reply.body, reply.offset);
    setSize(reply.size);
  };
  const readEarlier = async () => {
    if (reading.current || buffer.start <= 0) return;
    reading.current = true;
    try {
      const offset = Math.max(0, buffer.start - READ_BYTES);
      const height = box.current?.scrollHeight ?? 0;
      const reply = await host.bytes('runs.log', { params, query: { offset, limit: buffer.start - offset } });
      buffer.prepend(reply.body, reply.offset);
      show();
      requestAnimationFrame(() => {
        if (box.current) box.current.scrollTop += box.current.scrollHeight - height;
      });
    } finally {
      reading.current = false;
    }
  };
  const readLater = async () => {
    if (reading.current) return;
    reading.current = true;
    try {
      const reply = await host.bytes('runs.log', { params, query: { offset: buffer.end, limit: READ_BYTES } });
      buffer.append(reply.body, reply.offset);
      setSize(reply.size);
      show();
    } finally {
      reading.current = false;
    }
  };
  const quietly = (work: Promise<void>) => work.catch(() => undefined);

  useEffect(() => {
    const start = Math.max(0, run.logBytes - READ_BYTES);
    quietly(jumpTo(start).then(readTail));
  }, [run.id]);
  const readTailSoon = useThrottled(() => quietly(readTail()), 100);
  useReconnected(() => {
    if (following) readTailSoon();
  });
  useTrackerEvent((event) => {
    if (event.type === 'log' && event.run === run.id && following) readTailSoon();
    else if (event.type === 'log' && event.run === run.id) setSize(event.bytes);
  });
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, following]);

  const onScroll = () => {
    const element = box.current;
    if (!element || jumping.current) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    // The end of the window is not the end of the log: there it is read on, piece by piece.
    const atTail = atEnd && buffer.end >= size;
    if (atTail !== following) setFollowing(atTail);
    if (atEnd && !atTail) quietly(readLater());
    if (element.scrollTop < 200) quietly(readEarlier());
  };
  const goTo = async (offset: number) => {
    jumping.current = true;
    setFollowing(false);
    if (offset < buffer.start || offset >= buffer.end) {
      await jumpTo(offset - READ_BYTES / 4).catch(() => undefined);
      show();
    }
    // Blocks above get their true height when they are first drawn, which moves the line once more.
    const center = () => document.getElementById(lineId(offset, buffer.lines))?.scrollIntoView({ block: 'center' });
    requestAnimationFrame(() => {
      center();
      requestAnimationFrame(() => {
        center();
        setTimeout(() => {
          jumping.current = false;
        }, 100);
      });
    });
  };
  const find = async (direction: 1 | -1) => {
    const text = search.text.trim();
    if (!text) return;
    let { matches, at, more } = search;
    if (at < 0) {
      const reply = await host.call('runs.searchLog', { params, query: { text, limit: 1000 } });
      matches = reply.matches.map((match) => match.offset);
      more = reply.next !== undefined;
    }
    if (matches.length > 0) at = at < 0 ? 0 : (at + direction + matches.length) % matches.length;
    setSearch({ text, matches, at: matches.length > 0 ? at : -2, more });
    const offset = matches[at];
    if (offset !== undefined) await goTo(offset);
  };
  const firstError = async () => {
    const { errors } = await host.call('runs.errors', { params });
    const first = errors[0];
    if (first) await goTo(first.offset);
    else setSearch({ text: '', matches: [], at: -3, more: false });
  };

  const foundOffset = search.matches[search.at];
  return (
    <section class="log">
      <div class="toolbar" role="toolbar" aria-label="Log">
        <TextField
          value={search.text}
          label="Search the log"
          placeholder="Search the whole log"
          onInput={(text) => setSearch({ text, matches: [], at: -1, more: false })}
          onEnter={(event) => quietly(find(event.shiftKey ? -1 : 1))}
        />
        <Button appearance="icon" icon="arrow-up" label="Previous match" onClick={() => quietly(find(-1))} />
        <Button appearance="icon" icon="arrow-down" label="Next match" onClick={() => quietly(find(1))} />
        <span class="muted" role="status">
          {searchWords(search)}
        </span>
        <span class="spacer" />
        <Button icon="error" onClick={() => quietly(firstError())}>
          First error
        </Button>
        <Button
          appearance="icon"
          icon="word-wrap"
          label="Wrap long lines"
          pressed={wrap}
          onClick={() => setWrap(!wrap)}
        />
        <Button
          appearance="icon"
          icon="arrow-circle-down"
          label="Follow the end"
          pressed={following}
          onClick={() => {
            setFollowing(true);
            readTailSoon();
          }}
        />
        <span class="muted">{formatBytes(size)}</span>
      </div>
      <div
        class={`log-box${wrap ? ' wrap' : ''}`}
        ref={box}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the log scrolls by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
      >
        {buffer.start > 0 ? (
          <p class="muted log-note">{`${formatBytes(buffer.start)} before this. Scroll up to read them.`}</p>
        ) : null}
        {lines.length === 0 ? (
          <p class="empty">
            {run.state === 'queued' || run.state === 'preparing'
              ? 'The log begins when the script starts.'
              : 'The script wrote nothing.'}
          </p>
        ) : null}
        {toBlocks(lines).map((block) => (
          <LogBlock
            key={block.key}
            block={block}
            found={foundOffset !== undefined && holds(block, foundOffset) ? foundOffset : undefined}
            places={run}
          />
        ))}
        {run.end && buffer.end >= size ? <p class={`log-note ${run.state}`}>{endText(run)}</p> : null}
      </div>
    </section>
  );
}

function lineId(offset: number, lines: readonly LogLine[]): string {
  const line = lines.findLast((one) => one.offset <= offset);
  return `line-${line?.offset ?? 0}`;
}

function searchWords(search: Search): string {
  if (search.at === -2) return 'No match';
  if (search.at === -3) return 'No error found in the log';
  if (search.at < 0) return '';
  return `${search.at + 1} of ${search.matches.length}${search.more ? '+' : ''}`;
}

function endText({ state, end }: RunDetail): string {
  if (state === 'finished') return 'The script ended with exit code 0.';
  return end?.message ?? '';
}
