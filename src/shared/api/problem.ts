/** The same shape as the schema `ApiErrorBody`, which this file cannot name without loading it. */
interface ErrorBody {
  error: { code: string; message: string; hint?: string; details?: string[] };
}

export interface ProblemOptions {
  hint?: string | undefined;
  details?: string[] | undefined;
  cause?: unknown;
}

const STATUS: Record<string, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  timeout: 408,
  conflict: 409,
  'in-use': 409,
  'too-large': 413,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  internal: 500,
  unavailable: 503,
  'no-space': 503,
  'read-only': 503,
};

/** An error that reaches a person as it is. `code` decides the HTTP status; unknown codes are 400. */
export class Problem extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: string[] | undefined;

  constructor(code: string, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }

  get status(): number {
    return STATUS[this.code] ?? 400;
  }

  toBody(): ErrorBody {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.hint === undefined ? {} : { hint: this.hint }),
        ...(this.details === undefined ? {} : { details: this.details }),
      },
    };
  }
}
