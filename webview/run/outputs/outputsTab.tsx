import { useState } from 'preact/hooks';
import type { OutputEntry, RunDetail } from '../../../src/shared/domain/run.ts';
import { formatBytes, formatCount } from '../../../src/shared/format.ts';
import { isActive } from '../../../src/shared/runState.ts';
import { Button } from '../../shared/controls/toolkit.tsx';
import { Section } from '../../shared/facts.tsx';
import { FileTree } from '../../shared/fileTree.tsx';
import { useLoaded, useTrackerEvent } from '../../shared/hooks.ts';
import { host } from '../../shared/host.ts';
import { ErrorBox } from '../../shared/states.tsx';
import { FilePreview } from './filePreview.tsx';
import { MediaGallery } from './mediaGallery.tsx';

/** What the run left: logged images, tables and texts, and every file, with a preview. */
export function OutputsTab({ run }: { run: RunDetail }) {
  const params = { workspace: run.workspace, run: run.id };
  const [selected, setSelected] = useState<OutputEntry>();
  const outputs = useLoaded(
    () => host.call('runs.outputs', { params, query: { recursive: true } }),
    `${run.id}/${run.state}`,
  );
  const media = useLoaded(() => host.call('runs.media', { params }), `${run.id}/${run.state}`);
  useTrackerEvent((event) => {
    if (event.type === 'outputs' && event.run === run.id) outputs.reload();
    if (event.type === 'media' && event.run === run.id) media.reload();
  });

  if (outputs.error) return <ErrorBox error={outputs.error} onRetry={outputs.reload} />;
  if (!outputs.value) return <p class="loading">Reading the outputs…</p>;
  const { entries, truncated } = outputs.value;
  const logged = media.value?.media ?? [];
  // What is drawn above as an image or a table is not listed a second time as a file.
  const drawn = new Set(logged.map((entry) => entry.path));
  const files = entries.filter((entry) => entry.kind !== 'directory' && !drawn.has(entry.path));
  if (entries.length === 0 && logged.length === 0) {
    return (
      <p class="empty">
        {isActive(run.state)
          ? 'Files appear when the run ends, or at once when the script calls trainyard.artifact(path).'
          : 'The run left no files. Anything a script writes into its folder is collected here.'}
      </p>
    );
  }
  return (
    <div class="outputs">
      {logged.length > 0 ? (
        <Section title="Logged">
          <MediaGallery run={run} media={logged} />
        </Section>
      ) : null}
      <Section title="Files" tools={<span class="muted">{filesText(files)}</span>}>
        <div class="split">
          <div>
            <FileTree files={files} selected={selected?.path} label="Outputs" onSelect={setSelected} />
            {truncated ? <p class="muted">There are more files than are listed.</p> : null}
          </div>
          <div class="preview">
            {selected ? <Selected run={run} file={selected} /> : <p class="empty">Select a file to see it.</p>}
          </div>
        </div>
      </Section>
    </div>
  );
}

function filesText(files: readonly OutputEntry[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${formatCount(files.length, 'file')} · ${formatBytes(bytes)}`;
}

function Selected({ run, file }: { run: RunDetail; file: OutputEntry }) {
  const register = () => {
    const action = { name: 'command', command: 'trainyard.registerModel', subject: run.id, path: file.path } as const;
    host.act(action).catch(() => undefined);
  };
  const save = () => {
    host.act({ name: 'save-output', run: run.id, path: file.path }).catch(() => undefined);
  };
  return (
    <>
      <div class="section-head">
        <h2 title={file.path}>{file.path}</h2>
        <span class="muted">{formatBytes(file.bytes)}</span>
        <Button icon="save" onClick={save}>
          Save as…
        </Button>
        {/\.(onnx|pkl|joblib|pt|pth|safetensors|h5|keras|gguf)$/i.test(file.path) ? (
          <Button icon="package" appearance="primary" onClick={register}>
            Register model
          </Button>
        ) : null}
      </div>
      <FilePreview
        key={file.path}
        path={file.path}
        bytes={file.bytes}
        read={(limit) =>
          host.bytes(
            'runs.output',
            { params: { workspace: run.workspace, run: run.id }, query: { path: file.path } },
            file.bytes > 0 ? `bytes=0-${limit - 1}` : undefined,
          )
        }
      />
    </>
  );
}
