import fs from 'node:fs';
import path from 'node:path';
import type { Discovery } from '../../shared/discovery.ts';
import { formatTrackerPid, HOME_FILES, shellQuote } from '../../shared/homeFiles.ts';
import type { ProcessIdentity } from '../../shared/runDirectory.ts';
import type { Home } from './home.ts';
import { readOptional, writePrivateFile } from './privateFile.ts';

/** Announces this tracker to its clients, and to the wrappers of living runs, which bring it back if it dies. */
export function announce(home: Home, discovery: Discovery): void {
  writePrivateFile(home.discoveryFile, `${JSON.stringify(discovery)}\n`, { durable: false });
  announceToWrappers(home, discovery.process);
}

/** Takes the announcement back, unless it is somebody else's by now. */
export function withdraw(home: Home): void {
  fs.rmSync(path.join(home.root, HOME_FILES.trackerPid), { force: true });
  if (announcedPid(home) === process.pid) fs.rmSync(home.discoveryFile, { force: true });
}

export function announcedPid(home: Home): number | undefined {
  try {
    return (JSON.parse(readOptional(home.discoveryFile) ?? '') as { pid?: number }).pid;
  } catch {
    return undefined;
  }
}

function announceToWrappers(home: Home, identity: ProcessIdentity): void {
  writePrivateFile(path.join(home.root, HOME_FILES.trackerPid), formatTrackerPid(identity), { durable: false });
}

/** How a wrapper starts this very program again: `revive.sh`, and `revive.json` where there is no shell. */
export function writeRevival(home: Home): void {
  const argv = [process.execPath, ...process.execArgv, process.argv[1] ?? '', '--home', home.root];
  const env: Record<string, string> = { ELECTRON_RUN_AS_NODE: '1' };
  for (const name of ['PATH', 'HOME', 'NODE_COMPILE_CACHE', 'TRAINYARD_IDLE_SECONDS']) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuote(value)}\n`);
  const log = shellQuote(path.join(home.logs, 'tracker.out'));
  writePrivateFile(
    path.join(home.root, HOME_FILES.reviveSh),
    `${exports.join('')}exec ${argv.map(shellQuote).join(' ')} </dev/null >>${log} 2>&1\n`,
    { mode: 0o700, durable: false },
  );
  writePrivateFile(path.join(home.root, HOME_FILES.reviveJson), `${JSON.stringify({ argv, env })}\n`, {
    durable: false,
  });
}
