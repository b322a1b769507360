import { useEffect, useRef, useState } from 'preact/hooks';
import { useReconnected, useThrottled, useTrackerEvent } from '../shared/hooks.ts';
import { host } from '../shared/host.ts';
import type { Axis } from './chartView.ts';
import { type DrawnCurve, toCurve } from './curves.ts';

interface CurvesQuery {
  readonly workspace: string;
  readonly runs: readonly string[];
  readonly keys: readonly string[];
  readonly axis: Axis;
  readonly range: readonly [number, number] | undefined;
  /** About the width of a chart in pixels. */
  readonly buckets: number;
}

/** Run id → metric key → curve. */
export type Curves = ReadonlyMap<string, ReadonlyMap<string, DrawnCurve>>;

const LIVE_MS = 150;
/** The tracker takes at most 500 keys at once; smaller pieces let the first charts appear sooner. */
const PIECE = 100;

/**
 * Curves of several runs, kept up to date. A metrics event re-reads only the keys that moved, at most about six times a
 * second; a change of axis, zoom or size re-reads all of them while the old ones stay on the screen.
 */
export function useCurves(query: CurvesQuery): Curves {
  const [curves, setCurves] = useState<Curves>(new Map());
  const moved = useRef(new Map<string, Set<string>>());
  const key = JSON.stringify(query);
  const current = useRef(key);
  current.current = key;

  const read = async (wanted: ReadonlyMap<string, readonly string[]>, fresh: boolean) => {
    const { workspace, axis, range, buckets } = query;
    const parts = await Promise.all(
      [...wanted].flatMap(([run, keys]) =>
        piecesOf(keys).map(async (piece) => {
          const body = { keys: [...piece], axis, buckets, ...(range ? { from: range[0], to: range[1] } : {}) };
          const reply = await host.call('runs.curves', { params: { workspace, run }, body });
          return [run, reply.curves] as const;
        }),
      ),
    );
    if (current.current !== key) return;
    setCurves((old) => {
      const next = new Map(fresh ? [] : old);
      for (const [run, list] of parts) {
        const merged = new Map(next.get(run));
        for (const curve of list) merged.set(curve.key, toCurve(curve));
        next.set(run, merged);
      }
      return next;
    });
  };
  // An error here is already shown by the page that reads the run itself.
  const quietly = (reading: Promise<void>) => reading.catch(() => undefined);

  useEffect(() => {
    moved.current.clear();
    if (query.keys.length > 0) quietly(read(new Map(query.runs.map((run) => [run, query.keys])), true));
  }, [key]);

  const readMoved = useThrottled(() => {
    const wanted = new Map([...moved.current].map(([run, keys]) => [run, [...keys]]));
    moved.current.clear();
    if (wanted.size > 0) quietly(read(wanted, false));
  }, LIVE_MS);

  useReconnected(() => quietly(read(new Map(query.runs.map((run) => [run, query.keys])), false)));

  useTrackerEvent((event) => {
    if (event.type !== 'metrics' || !query.runs.includes(event.run)) return;
    const keys = moved.current.get(event.run) ?? new Set();
    for (const metric of event.metrics) if (query.keys.includes(metric.key)) keys.add(metric.key);
    if (keys.size === 0) return;
    moved.current.set(event.run, keys);
    readMoved();
  });

  return curves;
}

function piecesOf(keys: readonly string[]): (readonly string[])[] {
  const pieces: (readonly string[])[] = [];
  for (let i = 0; i < keys.length; i += PIECE) pieces.push(keys.slice(i, i + PIECE));
  return pieces;
}
