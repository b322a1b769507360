import { useRef } from 'preact/hooks';
import type { PageState, RunTab } from '../../src/shared/panel/protocol.ts';
import { isActive } from '../../src/shared/runState.ts';
import { ChartGrid } from '../charts/chartGrid.tsx';
import { useConnected, usePageState } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { ErrorBox } from '../shared/states.tsx';
import { Swatch } from '../shared/swatch.tsx';
import { Tabs } from '../shared/tabs.tsx';
import { CodeTab } from './codeTab.tsx';
import { Headlines } from './headlines.tsx';
import { LogTab } from './log/logTab.tsx';
import { OutputsTab } from './outputs/outputsTab.tsx';
import { OverviewTab } from './overviewTab.tsx';
import { RunHeader } from './runHeader.tsx';
import type { Subject } from './subject.ts';
import { useSubjects } from './useSubjects.ts';

type RunPageState = Extract<PageState, { page: 'run' }>;

/** The page of a run: header, key figures, and six tabs. Other runs can be ticked to be drawn beside it. */
export function RunPage() {
  const [state, setState] = usePageState(asRun);
  const change = (next: RunPageState) => {
    setState(next);
    host.setState(next);
  };

  const ids = [state.run, ...(state.compare ?? []).filter((id) => id !== state.run)];
  const loaded = useSubjects(state.workspace, ids);
  const connected = useConnected();

  const subjects = loaded.value;
  const main = subjects?.[0];
  // Chosen once, so that the tab does not change under the reader when the run ends.
  const first = useRef<RunTab | undefined>(undefined);
  if (main) first.current ??= isActive(main.run.state) ? 'charts' : 'overview';
  if (!main || !subjects) {
    return loaded.error ? (
      <ErrorBox error={loaded.error} onRetry={loaded.reload} />
    ) : (
      <p class="loading">Reading the run…</p>
    );
  }
  const tab: RunTab = state.tab ?? first.current ?? 'overview';
  const onCompare = async () => {
    const picked = await host.act({ name: 'pick-runs', run: state.run, selected: state.compare ?? [] });
    if (Array.isArray(picked)) change({ ...state, tab: tab === 'logs' ? 'charts' : tab, compare: picked.map(String) });
  };

  return (
    <main class={`tab-${tab}${connected ? '' : ' disconnected'}`}>
      {connected ? null : (
        <p class="banner" role="status">
          The tracker does not answer. What is shown may be old; it is started again by itself.
        </p>
      )}
      {main.run.deletedAt === undefined ? null : (
        <p class="banner" role="status">
          This run is deleted. It can be restored with the command “Trainyard: Restore deleted runs”.
        </p>
      )}
      <RunHeader
        run={main.run}
        onCompare={() => {
          onCompare().catch(() => undefined);
        }}
      />
      <Headlines subjects={subjects} />
      <Compared
        subjects={subjects}
        onRemove={(id) => change({ ...state, compare: (state.compare ?? []).filter((one) => one !== id) })}
      />
      <Tabs tabs={tabsOf(main)} selected={tab} label="Run" onSelect={(next) => change({ ...state, tab: next })}>
        <TabContent tab={tab} main={main} subjects={subjects} />
      </Tabs>
    </main>
  );
}

function TabContent({ tab, main, subjects }: { tab: RunTab; main: Subject; subjects: readonly Subject[] }) {
  const { run } = main;
  switch (tab) {
    case 'overview':
      return <OverviewTab key={run.id} subjects={subjects} />;
    case 'charts':
      return (
        <ChartGrid
          subjects={subjects}
          keys={keysOf(subjects, (key) => !key.startsWith('system/'))}
          keptAs="charts"
          empty={
            isActive(run.state)
              ? 'Charts appear with the first metric the script logs.'
              : 'The script logged no metrics. Log them with trainyard.log(loss=…).'
          }
        />
      );
    case 'logs':
      return <LogTab key={run.id} run={run} />;
    case 'outputs':
      return <OutputsTab key={run.id} run={run} />;
    case 'code':
      return <CodeTab key={run.id} run={run} />;
    case 'system':
      return (
        <ChartGrid
          subjects={subjects}
          keys={keysOf(subjects, (key) => key.startsWith('system/'))}
          keptAs="system"
          empty={
            isActive(run.state)
              ? 'Processor and memory appear with the first sample.'
              : 'The run ended before its first sample of processor and memory.'
          }
        />
      );
    default:
      return tab satisfies never;
  }
}

/** The runs that are drawn beside each other, each with its line. */
function Compared({ subjects, onRemove }: { subjects: readonly Subject[]; onRemove: (id: string) => void }) {
  if (subjects.length < 2) return null;
  return (
    <ul class="compared" aria-label="Compared runs">
      {subjects.map(({ run, style }, index) => (
        <li class="chip" key={run.id}>
          <Swatch {...style} />
          <span class="chip-text" title={run.name}>
            {run.name}
          </span>
          {index > 0 ? (
            <button
              type="button"
              class="codicon codicon-close"
              aria-label={`Stop comparing with ${run.name}`}
              title={`Stop comparing with ${run.name}`}
              onClick={() => onRemove(run.id)}
            />
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function tabsOf({ run }: Subject): { id: RunTab; text: string; badge?: string }[] {
  const charts = run.metrics.filter((metric) => !metric.key.startsWith('system/')).length;
  return [
    { id: 'overview', text: 'Overview' },
    { id: 'charts', text: 'Charts', ...(charts > 0 ? { badge: String(charts) } : {}) },
    { id: 'logs', text: 'Logs' },
    { id: 'outputs', text: 'Outputs' },
    { id: 'code', text: 'Code' },
    { id: 'system', text: 'System' },
  ];
}

function keysOf(subjects: readonly Subject[], wanted: (key: string) => boolean): string[] {
  return [...new Set(subjects.flatMap(({ run }) => run.metrics.map((metric) => metric.key)))].filter(wanted);
}

function asRun(state: PageState): RunPageState {
  if (state.page !== 'run') throw new Error(`This is the page of a run, not of a ${state.page}.`);
  return state;
}
