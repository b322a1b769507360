/** Cuts the power of a recorded process at many points and looks at what its database then says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { chunked, openDatabase, ROWS } from '../testStores.ts';
import { type DiskEvent, record } from './record.ts';
import { Disk, randomFrom } from './simulate.ts';
import { digest, LIMITS, writeBatch } from './workload.ts';

export interface CutOptions {
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly seed: number;
  readonly batches: number;
  readonly cuts: number;
  /** A control: events to leave out of the record, as a disk that lies would. */
  readonly ignore?: (event: DiskEvent) => boolean;
}

export interface CutReport {
  readonly cuts: number;
  /** Cuts after which an acknowledged batch was gone. */
  readonly lost: number;
  /** Cuts after which the database could not be opened, failed its check, or held other points than were sent. */
  readonly wrong: number;
  /** The first few, in words. */
  readonly findings: readonly string[];
}

export async function cutPower(options: CutOptions): Promise<CutReport> {
  const folder = mkdtempSync(join(tmpdir(), 'trainyard-cuts-'));
  try {
    const { synchronous, seed, batches } = options;
    const child = join(import.meta.dirname, 'child.ts');
    const command = [process.execPath, child, folder, synchronous, String(seed), String(batches)];
    const events = (await record(folder, command)).filter((event) => options.ignore?.(event) !== true);
    return replay(events, options, join(folder, 'replay.db'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function replay(events: readonly DiskEvent[], { seed, batches, cuts }: CutOptions, file: string): CutReport {
  const expected = digests(seed, batches);
  const random = randomFrom(seed);
  const firstAck = events.findIndex((event) => event.kind === 'ack');
  const places = Array.from({ length: cuts }, () => firstAck + 1 + Math.floor(random() * (events.length - firstAck)));
  places.sort((a, b) => a - b);
  const disk = new Disk();
  const findings: string[] = [];
  let lost = 0;
  let wrong = 0;
  let acknowledged = 0;
  let next = 0;
  for (const place of places) {
    for (const event of events.slice(next, place)) {
      disk.apply(event);
      if (event.kind === 'ack') acknowledged = event.batch;
    }
    next = place;
    const finding = inspect(disk.cut(random), file, expected, acknowledged);
    if (finding === undefined) continue;
    if (finding.startsWith('lost')) lost++;
    else wrong++;
    if (findings.length < 5) findings.push(`cut before event ${place}: ${finding}`);
  }
  return { cuts, lost, wrong, findings };
}

/** What is wrong with the files after a cut, if anything. */
function inspect(files: Map<string, Uint8Array>, file: string, expected: readonly string[], acknowledged: number) {
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  for (const end of ['', '-wal']) writeFileSync(file + end, files.get(`workspace.db${end}`) ?? new Uint8Array(0));
  try {
    const db = openDatabase(file, chunked().schema, 'OFF');
    try {
      const check = db.pragma('integrity_check', { simple: true });
      if (check !== 'ok') return `integrity check: ${check}`;
      const batch = Number(db.pragma('user_version', { simple: true }));
      if (batch < acknowledged) return `lost: batch ${acknowledged} was acknowledged, the database ends with ${batch}`;
      const found = digest(chunked(LIMITS).create(db));
      return found === expected[batch] ? undefined : `other points than batches 1 to ${batch} hold`;
    } finally {
      db.close();
    }
  } catch (error) {
    return `cannot be read: ${error}`;
  }
}

/** What a store must hold after each batch, from the plain-rows reference. */
function digests(seed: number, batches: number): string[] {
  const db = new Database(':memory:');
  db.exec(ROWS.schema.join(';'));
  const store = ROWS.create(db);
  const result = [digest(store)];
  for (let index = 1; index <= batches; index++) {
    writeBatch(db, store, seed, index);
    result.push(digest(store));
  }
  db.close();
  return result;
}
