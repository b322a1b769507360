import type { Static } from 'typebox';
import * as Type from 'typebox';

/** The body of every answer that is not 2xx: what happened, why, and what to do about it. */
export const ApiErrorBody = Type.Object({
  error: Type.Object({
    /** Stable word for programs: not-found, invalid, in-use, conflict, unauthenticated, forbidden, too-large, … */
    code: Type.String(),
    message: Type.String(),
    /** The way out, one sentence. */
    hint: Type.Optional(Type.String()),
    /** More lines, such as the resolver's own last words or the fields that are wrong. */
    details: Type.Optional(Type.Array(Type.String())),
  }),
});
export type ApiErrorBody = Static<typeof ApiErrorBody>;

// The class stands apart so that a program which only throws and shows problems does not load the schemas.
export { Problem, type ProblemOptions } from './problem.ts';
