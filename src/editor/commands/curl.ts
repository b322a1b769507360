import type { Deployment } from '../../shared/domain/deployment.ts';
import type { TensorSpec } from '../../shared/domain/model.ts';

/** A request to a service that runs as it is pasted; the input has the right shape and zeros in it. */
export function curlCommand(deployment: Pick<Deployment, 'url' | 'signature'>): string {
  const body = JSON.stringify({ inputs: exampleInputs(deployment.signature?.inputs ?? []) });
  return [
    `curl -sS ${quote(`${deployment.url}/invocations`)}`,
    `-H 'content-type: application/json'`,
    `-d ${quote(body)}`,
  ].join(' \\\n  ');
}

/** One tensor may stand alone; several go by their names. Free dimensions are 1. */
export function exampleInputs(inputs: readonly TensorSpec[]): unknown {
  const [only] = inputs;
  if (inputs.length === 1 && only) return filled(only.type, only.shape);
  return Object.fromEntries(inputs.map((input) => [input.name, filled(input.type, input.shape)]));
}

function filled(type: string, shape: readonly (number | string)[]): unknown {
  const [size, ...rest] = shape;
  if (size === undefined) return type === 'string' ? '' : type === 'bool' ? false : 0;
  const count = typeof size === 'number' && size > 0 ? size : 1;
  return Array.from({ length: count }, () => filled(type, rest));
}

/** Single quotes hold everything but themselves, in every POSIX shell. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
