/**
 * Names in a home, and the lines that a tracker and the wrappers of its runs leave there for each other. Apart from the
 * schemas, so that a tracker which starts listens before it has loaded them.
 */

/** Raised when a client of one version could not talk to a tracker of another. */
export const PROTOCOL = 1;

/** Name of the discovery file in a home. */
export const DISCOVERY_FILE = 'tracker.json';

/** Exit status of a tracker that found another one alive in its home: no failure, only too late. */
export const EXIT_ALREADY_RUNNING = 75;
/** Exit status of a tracker that may not start, its reason being on stderr. */
export const EXIT_REFUSED = 78;

export const HOME_FILES = {
  trackerPid: 'tracker.pid',
  reviveSh: 'revive.sh',
  reviveJson: 'revive.json',
  reviveLock: 'revive.lock',
} as const;

/** A `ProcessIdentity`, which this file cannot name without loading its schema. */
interface Identity {
  pid: number;
  start: string;
  boot: string;
}

/** "pid start boot": the start may hold spaces (macOS), the boot id never does and may be missing. */
export function parseTrackerPid(text: string): Identity | undefined {
  const match = /^(\d{1,10}) (\S.*?)(?: ([0-9a-f-]{36}))?\s*$/.exec(text);
  const [, pid, start, boot = ''] = match ?? [];
  return pid === undefined || start === undefined || Number(pid) < 1 ? undefined : { pid: Number(pid), start, boot };
}

export function formatTrackerPid(identity: Readonly<Identity>): string {
  return `${identity.pid} ${identity.start}${identity.boot === '' ? '' : ` ${identity.boot}`}\n`;
}

/** Quotes one word for POSIX sh; any string without NUL survives. */
export function shellQuote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
