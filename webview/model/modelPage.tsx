import type { Model, ModelVersion } from '../../src/shared/domain/model.ts';
import { formatBytes, formatCount, formatDateTime, formatNumber, formatRelative } from '../../src/shared/format.ts';
import type { PageCommand, PageState } from '../../src/shared/panel/protocol.ts';
import { Button } from '../shared/controls/toolkit.tsx';
import { FactTable, Section } from '../shared/facts.tsx';
import { useConnected, useLoaded, useNow, usePageState, useTrackerEvent } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import { NoteEditor } from '../shared/noteEditor.tsx';
import { SignatureTable } from '../shared/signature/signatureTable.tsx';
import { TryForm } from '../shared/signature/tryForm.tsx';
import { ErrorBox } from '../shared/states.tsx';

type ModelPageState = Extract<PageState, { page: 'model' }>;

/** The page of a model: its versions at the left; what is known of the chosen one, and a form to try it. */
export function ModelPage() {
  const [state, setState] = usePageState(asModel);
  const params = { workspace: state.workspace, model: state.model };
  const loaded = useLoaded(() => host.call('models.get', { params }), `${state.workspace}/${state.model}`);
  useTrackerEvent((event) => {
    if (event.type === 'models' || event.type === 'deployment' || event.type === 'deployment-removed') loaded.reload();
  });
  const connected = useConnected();
  const model = loaded.value;
  if (!model || loaded.error?.code === 'not-found') {
    return loaded.error ? (
      <ErrorBox error={loaded.error} onRetry={loaded.reload} />
    ) : (
      <p class="loading">Reading the model…</p>
    );
  }
  const chosen = choose(model, state.version);
  const select = (version: number) => {
    const next = { ...state, version: String(version) };
    setState(next);
    host.setState(next);
  };
  return (
    <main class={connected ? '' : 'disconnected'}>
      <header class="page-header">
        <div class="page-title">
          <span class="codicon codicon-package" aria-hidden="true" />
          <h1>{model.name}</h1>
          {chosen ? <Actions model={model} version={chosen} /> : null}
        </div>
        <p class="facts">
          <span>{formatCount(model.versions.length, 'version')}</span>
          {Object.entries(model.aliases).map(([alias, version]) => (
            <span key={alias}>{`${alias} → v${version}`}</span>
          ))}
        </p>
      </header>
      <div class="split model-split">
        <Versions model={model} chosen={chosen} onSelect={select} />
        {chosen ? (
          <Version key={chosen.version} workspace={state.workspace} version={chosen} />
        ) : (
          <p class="empty">The model has no versions. Register one from the outputs of a run.</p>
        )}
      </div>
    </main>
  );
}

function Actions({ model, version }: { model: Model; version: ModelVersion }) {
  const subject = `${model.name}:${version.version}`;
  const command = (name: PageCommand) => () => {
    host.act({ name: 'command', command: name, subject }).catch(() => undefined);
  };
  return (
    <div class="actions">
      <Button
        appearance="primary"
        icon="rocket"
        disabled={version.limitation !== undefined}
        title={version.limitation ?? ''}
        onClick={command('trainyard.deploy')}
      >
        Deploy
      </Button>
      <Button icon="bookmark" onClick={command('trainyard.setAlias')}>
        Set alias
      </Button>
      <Button
        appearance="icon"
        icon="trash"
        label={`Delete version ${version.version}`}
        onClick={command('trainyard.deleteModelVersion')}
      />
    </div>
  );
}

function Versions({
  model,
  chosen,
  onSelect,
}: {
  model: Model;
  chosen: ModelVersion | undefined;
  onSelect: (version: number) => void;
}) {
  const now = useNow(30_000);
  return (
    <nav class="versions" aria-label="Versions">
      {newestFirst(model).map((version) => (
        <button
          type="button"
          key={version.version}
          aria-current={version.version === chosen?.version}
          onClick={() => onSelect(version.version)}
        >
          <b>{`v${version.version}`}</b>
          <span class="muted">{version.aliases.join(', ')}</span>
          <span class="spacer" />
          <span class="muted" title={formatDateTime(version.createdAt)}>
            {formatRelative(version.createdAt, now)}
          </span>
        </button>
      ))}
    </nav>
  );
}

function Version({ workspace, version }: { workspace: string; version: ModelVersion }) {
  const params = { workspace, model: version.model, version: String(version.version) };
  const openRun = () => {
    if (version.run)
      host.act({ name: 'command', command: 'trainyard.openRun', subject: version.run }).catch(() => undefined);
  };
  const predict = async (input: object) => {
    const reply = await host.call('models.predict', { params, body: { input } });
    return { body: reply.predictions, milliseconds: reply.milliseconds };
  };
  const metrics = Object.entries(version.metrics);
  const parameters = Object.entries(version.params);
  return (
    <div class="version">
      {version.limitation ? (
        <p class="banner" role="status">
          {version.limitation}
        </p>
      ) : null}
      {version.signature ? (
        <Section title="Signature">
          <SignatureTable signature={version.signature} />
        </Section>
      ) : null}
      {version.signature && !version.limitation ? (
        <Section title="Try">
          <TryForm signature={version.signature} action="Predict" onSend={predict} />
        </Section>
      ) : null}
      <Section title="Version">
        <FactTable
          facts={[
            ['Format', version.onnx ? `ONNX, ${opsetText(version)}` : version.format],
            ['Producer', version.onnx?.producer],
            ['Operators', version.onnx?.nodes],
            ['External data', version.onnx?.externalData.join('\n')],
            ['Size', `${formatBytes(version.bytes)} in ${formatCount(version.files, 'file')}`],
            ['Registered', formatDateTime(version.createdAt)],
            ['From', version.source],
            ['Content', version.hash],
            ['Used by', version.usedBy.join(', ')],
          ]}
        />
        {version.run ? (
          <button type="button" class="link" onClick={openRun}>
            {`Open run ${version.runName ?? version.run}`}
          </button>
        ) : null}
      </Section>
      {metrics.length > 0 ? (
        <Section title="Metrics of the run">
          <FactTable facts={metrics.map(([key, value]) => [key, formatNumber(value)])} />
        </Section>
      ) : null}
      {parameters.length > 0 ? (
        <Section title="Parameters of the run">
          <FactTable facts={parameters} />
        </Section>
      ) : null}
      <Section title="Note">
        <NoteEditor
          note={version.note ?? ''}
          onSave={(note) => host.call('models.updateVersion', { params, body: { note } })}
        />
      </Section>
    </div>
  );
}

function opsetText(version: ModelVersion): string {
  const opsets = version.onnx?.opsets.map(({ domain, version: opset }) =>
    domain && domain !== 'ai.onnx' ? `${domain} ${opset}` : `opset ${opset}`,
  );
  return opsets?.join(', ') ?? '';
}

function choose(model: Model, wanted: string | undefined): ModelVersion | undefined {
  const number = wanted === undefined ? undefined : (model.aliases[wanted] ?? Number(wanted));
  return model.versions.find((version) => version.version === number) ?? newestFirst(model)[0];
}

function newestFirst(model: Model): ModelVersion[] {
  return [...model.versions].sort((a, b) => b.version - a.version);
}

function asModel(state: PageState): ModelPageState {
  if (state.page !== 'model') throw new Error(`This is the page of a model, not of a ${state.page}.`);
  return state;
}
