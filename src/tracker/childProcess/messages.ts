/** What the tracker and a child say to each other over their channel. */
export type ToChild =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly type: 'cancel'; readonly id: number };

export interface CarriedProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: string[] | undefined;
}

export type FromChild =
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'problem'; readonly id: number; readonly problem: CarriedProblem }
  /** Said in the middle of a call: progress, a line of output. */
  | { readonly type: 'notice'; readonly id: number; readonly value: unknown }
  /** Said unasked, such as an engine's event. */
  | { readonly type: 'event'; readonly value: unknown };
