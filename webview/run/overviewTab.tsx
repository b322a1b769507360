import { useState } from 'preact/hooks';
import type { RunDetail } from '../../src/shared/domain/run.ts';
import { fromFloat } from '../../src/shared/float.ts';
import { formatBytes, formatDateTime, formatNumber } from '../../src/shared/format.ts';
import { Checkbox, TextField } from '../shared/controls/toolkit.tsx';
import { FactTable, Section } from '../shared/facts.tsx';
import { host } from '../shared/host.ts';
import { NoteEditor } from '../shared/noteEditor.tsx';
import type { Subject } from './subject.ts';

/** Parameters, metrics, note, environment, git and inputs; with several runs, their values side by side. */
export function OverviewTab({ subjects }: { subjects: readonly Subject[] }) {
  const main = subjects[0]?.run;
  if (!main) return null;
  const several = subjects.length > 1;
  const saveNote = (note: string) =>
    host.call('runs.update', { params: { workspace: main.workspace, run: main.id }, body: { note } });
  return (
    <div class="overview">
      <Values
        title="Parameters"
        subjects={subjects}
        read={(run) => run.params}
        empty="The script logged no parameters."
      />
      <Values title="Metrics" subjects={subjects} read={metricsOf} empty="No metrics yet." />
      <Section title="Note">
        <NoteEditor key={main.id} note={main.note ?? ''} onSave={saveNote} />
        <Tags run={main} />
      </Section>
      {several ? null : <Details run={main} />}
    </div>
  );
}

interface ValuesProps {
  readonly title: string;
  readonly subjects: readonly Subject[];
  readonly read: (run: RunDetail) => Record<string, string>;
  readonly empty: string;
}

/** A table of named values, one column a run, with only what differs on request. */
function Values({ title, subjects, read, empty }: ValuesProps) {
  const [differing, setDiffering] = useState(false);
  const [search, setSearch] = useState('');
  const columns = subjects.map(({ run }) => read(run));
  const names = [...new Set(columns.flatMap((column) => Object.keys(column)))].sort();
  const differs = (name: string) => new Set(columns.map((column) => column[name])).size > 1;
  const shown = names.filter(
    (name) => (!differing || differs(name)) && name.toLowerCase().includes(search.trim().toLowerCase()),
  );
  return (
    <Section
      title={title}
      tools={
        <>
          {names.length > 12 ? (
            <TextField value={search} label={`Search ${title}`} placeholder="Search" onInput={setSearch} />
          ) : null}
          {subjects.length > 1 ? (
            <Checkbox checked={differing} onChange={setDiffering}>
              Only what differs
            </Checkbox>
          ) : null}
        </>
      }
    >
      {names.length === 0 ? <p class="empty">{empty}</p> : null}
      <table class="values">
        {subjects.length > 1 ? (
          <thead>
            <tr>
              <th scope="col">Name</th>
              {subjects.map(({ run, style }) => (
                <th key={run.id} scope="col">
                  <i class="swatch" style={{ background: style.color }} />
                  {run.name}
                </th>
              ))}
            </tr>
          </thead>
        ) : null}
        <tbody>
          {shown.map((name) => (
            <tr key={name} class={subjects.length > 1 && differs(name) ? 'differs' : ''}>
              <th scope="row" title={name}>
                {name}
              </th>
              {columns.map((column, index) => (
                <td key={subjects[index]?.run.id} title={column[name]}>
                  {column[name] ?? <span class="muted">–</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function metricsOf(run: RunDetail): Record<string, string> {
  const own = run.metrics.filter((metric) => !metric.key.startsWith('system/'));
  return Object.fromEntries(
    own.map((metric) => {
      const last = formatNumber(fromFloat(metric.last));
      const range =
        metric.min === undefined || metric.max === undefined || metric.min === metric.max
          ? ''
          : `   (${formatNumber(metric.min)} … ${formatNumber(metric.max)})`;
      return [metric.key, last + range];
    }),
  );
}

function Tags({ run }: { run: RunDetail }) {
  const tags = Object.entries(run.tags).filter(([key]) => !key.startsWith('trainyard.') && !key.startsWith('mlflow.'));
  if (tags.length === 0) return null;
  return (
    <p class="tags">
      {tags.map(([key, value]) => (
        <span class="chip" key={key}>
          {value ? `${key}: ${value}` : key}
        </span>
      ))}
    </p>
  );
}

function Details({ run }: { run: RunDetail }) {
  const [packages, setPackages] = useState(false);
  return (
    <>
      <Section title="Execution">
        <FactTable
          facts={[
            ['Command', run.command.join(' ')],
            ['Working directory', run.workingDirectory],
            ['Configuration', run.configuration],
            ['Created', formatDateTime(run.createdAt)],
            ['Started', run.startedAt && formatDateTime(run.startedAt)],
            ['Ended', run.endedAt && formatDateTime(run.endedAt)],
            ['End', run.end?.message],
            ['Peak memory', run.end?.peakMemory && formatBytes(run.end.peakMemory)],
            ['Host', run.host && `${run.user ? `${run.user}@` : ''}${run.host}`],
            ['Process', run.pid && String(run.pid)],
            ['Run id', run.id],
          ]}
        />
      </Section>
      <Section title="Environment">
        <FactTable
          facts={[
            ['Interpreter', run.interpreter?.path],
            ['Version', run.interpreter?.version],
            ['Environment', run.environment && `${run.environment.kind} ${run.environment.name}`],
            ...Object.entries(run.variables),
          ]}
        />
        {run.packages.length > 0 ? (
          <button type="button" class="link" aria-expanded={packages} onClick={() => setPackages(!packages)}>
            {packages ? 'Hide packages' : `Show ${run.packages.length} packages`}
          </button>
        ) : null}
        {packages ? <FactTable facts={run.packages.map(({ name, version }) => [name, version])} /> : null}
      </Section>
      {run.git ? (
        <Section title="Git">
          <FactTable
            facts={[
              ['Commit', run.git.commit],
              ['Branch', run.git.branch],
              ['Changed', run.git.changed.join('\n')],
            ]}
          />
          {run.git.diff ? (
            <details>
              <summary>Uncommitted changes</summary>
              <pre class="diff">
                {run.git.diff.split('\n').map((line, index) => (
                  <span key={index} class={line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : ''}>
                    {`${line}\n`}
                  </span>
                ))}
              </pre>
            </details>
          ) : null}
        </Section>
      ) : null}
      {run.inputs.length > 0 ? (
        <Section title="Inputs">
          <FactTable
            facts={run.inputs.map((input) => [
              input.name,
              input.problem ??
                `${input.path} · ${input.files ?? 1} files · ${formatBytes(input.bytes ?? 0)} · ${input.hash?.slice(0, 12) ?? ''}`,
            ])}
          />
        </Section>
      ) : null}
    </>
  );
}
