import type { Static } from 'typebox';
import * as Type from 'typebox';

/**
 * Building blocks of every schema. Times are integer milliseconds since the Unix epoch (UTC), durations milliseconds,
 * sizes bytes. A number that may be NaN or infinite travels as a string, because JSON has no such numbers.
 */
export const Time = Type.Integer({ minimum: 0, description: 'Milliseconds since the Unix epoch.' });

/** A float64 that survives JSON: a number, or one of the three strings. */
export const Float = Type.Union([
  Type.Number(),
  Type.Literal('NaN'),
  Type.Literal('Infinity'),
  Type.Literal('-Infinity'),
]);
export type Float = Static<typeof Float>;

export const WorkspaceId = Type.String({
  pattern: '^([a-z0-9][a-z0-9-]{0,62}|default)$',
  description: 'Id of a workspace; `default` means whichever is the default now.',
});
export const RunId = Type.String({ pattern: '^[a-zA-Z0-9][\\w-]{0,255}$' });
export const ExperimentId = Type.String({ pattern: '^[a-zA-Z0-9][\\w-]{0,63}$' });
/** A path inside a run, snapshot or model: relative, `/` between parts. Containment is checked again where it is used. */
export const InnerPath = Type.String({ maxLength: 4096 });
export const MetricKey = Type.String({ minLength: 1, maxLength: 250 });
export const Tags = Type.Record(Type.String(), Type.String());

export const Empty = Type.Object({}, { additionalProperties: false });
export type Empty = Static<typeof Empty>;
