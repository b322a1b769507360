import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Caller } from '../api/handlers.ts';

/** A SHA-256 MAC in base64url without padding. */
const MAC_LENGTH = 43;

/**
 * Tokens are their scope in words plus a MAC of it under the home's key, so that they need no table and survive
 * restarts and hand-overs: `ty_client_<mac>`, `ty_term_<workspace>_<mac>`, `ty_run_<workspace>_<run>_<mac>`.
 */
export class Tokens {
  readonly #key: Buffer;

  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64url');
  }

  mint(scope: Caller): string {
    const words = scopeWords(scope);
    return `${words}_${this.#mac(words)}`;
  }

  /** Who holds this token, or undefined for one that we did not make. Takes the same time for every wrong MAC. */
  verify(token: string): Caller | undefined {
    const words = token.slice(0, -MAC_LENGTH - 1);
    const expected = Buffer.from(this.#mac(words));
    const given = Buffer.from(token.slice(-MAC_LENGTH));
    const same = given.length === expected.length && timingSafeEqual(given, expected);
    return same && token.at(-MAC_LENGTH - 1) === '_' ? parseScope(words) : undefined;
  }

  #mac(words: string): string {
    return createHmac('sha256', this.#key).update(words).digest('base64url');
  }
}

function scopeWords(scope: Caller): string {
  if (scope.kind === 'client') return 'ty_client';
  return scope.kind === 'terminal' ? `ty_term_${scope.workspace}` : `ty_run_${scope.workspace}_${scope.run}`;
}

/** The id of a workspace has no underscore, that of a run may. */
function parseScope(words: string): Caller | undefined {
  if (words === 'ty_client') return { kind: 'client' };
  const [, kind, workspace, run] = /^ty_(term|run)_([a-z0-9-]+)(?:_(.+))?$/.exec(words) ?? [];
  if (workspace === undefined) return undefined;
  if (kind === 'term') return { kind: 'terminal', workspace };
  return run === undefined ? undefined : { kind: 'run', workspace, run };
}
