import { spawn } from 'node:child_process';
import type { BuildStep } from './buildSteps.ts';

export interface StepOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

const KEPT_LINES = 40;
const GRACE_MS = 3000;

export interface StepResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastLines: string[];
}

/** Runs one command to its end, line by line. An abort ends it and everything that it has started. */
export async function runStep(step: BuildStep, options: StepOptions): Promise<StepResult> {
  options.signal.throwIfAborted();
  const child = spawn(step.file, [...step.args], {
    cwd: step.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const lastLines: string[] = [];
  const onLine = (line: string): void => {
    lastLines.push(line);
    if (lastLines.length > KEPT_LINES) lastLines.shift();
    options.onLine(line);
  };
  child.stdout.setEncoding('utf8').on('data', lineSplitter(onLine));
  child.stderr.setEncoding('utf8').on('data', lineSplitter(onLine));
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    signalGroup(child.pid, 'SIGTERM');
    killing = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS);
  };
  options.signal.addEventListener('abort', end, { once: true });
  try {
    const result = await new Promise<Omit<StepResult, 'lastLines'>>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    options.signal.throwIfAborted();
    return { ...result, lastLines };
  } finally {
    clearTimeout(killing);
    options.signal.removeEventListener('abort', end);
  }
}

function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = (lines.pop() ?? '').slice(-10_000);
    for (const line of lines) if (line.trim() !== '') onLine(line);
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended already.
  }
}
