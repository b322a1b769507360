import type { Signature, TensorSpec } from '../../../src/shared/domain/model.ts';

/** Inputs and outputs of a model with their types and shapes. */
export function SignatureTable({ signature }: { signature: Signature }) {
  return (
    <table class="values">
      <thead>
        <tr>
          <th scope="col" class="muted">
            Tensor
          </th>
          <th scope="col" class="muted">
            Type
          </th>
          <th scope="col" class="muted">
            Shape
          </th>
        </tr>
      </thead>
      <tbody>
        {signature.inputs.map((spec) => (
          <Row key={`in ${spec.name}`} kind="input" spec={spec} />
        ))}
        {signature.outputs.map((spec) => (
          <Row key={`out ${spec.name}`} kind="output" spec={spec} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ kind, spec }: { kind: string; spec: TensorSpec }) {
  return (
    <tr>
      <th scope="row">
        <span class={`codicon codicon-${kind === 'input' ? 'arrow-right' : 'arrow-left'}`} title={kind} /> {spec.name}
      </th>
      <td>{spec.type}</td>
      <td>{shapeText(spec)}</td>
    </tr>
  );
}

/** `[N, 64]`, or `scalar`. */
export function shapeText(spec: TensorSpec): string {
  return spec.shape.length === 0 ? 'scalar' : `[${spec.shape.join(', ')}]`;
}
