/**
 * A disk after a power cut: what was synced is there; of what was written since, each write, and of a torn one each
 * sector, may or may not have arrived, in any order.
 */
import type { DiskEvent } from './record.ts';

const SECTOR = 512;
const FATES = [
  'all lost',
  'all arrived',
  'some arrived',
  'some arrived, torn',
  'arrived in order until one torn',
] as const;

type Pending = Exclude<DiskEvent, { kind: 'ack' | 'sync' }>;

/** A pseudo-random number in [0, 1), by the mulberry32 generator, so that a failing cut can be repeated. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class Disk {
  readonly #synced = new Map<string, Uint8Array>();
  readonly #pending = new Map<string, Pending[]>();

  apply(event: DiskEvent): void {
    if (event.kind === 'ack') return;
    const pending = this.#pending.get(event.file) ?? [];
    this.#pending.set(event.file, pending);
    if (event.kind !== 'sync') {
      pending.push(event);
      return;
    }
    let content = this.#synced.get(event.file) ?? new Uint8Array(0);
    for (const change of pending.splice(0)) content = applied(content, change);
    this.#synced.set(event.file, content);
  }

  /** The files as they may be found after a cut now. */
  cut(random: () => number): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    for (const file of this.#pending.keys()) {
      const content = this.#synced.get(file) ?? new Uint8Array(0);
      const fate = FATES[Math.floor(random() * FATES.length)];
      files.set(file, survivors(content.slice(), this.#pending.get(file) ?? [], fate, random));
    }
    return files;
  }
}

function survivors(
  synced: Uint8Array,
  pending: Pending[],
  fate: (typeof FATES)[number] | undefined,
  random: () => number,
) {
  let content = synced;
  const stop = Math.floor(random() * (pending.length + 1));
  pending.forEach((change, index) => {
    const inOrder = fate === 'arrived in order until one torn';
    if (fate === 'all lost' || (inOrder && index > stop)) return;
    if (fate?.startsWith('some') && random() < 0.5) return;
    const torn = (fate === 'some arrived, torn' && random() < 0.5) || (inOrder && index === stop);
    content = torn && change.kind === 'write' ? tornInto(content, change, random) : applied(content, change);
  });
  return content;
}

function applied(content: Uint8Array, change: Pending): Uint8Array {
  if (change.kind === 'truncate') return resized(content, change.size, change.size);
  const grown = resized(content, Math.max(content.length, change.offset + change.bytes.length));
  grown.set(change.bytes, change.offset);
  return grown;
}

function tornInto(
  content: Uint8Array,
  { offset, bytes }: Pending & { kind: 'write' },
  random: () => number,
): Uint8Array {
  let result = content;
  // Sectors are the disk's, not the write's: WAL frames begin in the middle of one.
  for (let at = offset; at < offset + bytes.length; at = (Math.floor(at / SECTOR) + 1) * SECTOR) {
    const end = Math.min((Math.floor(at / SECTOR) + 1) * SECTOR, offset + bytes.length);
    if (random() < 0.5) continue;
    const file = '';
    result = applied(result, { kind: 'write', file, offset: at, bytes: bytes.subarray(at - offset, end - offset) });
  }
  return result;
}

/** The same array where the size fits, to spare a copy for each page written in place. */
function resized(content: Uint8Array, size: number, keep = content.length): Uint8Array {
  if (size === content.length) return content;
  const result = new Uint8Array(size);
  result.set(content.subarray(0, Math.min(keep, size)));
  return result;
}
