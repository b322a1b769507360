import type { RunDetail } from '../../src/shared/domain/run.ts';
import { formatDateTime, formatDuration, formatRelative } from '../../src/shared/format.ts';
import type { PageCommand } from '../../src/shared/panel/protocol.ts';
import { isActive } from '../../src/shared/runState.ts';
import { Button } from '../shared/controls/toolkit.tsx';
import { useNow } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { StateIcon, stateText } from '../shared/states.tsx';
import { scriptName } from './ownPath.ts';

/** Name, state, where it ran, what it was made from; and what can be done with it. */
export function RunHeader({ run, onCompare }: { run: RunDetail; onCompare: () => void }) {
  return (
    <header class="page-header">
      <div class="page-title">
        <StateIcon state={run.state} />
        <h1 title={run.id}>{run.name}</h1>
        <Actions run={run} onCompare={onCompare} />
      </div>
      <RunFacts run={run} />
      <p class={`state-line state-${run.state}`} role="status">
        {stateLine(run)}
      </p>
    </header>
  );
}

function Actions({ run, onCompare }: { run: RunDetail; onCompare: () => void }) {
  const command = (name: PageCommand) => () => {
    host.act({ name: 'command', command: name, subject: run.id }).catch(() => undefined);
  };
  const star = () => {
    const params = { workspace: run.workspace, run: run.id };
    host.call('runs.update', { params, body: { star: !run.star } }).catch(() => undefined);
  };
  return (
    <div class="actions">
      {isActive(run.state) ? (
        <Button icon="debug-stop" onClick={command('trainyard.cancelRun')}>
          Stop
        </Button>
      ) : (
        <Button icon="debug-rerun" title="Run again with the code as it is now" onClick={command('trainyard.runAgain')}>
          Run again
        </Button>
      )}
      {run.state === 'finished' ? (
        <Button icon="package" onClick={command('trainyard.registerModel')}>
          Register model
        </Button>
      ) : null}
      <Button icon="git-compare" onClick={onCompare}>
        Compare…
      </Button>
      {isActive(run.state) ? null : (
        <Button
          appearance="icon"
          icon="debug-restart"
          label="Retry with the same code"
          onClick={command('trainyard.retryRun')}
        />
      )}
      <Button
        appearance="icon"
        icon={run.star ? 'star-full' : 'star-empty'}
        label={run.star ? 'Remove star' : 'Star'}
        pressed={run.star}
        onClick={star}
      />
      <Button appearance="icon" icon="edit" label="Rename" onClick={command('trainyard.renameRun')} />
      <Button appearance="icon" icon="tag" label="Edit tags" onClick={command('trainyard.editTags')} />
      {isActive(run.state) ? null : (
        <Button appearance="icon" icon="trash" label="Delete" onClick={command('trainyard.deleteRun')} />
      )}
    </div>
  );
}

function RunFacts({ run }: { run: RunDetail }) {
  const now = useNow(1000);
  const script = scriptName(run);
  const duration = timeText(run, now);
  return (
    <p class="facts">
      <span title="Experiment">{run.experiment.name}</span>
      {script ? <span title={run.script}>{[script, ...run.command.slice(2)].join(' ')}</span> : null}
      <span>{run.target}</span>
      {run.git?.commit ? <span title={run.git.changed.join('\n')}>{gitText(run)}</span> : null}
      {run.attempt > 1 ? <span>{`attempt ${run.attempt}`}</span> : null}
      <span title={formatDateTime(run.createdAt)}>{formatRelative(run.createdAt, now)}</span>
      {duration ? (
        <span class="tabular" title="Duration">
          {duration}
        </span>
      ) : null}
    </p>
  );
}

function gitText({ git }: RunDetail): string {
  const changed = git?.changed.length ?? 0;
  return `${git?.branch ?? 'detached'}@${git?.commit?.slice(0, 7) ?? ''}${changed > 0 ? ` (+${changed} changed)` : ''}`;
}

function timeText(run: RunDetail, now: number): string {
  if (run.startedAt === undefined) return '';
  return formatDuration((run.endedAt ?? (isActive(run.state) ? now : run.startedAt)) - run.startedAt);
}

function stateLine(run: RunDetail): string {
  if (run.end && run.state !== 'finished') return `${stateText(run.state)}: ${run.end.message}`;
  if (run.state === 'queued' || run.state === 'preparing') return run.activity ?? stateText(run.state);
  return '';
}
