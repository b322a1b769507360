import type { Static } from 'typebox';
import type { DoctorFinding } from '../../shared/api/tracker.ts';
import type { TrackerContext } from '../context.ts';

export type Finding = Static<typeof DoctorFinding>;

/** Looks at this machine with the tracker's eyes. */
export async function examine(context: TrackerContext): Promise<Finding[]> {
  return [{ name: 'Tracker', ok: true, found: `${context.version} on Node ${process.version}` }];
}
