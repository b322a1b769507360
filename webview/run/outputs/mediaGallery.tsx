import { useState } from 'preact/hooks';
import type { MediaEntry, RunDetail } from '../../../src/shared/domain/run.ts';
import { useLoaded } from '../../shared/hooks.ts';
import { host } from '../../shared/host.ts';
import { ErrorBox } from '../../shared/states.tsx';
import { FilePreview } from './filePreview.tsx';
import { HistogramPreview, parseHistogram, parseTable } from './mediaFiles.tsx';

/** What was logged richer than a number, one card a key with a slider over its steps. */
export function MediaGallery({ run, media }: { run: RunDetail; media: readonly MediaEntry[] }) {
  const keys = [...new Set(media.map((entry) => entry.key))].sort();
  return (
    <div class="media-grid">
      {keys.map((key) => (
        <MediaCard
          key={key}
          run={run}
          entries={media.filter((entry) => entry.key === key).sort((a, b) => a.step - b.step)}
        />
      ))}
    </div>
  );
}

function MediaCard({ run, entries }: { run: RunDetail; entries: readonly MediaEntry[] }) {
  const [chosen, setChosen] = useState<number>();
  const at = Math.min(chosen ?? entries.length - 1, entries.length - 1);
  const entry = entries[at];
  if (!entry) return null;
  return (
    <figure class="media-card">
      <figcaption>
        <span class="chart-title" title={entry.key}>
          {entry.key}
        </span>
        <span class="muted tabular">{`step ${entry.step}`}</span>
      </figcaption>
      <div class="media-body">
        <Media key={entry.path} run={run} entry={entry} />
      </div>
      {entries.length > 1 ? (
        <input
          type="range"
          min="0"
          max={entries.length - 1}
          value={at}
          aria-label={`Step of ${entry.key}`}
          onInput={(event) => setChosen(Number(event.currentTarget.value))}
        />
      ) : null}
    </figure>
  );
}

function Media({ run, entry }: { run: RunDetail; entry: MediaEntry }) {
  const request = { params: { workspace: run.workspace, run: run.id }, query: { path: entry.path } };
  const read = () => host.bytes('runs.output', request);
  const isData = entry.kind === 'table' || entry.kind === 'histogram';
  const data = useLoaded(async () => (isData ? new TextDecoder().decode((await read()).body) : undefined), entry.path);
  if (data.error) return <ErrorBox error={data.error} onRetry={data.reload} />;
  if (!isData) return <FilePreview path={entry.path} bytes={1} read={read} />;
  if (data.value === undefined) return <p class="loading">Reading…</p>;
  if (entry.kind === 'histogram') return <HistogramPreview {...parseHistogram(data.value)} label={entry.key} />;
  return parseTable(data.value);
}
