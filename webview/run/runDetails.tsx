import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { RunDetail } from '../../src/shared/domain/run.ts';
import { formatBytes, formatCount, formatDateTime, formatDuration } from '../../src/shared/format.ts';
import { FactTable, Section } from '../shared/facts.tsx';

/** What was executed where, when, and how it ended. */
export function Execution({ run }: { run: RunDetail }) {
  const waited = run.startedAt === undefined ? 0 : run.startedAt - run.createdAt;
  return (
    <Section title="Execution">
      <FactTable
        facts={[
          ['Command', run.command.join(' ')],
          ['Configuration', run.configuration],
          ['Created', formatDateTime(run.createdAt)],
          ['Started', run.startedAt && `${formatDateTime(run.startedAt)}, after ${formatDuration(waited)}`],
          ['Ended', run.endedAt && formatDateTime(run.endedAt)],
          ['End', run.state === 'finished' ? undefined : run.end?.message],
          ['Peak memory', run.end?.peakMemory && formatBytes(run.end.peakMemory)],
          ['Host', run.host && `${run.user ? `${run.user}@` : ''}${run.host}`],
          ['Process', run.pid && String(run.pid)],
          ['Folder', run.folder],
          ['Working directory', run.workingDirectory],
          ['Run id', run.id],
        ]}
      />
    </Section>
  );
}

export function Environment({ run }: { run: RunDetail }) {
  const variables = Object.entries(run.variables);
  return (
    <Section title="Environment">
      <FactTable
        facts={[
          ['Interpreter', run.interpreter?.path],
          ['Version', run.interpreter?.version],
          ['Environment', run.environment && `${run.environment.kind} ${run.environment.name}`],
        ]}
      />
      <Unfolding what={formatCount(run.packages.length, 'package')} count={run.packages.length}>
        <FactTable facts={run.packages.map(({ name, version }) => [name, version])} />
      </Unfolding>
      <Unfolding what={formatCount(variables.length, 'variable')} count={variables.length}>
        <FactTable facts={variables} />
      </Unfolding>
    </Section>
  );
}

/** A long list that is there when asked for. */
function Unfolding({ what, count, children }: { what: string; count: number; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  if (count === 0) return null;
  return (
    <div>
      <button type="button" class="link fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class={`codicon codicon-chevron-${open ? 'down' : 'right'}`} aria-hidden="true" />
        {what}
      </button>
      {open ? children : null}
    </div>
  );
}

export function Git({ run: { git } }: { run: RunDetail }) {
  if (!git) return null;
  return (
    <Section title="Git">
      <FactTable
        facts={[
          ['Commit', git.commit],
          ['Branch', git.branch],
          ['Changed', git.changed.join('\n')],
        ]}
      />
      <Unfolding what="Uncommitted changes" count={git.diff ? 1 : 0}>
        <pre class="diff">
          {git.diff?.split('\n').map((line, index) => (
            <span key={index} class={line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : ''}>
              {`${line}\n`}
            </span>
          ))}
        </pre>
      </Unfolding>
    </Section>
  );
}

export function Inputs({ run }: { run: RunDetail }) {
  if (run.inputs.length === 0) return null;
  return (
    <Section title="Inputs">
      <FactTable
        facts={run.inputs.map((input) => [
          input.name,
          input.problem ??
            [input.path, formatCount(input.files ?? 1, 'file'), formatBytes(input.bytes ?? 0), input.hash?.slice(0, 12)]
              .filter(Boolean)
              .join(' · '),
        ])}
      />
    </Section>
  );
}
