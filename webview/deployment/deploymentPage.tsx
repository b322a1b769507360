import { useEffect } from 'preact/hooks';
import type { Deployment, DeploymentState } from '../../src/shared/domain/deployment.ts';
import { formatBytes, formatDateTime, formatNumber } from '../../src/shared/format.ts';
import type { PageCommand, PageState } from '../../src/shared/panel/protocol.ts';
import { Button } from '../shared/controls/toolkit.tsx';
import { FactTable, Section } from '../shared/facts.tsx';
import { useConnected, useLoaded, useNow, usePageState, useThrottled, useTrackerEvent } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { TryForm } from '../shared/signature/tryForm.tsx';
import { ErrorBox } from '../shared/states.tsx';

type DeploymentPageState = Extract<PageState, { page: 'deployment' }>;

/** Figures of a running service are read this often while its page is visible; the service itself has no events. */
const STATS_MS = 2000;

const states: Record<DeploymentState, { icon: string; text: string; color: string }> = {
  building: { icon: 'tools', text: 'Building', color: 'running' },
  starting: { icon: 'loading', text: 'Starting', color: 'running' },
  healthy: { icon: 'pass', text: 'Healthy', color: 'finished' },
  unhealthy: { icon: 'warning', text: 'Unhealthy', color: 'failed' },
  stopped: { icon: 'debug-stop', text: 'Stopped', color: 'cancelled' },
  failed: { icon: 'error', text: 'Failed', color: 'failed' },
};

/** The page of a deployment: state, endpoint, a test request, what it has served, its log. */
export function DeploymentPage() {
  const [state] = usePageState(asDeployment);
  const params = { workspace: state.workspace, deployment: state.deployment };
  const loaded = useLoaded(() => host.call('deployments.get', { params }), state.deployment);
  useTrackerEvent((event) => {
    if (event.type === 'deployment' && event.deployment.id === state.deployment) loaded.reload();
    if (event.type === 'deployment-removed' && event.id === state.deployment) loaded.reload();
  });
  const connected = useConnected();
  const deployment = loaded.value;
  if (!deployment || loaded.error?.code === 'not-found') {
    return loaded.error ? (
      <ErrorBox error={loaded.error} onRetry={loaded.reload} />
    ) : (
      <p class="loading">Reading the deployment…</p>
    );
  }
  const running = deployment.state === 'healthy' || deployment.state === 'unhealthy';
  return (
    <main class={connected ? '' : 'disconnected'}>
      <Header deployment={deployment} />
      {deployment.state === 'building' || deployment.state === 'failed' ? <BuildLog id={deployment.id} /> : null}
      <div class="columns">
        <div>
          <Endpoint deployment={deployment} />
          <TestRequest workspace={state.workspace} deployment={deployment} />
        </div>
        <div>
          {running ? <Figures params={params} /> : null}
          <Section title="Service">
            <FactTable
              facts={[
                ['Model', `${deployment.model} v${deployment.version}`],
                ['Runs as', deployment.kind === 'docker' ? 'a Docker container' : 'a local process'],
                ['Why', deployment.kind === 'process' ? deployment.message : undefined],
                ['Image', deployment.image],
                ['Container', deployment.container?.slice(0, 12)],
                ['Processors', deployment.limits.cpus],
                ['Memory', deployment.limits.memory && formatBytes(deployment.limits.memory)],
                ['Restart', deployment.restart],
                ['Created', formatDateTime(deployment.createdAt)],
              ]}
            />
          </Section>
        </div>
      </div>
      {deployment.state === 'building' ? null : <ServiceLog params={params} live={running} />}
    </main>
  );
}

function Header({ deployment }: { deployment: Deployment }) {
  const { icon, text, color } = states[deployment.state];
  const command =
    (name: PageCommand, subject = deployment.id) =>
    () => {
      host.act({ name: 'command', command: name, subject }).catch(() => undefined);
    };
  return (
    <header class="page-header">
      <div class="page-title">
        <span class={`codicon codicon-${icon} state-${color}`} role="img" aria-label={text} title={text} />
        <h1>{deployment.name}</h1>
        <div class="actions">
          {deployment.state === 'stopped' || deployment.state === 'failed' ? (
            <Button icon="play" onClick={command('trainyard.startDeployment')}>
              Start
            </Button>
          ) : (
            <Button icon="debug-stop" onClick={command('trainyard.stopDeployment')}>
              Stop
            </Button>
          )}
          <Button appearance="icon" icon="trash" label="Delete" onClick={command('trainyard.deleteDeployment')} />
        </div>
      </div>
      <p class="facts">
        <button
          type="button"
          class="link"
          onClick={command('trainyard.openModel', `${deployment.model}:${deployment.version}`)}
        >
          {`${deployment.model} v${deployment.version}`}
        </button>
      </p>
      <p class="state-line" role="status">
        <span class={`state-${color}`}>{text}</span>
        {/* Why a healthy one runs as a process stands below, with what else is known of it. */}
        {deployment.message && deployment.state !== 'healthy' ? `: ${deployment.message}` : null}
      </p>
    </header>
  );
}

