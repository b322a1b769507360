import { useState } from 'preact/hooks';
import type { Signature, TensorSpec } from '../../../src/shared/domain/model.ts';
import { formatDuration } from '../../../src/shared/format.ts';
import { Button, TextArea, TextField } from '../controls/toolkit.tsx';
import { asHostError } from '../hooks.ts';
import { HostError } from '../host.ts';
import { ErrorBox } from '../states.tsx';
import { AnswerView } from './answerView.tsx';
import { shapeText } from './signatureTable.tsx';
import { exampleJson, flatten, initialValues, isSmall, replaceFlat, toRequest } from './tensorForm.ts';

/** What came back: the predictions or the service's whole answer, and how long it took. */
export interface Answer {
  readonly body: unknown;
  readonly milliseconds: number;
  readonly status?: number;
}

interface TryFormProps {
  readonly signature: Signature;
  readonly action: string;
  readonly onSend: (body: object) => Promise<Answer>;
}

/** A form made from the signature; the answer and its latency below. */
export function TryForm({ signature, action, onSend }: TryFormProps) {
  const [values, setValues] = useState(() => initialValues(signature));
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<HostError>();
  const [busy, setBusy] = useState(false);
  const set = (name: string, json: string) => setValues({ ...values, [name]: json });

  const send = async () => {
    const request = toRequest(signature, values);
    if ('error' in request) {
      setError(
        new HostError({ code: 'invalid', message: request.error, hint: 'Inputs are JSON, such as [[0, 1, 2]].' }),
      );
      return;
    }
    setBusy(true);
    try {
      setAnswer(await onSend(request.body));
      setError(undefined);
    } catch (reason) {
      setError(asHostError(reason));
    } finally {
      setBusy(false);
    }
  };

  return (
    <div class="try-form">
      {signature.inputs.map((spec) => (
        <InputField
          key={spec.name}
          spec={spec}
          json={values[spec.name] ?? ''}
          onChange={(json) => set(spec.name, json)}
        />
      ))}
      <div class="actions">
        <Button
          appearance="primary"
          icon="play"
          disabled={busy}
          onClick={() => {
            send().catch(() => undefined);
          }}
        >
          {action}
        </Button>
        <Button onClick={() => setValues(initialValues(signature))}>Reset</Button>
      </div>
      {error ? <ErrorBox error={error} /> : null}
      {answer && !error ? (
        <div class="answer" role="status">
          <p class="muted tabular">
            {answer.status === undefined ? '' : `${answer.status} · `}
            {formatDuration(answer.milliseconds)}
          </p>
          <AnswerView body={answer.body} />
        </div>
      ) : null}
    </div>
  );
}

function InputField({ spec, json, onChange }: { spec: TensorSpec; json: string; onChange: (json: string) => void }) {
  const label = `${spec.name}  ${spec.type} ${shapeText(spec)}`;
  const flat = flatten(json);
  return (
    <fieldset>
      <legend>
        <b>{spec.name}</b> <span class="muted">{`${spec.type} ${shapeText(spec)}`}</span>
      </legend>
      {isSmall(spec) && flat.length > 0 ? (
        <div class="number-fields">
          {flat.map((value, index) => (
            <TextField
              key={`${spec.name}-${index}`}
              value={value}
              label={`${spec.name} ${index}`}
              onInput={(text) => onChange(replaceFlat(spec, json, index, text))}
            />
          ))}
        </div>
      ) : (
        <>
          <TextArea value={json} label={label} rows={4} onInput={onChange} />
          <button type="button" class="link" onClick={() => onChange(exampleJson(spec))}>
            Fill with zeros of the right shape
          </button>
        </>
      )}
    </fieldset>
  );
}
