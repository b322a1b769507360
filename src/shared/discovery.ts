import type { Static } from 'typebox';
import * as Type from 'typebox';
import { ProcessIdentity } from './runDirectory.ts';

/**
 * The discovery file, 0600, written by the tracker once it listens and removed when it leaves: where it is, which
 * process it is, and the token that opens it.
 */
export const Discovery = Type.Object({
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  address: Type.String({ description: 'http://127.0.0.1:PORT' }),
  token: Type.String({ minLength: 1 }),
  pid: Type.Integer({ minimum: 1 }),
  process: ProcessIdentity,
  version: Type.String(),
  protocol: Type.Integer(),
  /** Which copy of the program it runs; differs between two builds of one version. */
  build: Type.String(),
  startedAt: Type.Integer(),
});
export type Discovery = Static<typeof Discovery>;