function Endpoint({ deployment }: { deployment: Deployment }) {
  if (!deployment.url) return null;
  const url = `${deployment.url}/invocations`;
  const copyCurl = () => {
    host.act({ name: 'command', command: 'trainyard.copyCurl', subject: deployment.id }).catch(() => undefined);
  };
  return (
    <Section title="Endpoint">
      <div class="endpoint">
        <code>{`POST ${url}`}</code>
        <Button icon="copy" onClick={() => copy(url)}>
          Copy address
        </Button>
        <Button icon="terminal" onClick={copyCurl}>
          Copy as curl
        </Button>
      </div>
    </Section>
  );
}

function TestRequest({ workspace, deployment }: { workspace: string; deployment: Deployment }) {
  const { signature } = deployment;
  if (!signature) return null;
  const send = async (input: object) => {
    const params = { workspace, deployment: deployment.id };
    const reply = await host.call('deployments.invoke', { params, body: { input } });
    return { body: reply.body, milliseconds: reply.milliseconds, status: reply.status };
  };
  return (
    <Section title="Test request">
      {deployment.state === 'healthy' ? (
        <TryForm signature={signature} action="Send request" onSend={send} />
      ) : (
        <p class="empty">Requests can be sent once the service is healthy.</p>
      )}
    </Section>
  );
}

type Params = { workspace: string; deployment: string };

function Figures({ params }: { params: Params }) {
  const tick = useNow(STATS_MS);
  const stats = useLoaded(() => host.call('deployments.stats', { params }), params.deployment);
  useEffect(() => {
    if (document.visibilityState === 'visible') stats.reload();
  }, [tick]);
  const value = stats.value;
  if (!value) return null;
  const ms = (time: number | undefined) => (time === undefined ? '–' : `${formatNumber(time, 3)} ms`);
  return (
    <Section title="Served since it started">
      <dl class="figures">
        <Figure name="requests" value={String(value.requests)} />
        <Figure name="errors" value={String(value.errors)} />
        <Figure name="latency p50" value={ms(value.p50)} />
        <Figure name="latency p99" value={ms(value.p99)} />
        <Figure name="processor" value={value.cpu === undefined ? '–' : `${value.cpu.toFixed(1)} %`} />
        <Figure name="memory" value={value.memory === undefined ? '–' : formatBytes(value.memory)} />
      </dl>
    </Section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function ServiceLog({ params, live }: { params: Params; live: boolean }) {
  const tick = useNow(STATS_MS);
  const log = useLoaded(async () => {
    const reply = await host.bytes('deployments.log', { params, query: { tail: 500 } });
    return new TextDecoder().decode(reply.body);
  }, params.deployment);
  useEffect(() => {
    if (live && document.visibilityState === 'visible') log.reload();
  }, [tick]);
  if (log.error) return <ErrorBox error={log.error} onRetry={log.reload} />;
  return (
    <Section title="Log">
      {log.value ? (
        <pre class="text-preview">{log.value}</pre>
      ) : (
        <p class="empty">The service has written nothing yet.</p>
      )}
    </Section>
  );
}

/** Progress and log of the activity that builds the image of this deployment. */
function BuildLog({ id }: { id: string }) {
  const activities = useLoaded(() => host.call('activities.list', {}), id);
  const reloadSoon = useThrottled(activities.reload, 300);
  useTrackerEvent((event) => {
    if (event.type === 'activity' && event.activity.subject?.id === id) reloadSoon();
  });
  const activity = activities.value?.activities.find((one) => one.subject?.id === id);
  const log = useLoaded(async () => {
    if (!activity?.hasLog) return '';
    const reply = await host.bytes('activities.log', { params: { activity: activity.id } });
    return new TextDecoder().decode(reply.body);
  }, `${activity?.id} ${activity?.message} ${activity?.state}`);
  if (!activity) return null;
  return (
    <Section title="Build">
      <p>
        {activity.error ?? activity.message ?? activity.title}
        {activity.progress === undefined ? '' : ` · ${Math.round(activity.progress * 100)} %`}
      </p>
      {log.value ? <pre class="text-preview">{log.value}</pre> : null}
    </Section>
  );
}

function copy(text: string): void {
  host.act({ name: 'copy', text }).catch(() => undefined);
}

function asDeployment(state: PageState): DeploymentPageState {
  if (state.page !== 'deployment') throw new Error(`This is the page of a deployment, not of a ${state.page}.`);
  return state;
}
