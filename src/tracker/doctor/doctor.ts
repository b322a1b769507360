import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Static } from 'typebox';
import type { DoctorFinding } from '../../shared/api/tracker.ts';
import { formatBytes } from '../../shared/format.ts';
import type { TrackerContext } from '../context.ts';
import { filesystemOf } from '../lifecycle/filesystem.ts';
import { isWritable } from '../store/readOnly.ts';

const run = promisify(execFile);

export type Finding = Static<typeof DoctorFinding>;

/** Free space below which a person should be warned. */
const LITTLE_SPACE = 2e9;

/** Looks at this machine with the tracker's eyes. */
export async function examine(context: TrackerContext): Promise<Finding[]> {
  const tracker = { name: 'Tracker', ok: true, found: `${context.version} at ${context.address()}` };
  const readOnly = context.workspaces.list().flatMap(({ name, readOnly }): Finding[] => {
    return readOnly === undefined ? [] : [{ name: `Workspace ${name}`, ok: false, found: `read-only: ${readOnly}` }];
  });
  return [tracker, ...(await examineMachine(context.home.root)), ...readOnly];
}

/** What can be seen without a tracker. Missing things that only some people need are not failures. */
export async function examineMachine(home: string): Promise<Finding[]> {
  const independent = [examinePython(), examineGit(), examineDocker(), examineGpu()];
  return [examineNode(), ...examineHome(home), ...(await Promise.all(independent)), examineOnnx()];
}

function examineNode(): Finding {
  const major = Number(process.versions.node.split('.')[0]);
  const finding = { name: 'Node', ok: major >= 22, found: `${process.version} (${process.execPath})` };
  return finding.ok ? finding : { ...finding, hint: 'The database needs Node 22 or newer.' };
}

function examineHome(home: string): Finding[] {
  if (!fs.existsSync(home)) return [{ name: 'Home', ok: true, found: `${home}, not made yet` }];
  const { remote, free } = filesystemOf(home);
  const findings: Finding[] = [];
  if (remote !== undefined) {
    const hint = 'A database is not safe there. Set TRAINYARD_HOME to a folder on a local disk.';
    findings.push({ name: 'Home', ok: false, found: `${home}, on a network file system (${remote})`, hint });
  } else if (!isWritable(home)) {
    findings.push({ name: 'Home', ok: false, found: `${home}, not writable`, hint: 'Make it writable for you.' });
  } else findings.push({ name: 'Home', ok: true, found: home });
  const hint = free < LITTLE_SPACE ? { hint: 'Free some space: snapshots, outputs and images need it.' } : {};
  findings.push({ name: 'Disk', ok: free >= LITTLE_SPACE, found: `${formatBytes(free)} free`, ...hint });
  return findings;
}

async function examinePython(): Promise<Finding> {
  const names = process.platform === 'win32' ? ['py', 'python'] : ['python3', 'python'];
  for (const name of names) {
    const found = await firstLine(name, ['-c', 'import sys; print(sys.version.split()[0], sys.executable)']);
    if (found === undefined) continue;
    const hasVenv = (await firstLine(name, ['-c', 'import ensurepip, venv; print(1)'])) !== undefined;
    const hint = 'It has no venv module, so environments cannot be built. On Debian: apt install python3-venv.';
    return { name: 'Python', ok: hasVenv, found, ...(hasVenv ? {} : { hint }) };
  }
  const hint =
    'Python trainings need it. Install Python 3.9 or newer, or name an interpreter in the run configuration.';
  return { name: 'Python', ok: false, found: 'not found', hint };
}

async function examineGit(): Promise<Finding> {
  const found = await firstLine('git', ['--version']);
  if (found !== undefined) return { name: 'Git', ok: true, found };
  const hint = 'Without it runs do not record commit and changes.';
  return { name: 'Git', ok: true, found: 'not found', hint };
}

async function examineDocker(): Promise<Finding> {
  const socket = dockerSocket();
  if (socket === undefined) return { name: 'Docker', ok: true, found: `DOCKER_HOST=${process.env.DOCKER_HOST}` };
  const error = await tryConnect(socket);
  if (error === undefined) return { name: 'Docker', ok: true, found: `engine at ${socket}` };
  const hint =
    error === 'EACCES'
      ? 'The engine is there but you may not use it: add yourself to the group docker and log in again.'
      : 'Models are deployed as a local process instead. Install and start Docker to build images.';
  return { name: 'Docker', ok: error !== 'EACCES', found: error === 'EACCES' ? 'forbidden' : 'not found', hint };
}

/** Undefined when the engine is reached by other means than a socket of this machine. */
function dockerSocket(): string | undefined {
  const host = process.env.DOCKER_HOST;
  if (host === undefined || host === '') {
    return process.platform === 'win32' ? '\\\\.\\pipe\\docker_engine' : '/var/run/docker.sock';
  }
  return /^(?:unix|npipe):\/\/(.+)$/.exec(host)?.[1];
}

function tryConnect(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const connection = net.connect({ path: socket, timeout: 2000 });
    const done = (result: string | undefined) => {
      connection.destroy();
      resolve(result);
    };
    connection.once('connect', () => done(undefined));
    connection.once('timeout', () => done('ETIMEDOUT'));
    connection.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
  });
}

async function examineGpu(): Promise<Finding> {
  const found = await firstLine('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader']);
  return { name: 'GPU', ok: true, found: found ?? 'no NVIDIA GPU found' };
}

/** Without loading it: that would stay in the tracker's memory. */
function examineOnnx(): Finding {
  const name = 'ONNX Runtime';
  try {
    const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    const { version } = JSON.parse(fs.readFileSync(manifest, 'utf8')) as { version: string };
    const binaries = path.join(path.dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch);
    if (fs.existsSync(binaries)) return { name, ok: true, found: version };
  } catch {
    // Said below: not there.
  }
  const hint = 'Models can be registered but not inspected, tried or deployed on this machine.';
  return { name, ok: false, found: `no binary for ${process.platform}-${process.arch}`, hint };
}

/** First line that a program prints; undefined when it is not there or fails. */
async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run(program, args, { timeout: 5000, windowsHide: true });
    return stdout.split('\n')[0]?.trim();
  } catch {
    return undefined;
  }
}
