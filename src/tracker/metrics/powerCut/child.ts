/** The process under the recorder: `child.ts FOLDER SYNCHRONOUS SEED BATCHES`. It acknowledges as the tracker does. */
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { chunked, openDatabase } from '../testStores.ts';
import { LIMITS, writeBatch } from './workload.ts';

const [folder = '', synchronous = '', seed = '', batches = ''] = process.argv.slice(2);
const kind = chunked(LIMITS);
const db = openDatabase(join(folder, 'workspace.db'), kind.schema, synchronous);
// Checkpoints often, so that cuts fall into them too.
db.pragma('wal_autocheckpoint = 40');
const store = kind.create(db);
const acknowledgements = openSync(join(folder, 'acknowledged.ack'), 'a');
for (let index = 1; index <= Number(batches); index++) {
  writeBatch(db, store, Number(seed), index);
  writeSync(acknowledgements, String(index));
}
// No close: that would checkpoint and sync what a cut must find undone.
process.kill(process.pid, 'SIGKILL');
