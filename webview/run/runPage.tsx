import { useEffect, useState } from 'preact/hooks';
import type { PageState, RunTab } from '../../src/shared/panel/protocol.ts';
import { isActive } from '../../src/shared/runState.ts';
import { ChartGrid } from '../charts/chartGrid.tsx';
import { useConnected, useLoaded, useThrottled, useTrackerEvent } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { ErrorBox } from '../shared/states.tsx';
import { Tabs } from '../shared/tabs.tsx';
import { CodeTab } from './codeTab.tsx';
import { Headlines } from './headlines.tsx';
import { LogTab } from './log/logTab.tsx';
import { OutputsTab } from './outputs/outputsTab.tsx';
import { OverviewTab } from './overviewTab.tsx';
import { RunHeader } from './runHeader.tsx';
import { readSubjects, type Subject } from './subject.ts';

type RunPageState = Extract<PageState, { page: 'run' }>;

/** The page of a run: header, key figures, and six tabs. Other runs can be ticked to be drawn beside it. */
export function RunPage() {
  const [state, setState] = useState<RunPageState>(() => asRun(host.state));
  useEffect(() => host.onShow((next) => setState(asRun(next))), []);
  const change = (next: RunPageState) => {
    setState(next);
    host.setState(next);
  };

  const ids = [state.run, ...(state.compare ?? []).filter((id) => id !== state.run)];
  const key = `${state.workspace}/${ids.join(',')}`;
  const loaded = useLoaded(() => readSubjects(state.workspace, ids), key);
  const reloadSoon = useThrottled(loaded.reload, 250);
  const [liveBytes, setLiveBytes] = useState<number>();
  useTrackerEvent((event) => {
    if (event.type === 'run' && ids.includes(event.run.id)) reloadSoon();
    else if (event.type === 'metrics' && ids.includes(event.run)) reloadSoon();
    else if (event.type === 'log' && event.run === state.run) setLiveBytes(event.bytes);
  });
  const connected = useConnected();

  const subjects = loaded.value;
  const main = subjects?.[0];
  if (!main || !subjects) {
    return loaded.error ? (
      <ErrorBox error={loaded.error} onRetry={loaded.reload} />
    ) : (
      <p class="loading">Reading the run…</p>
    );
  }
  const tab: RunTab = state.tab ?? (isActive(main.run.state) ? 'charts' : 'overview');
  const onCompare = async () => {
    const picked = await host.act({ name: 'pick-runs', run: state.run, selected: state.compare ?? [] });
    if (Array.isArray(picked)) change({ ...state, compare: picked.map(String) });
  };

  return (
    <main class={connected ? '' : 'disconnected'}>
      {connected ? null : (
        <p class="banner" role="status">
          The tracker does not answer. What is shown may be old; it is started again by itself.
        </p>
      )}
      <RunHeader run={main.run} />
      <Headlines subjects={subjects} />
      <Compared
        subjects={subjects}
        onPick={onCompare}
        onRemove={(id) => change({ ...state, compare: (state.compare ?? []).filter((one) => one !== id) })}
      />
      <Tabs tabs={tabsOf(main)} selected={tab} label="Run" onSelect={(next) => change({ ...state, tab: next })}>
        <TabContent tab={tab} main={main} subjects={subjects} liveBytes={liveBytes} />
      </Tabs>
    </main>
  );
}

function TabContent({
  tab,
  main,
  subjects,
  liveBytes,
}: {
  tab: RunTab;
  main: Subject;
  subjects: readonly Subject[];
  liveBytes: number | undefined;
}) {
  const { run } = main;
  switch (tab) {
    case 'overview':
      return <OverviewTab subjects={subjects} />;
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
      return (
        <LogTab
          key={run.id}
          run={liveBytes === undefined ? run : { ...run, logBytes: Math.max(run.logBytes, liveBytes) }}
        />
      );
    case 'outputs':
      return <OutputsTab run={run} />;
    case 'code':
      return <CodeTab run={run} />;
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

function Compared({
  subjects,
  onPick,
  onRemove,
}: {
  subjects: readonly Subject[];
  onPick: () => Promise<void>;
  onRemove: (id: string) => void;
}) {
  return (
    <div class="compared">
      {subjects.length > 1
        ? subjects.map(({ run, style }, index) => (
            <span class="chip" key={run.id}>
              <i class="swatch" style={{ background: style.color }} />
              {run.name}
              {index > 0 ? (
                <button
                  type="button"
                  class="codicon codicon-close"
                  aria-label={`Stop comparing with ${run.name}`}
                  onClick={() => onRemove(run.id)}
                />
              ) : null}
            </span>
          ))
        : null}
      <button
        type="button"
        class="link"
        onClick={() => {
          onPick().catch(() => undefined);
        }}
      >
        + Compare with…
      </button>
    </div>
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
