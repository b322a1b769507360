import { useState } from 'preact/hooks';
import type { MetricSummary, RunDetail } from '../../src/shared/domain/run.ts';
import { fromFloat } from '../../src/shared/float.ts';
import { formatCount, formatNumber, formatNumbers } from '../../src/shared/format.ts';
import { isActive } from '../../src/shared/runState.ts';
import { compareMetrics } from '../charts/chartLayout.ts';
import { Breakable } from '../shared/breakable.tsx';
import { Checkbox, TextField } from '../shared/controls/toolkit.tsx';
import { Section } from '../shared/facts.tsx';
import { host } from '../shared/host.ts';
import { NoteEditor } from '../shared/noteEditor.tsx';
import { Swatch } from '../shared/swatch.tsx';
import { Environment, Execution, Git, Inputs } from './runDetails.tsx';
import type { Subject } from './subject.ts';

/** Parameters, metrics, note, environment, git and inputs; with several runs, their values side by side. */
export function OverviewTab({ subjects }: { subjects: readonly Subject[] }) {
  const main = subjects[0]?.run;
  if (!main) return null;
  const parameters = (
    <Values
      title="Parameters"
      subjects={subjects}
      columns={subjects.map(({ run }) => run.params)}
      empty="The script logged no parameters."
    />
  );
  if (subjects.length > 1) {
    return (
      <>
        {parameters}
        <ComparedMetrics subjects={subjects} />
      </>
    );
  }
  const saveNote = (note: string) =>
    host.call('runs.update', { params: { workspace: main.workspace, run: main.id }, body: { note } });
  return (
    <div class="overview">
      <div>
        {parameters}
        <Section title="Note">
          <NoteEditor key={main.id} note={main.note ?? ''} onSave={saveNote} />
          <Tags run={main} />
        </Section>
        <Execution run={main} />
      </div>
      <div>
        <Metrics run={main} />
        <Git run={main} />
        <Inputs run={main} />
        <Environment run={main} />
      </div>
    </div>
  );
}

interface ValuesProps {
  readonly title: string;
  readonly subjects: readonly Subject[];
  /** One a run. */
  readonly columns: readonly Readonly<Record<string, string>>[];
  readonly empty: string;
  readonly order?: (a: string, b: string) => number;
}

/** A table of named values, one column a run, with only what differs on request. */
function Values({ title, subjects, columns, empty, order = byName }: ValuesProps) {
  const [differing, setDiffering] = useState(false);
  const [search, setSearch] = useState('');
  const names = [...new Set(columns.flatMap((column) => Object.keys(column)))].sort(order);
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
      <div class="wide">
        <table class="values">
          {subjects.length > 1 ? <RunNames subjects={subjects} /> : null}
          <tbody>
            {shown.map((name) => (
              <tr key={name} class={subjects.length > 1 && differs(name) ? 'differs' : ''}>
                <th scope="row">
                  <Breakable text={name} />
                </th>
                {columns.map((column, index) => (
                  <td key={subjects[index]?.run.id}>
                    {column[name] === undefined ? <span class="muted">–</span> : <Breakable text={column[name]} />}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function RunNames({ subjects }: { subjects: readonly Subject[] }) {
  return (
    <thead>
      <tr>
        <th scope="col">Name</th>
        {subjects.map(({ run, style }) => (
          <th key={run.id} scope="col" title={run.name}>
            <Swatch {...style} /> {run.name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** The last values of several runs, with as many digits as tell them apart. */
function ComparedMetrics({ subjects }: { subjects: readonly Subject[] }) {
  const columns = subjects.map((): Record<string, string> => ({}));
  for (const key of new Set(subjects.flatMap(({ run }) => ownMetrics(run).map((metric) => metric.key)))) {
    const found = subjects.map(({ run }) => run.metrics.find((metric) => metric.key === key));
    const texts = formatNumbers(found.flatMap((metric) => (metric ? [fromFloat(metric.last)] : [])));
    found.forEach((metric, index) => {
      const column = columns[index];
      if (metric && column) column[key] = texts.shift() ?? '';
    });
  }
  return (
    <Values
      title="Metrics, last values"
      subjects={subjects}
      columns={columns}
      empty="No metrics yet."
      order={compareMetrics}
    />
  );
}

/** Last value and extremes of every metric. */
function Metrics({ run }: { run: RunDetail }) {
  const [search, setSearch] = useState('');
  const all = ownMetrics(run);
  const shown = all.filter((metric) => metric.key.toLowerCase().includes(search.trim().toLowerCase()));
  const tools =
    all.length > 12 ? (
      <TextField value={search} label="Search metrics" placeholder="Search" onInput={setSearch} />
    ) : null;
  const cell = (value: number | undefined) => (value === undefined ? '–' : formatNumber(value));
  return (
    <Section title="Metrics" tools={tools}>
      {all.length === 0 ? (
        <p class="empty">{isActive(run.state) ? 'No metrics yet.' : 'The script logged no metrics.'}</p>
      ) : (
        <table class="values numbers">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Last</th>
              <th scope="col">Min</th>
              <th scope="col">Max</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((metric) => (
              <tr key={metric.key}>
                <th scope="row">
                  <Breakable text={metric.key} />
                </th>
                <td title={`step ${metric.lastStep}, ${formatCount(metric.count, 'point')}`}>
                  {formatNumber(fromFloat(metric.last))}
                </td>
                <td class="muted">{cell(metric.min)}</td>
                <td class="muted">{cell(metric.max)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function ownMetrics(run: RunDetail): MetricSummary[] {
  const own = run.metrics.filter((metric) => !metric.key.startsWith('system/'));
  return own.sort((a, b) => compareMetrics(a.key, b.key));
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
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
