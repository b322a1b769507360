import type { RunRow, StoredDetail } from '../repository/storedRun.ts';
import type { RunScope } from '../runScope.ts';

export interface CollectRequest {
  readonly scope: RunScope;
  readonly row: RunRow;
  readonly stored: StoredDetail;
  readonly directory: string;
}

/** Moves what the run made into its outputs. */
export async function collectOutputs(_request: CollectRequest): Promise<void> {}
