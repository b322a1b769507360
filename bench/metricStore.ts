/**
 * The metric store by itself, without HTTP: `node bench/metricStore.ts [--json FILE] [--large]`. Durability is as the
 * tracker has it (WAL, synchronous=FULL). `--large` adds the curve of cost per point up to 10^8 (some minutes, 1.5 GB).
 */
import { statSync } from 'node:fs';
import type { MetricPoint } from '../src/tracker/metrics/points.ts';
import { randomFrom } from '../src/tracker/metrics/powerCut/simulate.ts';
import { Bench, chunked, ROWS, type StoreKind } from '../src/tracker/metrics/testStores.ts';
import { type BenchRecord, medianTime, report } from './table.ts';

type ValueAt = (random: () => number, i: number) => number;
const noisy: ValueAt = (random, i) => Math.exp(-i / 1e5) + random() * 0.1;
const noisySingle: ValueAt = (random, i) => Math.fround(noisy(random, i));

/** Commits as a training would send them: `series` series in turn, `perCommit` points in all in each commit. */
function* commits(series: number, perCommit: number, total: number, valueAt: ValueAt): Generator<MetricPoint[]> {
  const random = randomFrom(1);
  let timestamp = 1_700_000_000_000;
  for (let i = 0; i < total; i += perCommit) {
    yield Array.from({ length: perCommit }, (_, j) => {
      const step = Math.floor((i + j) / series);
      if ((i + j) % series === 0) timestamp += 60 + Math.floor(random() * 40);
      return { key: `metric-${(i + j) % series}`, step, timestamp, value: valueAt(random, step) };
    });
  }
}

/** Milliseconds spent in the store and the commit; making the points does not count. */
function insert(bench: Bench, batches: Iterable<MetricPoint[]>): number {
  let taken = 0;
  for (const batch of batches) {
    const start = performance.now();
    bench.write((store) => store.append('run', batch));
    taken += performance.now() - start;
  }
  return taken;
}

function fileSize(bench: Bench): number {
  bench.db.pragma('wal_checkpoint(TRUNCATE)');
  return statSync(bench.file).size;
}

function insertRates(records: BenchRecord[]): void {
  const loads: [string, number, number, number][] = [
    ['1 series, 1000 a commit', 1, 1000, 1_000_000],
    ['20 series, 1000 a commit', 20, 1000, 1_000_000],
    ['20 series, 1 point of each a commit', 20, 20, 100_000],
  ];
  for (const [name, series, perCommit, total] of loads) {
    const rate = (kind: StoreKind, points: number): number => {
      using bench = new Bench(kind);
      return points / (insert(bench, commits(series, perCommit, points, noisy)) / 1000);
    };
    const value = rate(chunked(), total);
    const peer = rate(ROWS, Math.min(total, 200_000));
    records.push({ name: `insert: ${name}`, unit: 'points/s', value, peer, ratio: value / peer });
  }
}

function sizes(records: BenchRecord[]): void {
  for (const [name, valueAt, target] of [
    ['float64', noisy, '<= 14'],
    ['float32 exact', noisySingle, '<= 9.5'],
  ] as const) {
    for (const [load, series, perCommit] of [
      ['1 series', 1, 1000],
      ['20 series, 20 a commit', 20, 20],
    ] as const) {
      using bench = new Bench(chunked(), 'OFF');
      insert(bench, commits(series, perCommit, 1_000_000, valueAt));
      records.push({ name: `size, ${load}, ${name}`, unit: 'bytes/point', value: fileSize(bench) / 1e6, target });
    }
  }
}

function reads(records: BenchRecord[]): void {
  using bench = new Bench(chunked(), 'OFF');
  insert(bench, commits(1, 1000, 1_000_000, noisy));
  const { store } = bench;
  const curve = (axis: 'step' | 'time', from?: number, to?: number): number =>
    medianTime(() =>
      store.reduce('run', 'metric-0', {
        axis,
        buckets: 2000,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }),
    );
  records.push({ name: 'read 1M points', unit: 'ms', value: medianTime(() => store.read('run', 'metric-0')) });
  records.push({ name: 'curve of 1M points, 2000 px, by step', unit: 'ms', value: curve('step'), target: '<= 5' });
  records.push({ name: 'curve of 1M points, 2000 px, by time', unit: 'ms', value: curve('time'), target: '<= 5' });
  records.push({
    name: 'curve of 200k of them, 2000 px',
    unit: 'ms',
    value: curve('step', 400_000, 600_000),
    target: '<= 5',
  });
  const again = [...commits(1, 1000, 100_000, noisy)];
  records.push({ name: 'the same 100k points again', unit: 'points/s', value: 1e5 / (insert(bench, again) / 1000) });
}

function summaries(records: BenchRecord[]): void {
  using bench = new Bench(chunked(), 'OFF');
  const random = randomFrom(2);
  const names = Array.from({ length: 10_000 }, (_, i) => `${i.toString(16).padStart(32, '0')}`);
  for (let i = 0; i < names.length; i += 100) {
    bench.write((store) => {
      for (const name of names.slice(i, i + 100)) {
        store.append(
          name,
          Array.from({ length: 60 }, (_, j) => ({
            key: `metric-${j % 20}`,
            step: Math.floor(j / 20),
            timestamp: 1.7e12 + j,
            value: random(),
          })),
        );
        if (i >= 1000) store.flush([name]);
      }
    });
  }
  const { store } = bench;
  records.push({
    name: 'summaries, 10k runs x 20 (1k live)',
    unit: 'ms',
    value: medianTime(() => store.summaries(names)),
    target: '<= 40',
  });
  const order = { key: 'metric-3', descending: true };
  records.push({
    name: 'order 10k runs, first 1000',
    unit: 'ms',
    value: medianTime(() => store.order({ ...order, limit: 1000 })),
  });
  records.push({ name: 'order 10k runs, all', unit: 'ms', value: medianTime(() => store.order(order)) });
  records.push({ name: 'size of 10k runs x 20 x 3 points', unit: 'bytes/series', value: fileSize(bench) / 200_000 });
  records.push({ name: 'open again, 1k runs live', unit: 'ms', value: medianTime(() => bench.reopen(), 3) });
}

function growth(records: BenchRecord[], largest: number): void {
  using bench = new Bench(chunked());
  const batches = commits(20, 1000, largest, noisy);
  let done = 0;
  for (let total = 10_000; total <= largest; total *= 10) {
    let taken = 0;
    const start = done;
    while (done < total) {
      const { value } = batches.next();
      if (value === undefined) break;
      taken += insert(bench, [value]);
      done += value.length;
    }
    records.push({
      name: `cost up to ${total.toExponential(0)} points`,
      unit: 'us/point',
      value: (taken * 1000) / (done - start),
    });
  }
  records.push({
    name: `memory at ${done.toExponential(0)} points`,
    unit: 'MB',
    value: process.memoryUsage.rss() / 2 ** 20,
  });
}

const records: BenchRecord[] = [];
// First, so that the memory it reports is its own.
growth(records, process.argv.includes('--large') ? 1e8 : 1e7);
insertRates(records);
sizes(records);
reads(records);
summaries(records);
report('Metric store (peer: plain rows in the same run)', records);
