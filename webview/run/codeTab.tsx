import { useState } from 'preact/hooks';
import type { OutputEntry, RunDetail } from '../../src/shared/domain/run.ts';
import { formatBytes } from '../../src/shared/format.ts';
import { Button } from '../shared/controls/toolkit.tsx';
import { FileTree } from '../shared/fileTree.tsx';
import { useLoaded } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { ErrorBox } from '../shared/states.tsx';
import { FilePreview } from './outputs/filePreview.tsx';
import { scriptName } from './ownPath.ts';

/** The folder as it was when the run was submitted. */
export function CodeTab({ run }: { run: RunDetail }) {
  const params = { workspace: run.workspace, run: run.id };
  const [chosen, setChosen] = useState<OutputEntry>();
  const snapshot = useLoaded(
    async () => (run.snapshot ? await host.call('runs.snapshot', { params }) : undefined),
    `${run.id}/${run.snapshot ?? ''}`,
  );
  if (!run.snapshot) {
    return (
      <p class="empty">
        {run.folder
          ? 'The snapshot is being taken.'
          : 'This run was made by a client, so there is no snapshot of its folder.'}
      </p>
    );
  }
  if (snapshot.error) return <ErrorBox error={snapshot.error} onRetry={snapshot.reload} />;
  if (!snapshot.value) return <p class="loading">Reading the snapshot…</p>;
  const { files } = snapshot.value;
  const selected = chosen ?? files.find((file) => file.path === scriptName(run));
  const open = (diff: boolean) => () => {
    if (selected)
      host.act({ name: 'open-snapshot-file', run: run.id, path: selected.path, diff }).catch(() => undefined);
  };
  const exportZip = () => {
    host.act({ name: 'command', command: 'trainyard.exportSnapshot', subject: run.id }).catch(() => undefined);
  };
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return (
    <div class="split">
      <div>
        <div class="section-head">
          <span class="muted">{`${files.length} files · ${formatBytes(bytes)}`}</span>
          <Button icon="file-zip" onClick={exportZip}>
            Export as zip…
          </Button>
        </div>
        <FileTree files={files} selected={selected?.path} label="Snapshot" onSelect={setChosen} />
      </div>
      <div class="preview">
        {selected ? (
          <>
            <div class="section-head">
              <h2 title={selected.path}>{selected.path}</h2>
              <Button icon="go-to-file" onClick={open(false)}>
                Open as of this run
              </Button>
              <Button icon="diff" onClick={open(true)}>
                Compare with now
              </Button>
            </div>
            <FilePreview
              key={selected.path}
              path={selected.path}
              bytes={selected.bytes}
              read={(limit) =>
                host.bytes('runs.snapshotFile', { params, query: { path: selected.path } }, `bytes=0-${limit - 1}`)
              }
            />
          </>
        ) : (
          <p class="empty">Select a file to see it as it was.</p>
        )}
      </div>
    </div>
  );
}
