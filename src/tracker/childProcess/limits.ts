import { existsSync } from 'node:fs';

/** What a child may use; beyond it the system refuses or ends it. */
export interface Limits {
  /** Bytes that it may write to in memory, native code included. Kept by Linux only. */
  readonly memory?: number | undefined;
  /** Megabytes of JavaScript heap; kept everywhere. */
  readonly heapMegabytes?: number | undefined;
  /** Seconds of processor time. Kept by Linux only. */
  readonly cpuSeconds?: number | undefined;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

const PRLIMIT = '/usr/bin/prlimit';

/**
 * Node with a program, under limits. RLIMIT_DATA is what is limited, not the address space: V8 reserves many gigabytes
 * of addresses that it never writes to. `prlimit` replaces itself by the program, so the pid is the program's own.
 */
export function limitedNode(
  program: string,
  args: readonly string[],
  limits: Limits,
  platform: NodeJS.Platform = process.platform,
  hasPrlimit: boolean = existsSync(PRLIMIT),
): Command {
  const heap = limits.heapMegabytes === undefined ? [] : [`--max-old-space-size=${Math.ceil(limits.heapMegabytes)}`];
  const node = [...heap, program, ...args];
  if (platform !== 'linux' || !hasPrlimit) return { file: process.execPath, args: node };
  const rules = [
    '--core=0',
    ...(limits.memory === undefined ? [] : [`--data=${Math.ceil(limits.memory)}`]),
    ...(limits.cpuSeconds === undefined ? [] : [`--cpu=${Math.ceil(limits.cpuSeconds)}`]),
  ];
  return { file: PRLIMIT, args: [...rules, process.execPath, ...node] };
}

/** What any program needs to run here. A child of ours gets this and nothing else: no tokens, no person's secrets. */
const NEEDED =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|LANG|LC_ALL|TZ|SYSTEMROOT|WINDIR|COMSPEC|TEMP|TMP|USERPROFILE|APPDATA|LOCALAPPDATA|ELECTRON_RUN_AS_NODE|LD_LIBRARY_PATH)$/i;

export function neededEnvironment(env: Readonly<NodeJS.ProcessEnv> = process.env): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = { ORT_DISABLE_TELEMETRY: '1' };
  for (const [name, value] of Object.entries(env)) if (NEEDED.test(name)) kept[name] = value;
  // The tracker may have been started by the editor's Electron acting as Node; its children must be that too.
  if (process.versions.electron !== undefined) kept.ELECTRON_RUN_AS_NODE = '1';
  return kept;
}
