import type { ProcessIdentity } from './runDirectory.ts';

/**
 * The discovery file, 0600, written by the tracker once it listens and removed when it leaves: where it is, which
 * process it is, and the token that opens it.
 */
export interface Discovery {
  readonly port: number;
  /** http://127.0.0.1:PORT */
  readonly address: string;
  readonly token: string;
  readonly pid: number;
  readonly process: ProcessIdentity;
  readonly version: string;
  readonly protocol: number;
  /** Which copy of the program it runs; differs between two builds of one version. */
  readonly build: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}
