import { randomInt } from 'node:crypto';
import { Problem } from '../../shared/api/error.ts';

/** Below the range that systems take for outgoing connections (32768 on Linux, 49152 elsewhere), above common servers. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const ATTEMPTS = 30;

/**
 * Starts a service on a port: the given one, or any that is free. Taking the port is the only check, so nobody can
 * come between; a port that is chosen here is tried until one is free, a given one fails plainly.
 *
 * @param reserved ports of other deployments, also of those that are stopped
 * @returns the port that was taken
 * @throws Problem `port-in-use`
 */
export async function startOnPort(
  given: number | undefined,
  reserved: ReadonlySet<number>,
  start: (port: number) => Promise<void>,
): Promise<number> {
  if (given !== undefined) {
    await start(given);
    return given;
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (reserved.has(port)) continue;
    try {
      await start(port);
      return port;
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'port-in-use')) throw error;
    }
  }
  throw new Problem('port-in-use', `No free port was found between ${LOWEST} and ${HIGHEST}.`, {
    hint: 'Name a port that is free.',
  });
}
