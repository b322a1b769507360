import type { Progress } from './domain/run.ts';

/** The part of a metric's summary that tells how far a run is. */
interface Logged {
  readonly key: string;
  readonly lastStep: number;
  readonly count: number;
}

/** How many epochs or steps a run is to make, as its parameters say under their usual names. */
export function goalsOf(params: Readonly<Record<string, string>>): Pick<Progress, 'name' | 'total'>[] {
  const epochs = Number(params.epochs ?? params.num_epochs ?? params.max_epochs);
  const steps = Number(params.max_steps ?? params.steps);
  return [
    ...(Number.isInteger(epochs) && epochs > 0 ? [{ name: 'epoch' as const, total: epochs }] : []),
    ...(Number.isInteger(steps) && steps > 0 ? [{ name: 'step' as const, total: steps }] : []),
  ];
}

/** The greatest step that was logged; undefined before the first. Whoever counts from 0 has done one more than it says. */
export function stepsDone(metrics: readonly Logged[]): number | undefined {
  const own = metrics.filter(({ key }) => !key.startsWith('system/'));
  if (own.length === 0) return undefined;
  return Math.max(...own.map(({ lastStep, count }) => (count === lastStep + 1 ? count : lastStep)));
}

/** How far a run is: in epochs or steps of those that its parameters name, else in steps alone. */
export function progressOf(params: Readonly<Record<string, string>>, metrics: readonly Logged[]): Progress | undefined {
  const done = stepsDone(metrics);
  if (done === undefined) return undefined;
  // More steps than epochs: then the steps are no epochs.
  const goal = goalsOf(params).find(({ total }) => done <= (total ?? 0));
  return { name: goal?.name ?? 'step', done, ...(goal?.total === undefined ? {} : { total: goal.total }) };
}
