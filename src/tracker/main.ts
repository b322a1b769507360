import { Problem } from '../shared/api/problem.ts';
import { EXIT_ALREADY_RUNNING, EXIT_REFUSED } from '../shared/homeFiles.ts';
import { parseTrackerArguments } from './lifecycle/arguments.ts';
import { runTracker } from './lifecycle/tracker.ts';

/** The parts, and the schemas of all that they exchange, are loaded once the tracker listens. */
const load = async () => (await import('./compose.ts')).compose;

runTracker(parseTrackerArguments(process.argv.slice(2), process.env), load).catch((error: unknown) => {
  if (error instanceof Problem) {
    process.stderr.write(`${error.message}${error.hint === undefined ? '' : ` ${error.hint}`}\n`);
    process.exit(error.code === 'already-running' ? EXIT_ALREADY_RUNNING : EXIT_REFUSED);
  }
  process.stderr.write(`The tracker could not start: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
