import { constants } from 'node:os';
import type { RunEnd, RunState } from '../../../shared/domain/run.ts';
import type { RunConfiguration } from '../../../shared/domain/runConfiguration.ts';
import { type ExitRecord, wasOutOfMemory } from '../../../shared/runDirectory.ts';
import type { FoundExit } from '../follow/runFolder.ts';
import type { Asked } from '../repository/storedRun.ts';

export interface EndingFacts {
  readonly exit: FoundExit | undefined;
  /** Why we ended it, when we did. */
  readonly asked?: Asked | undefined;
  /** The limits of the run, as the configuration writes them. */
  readonly resources?: RunConfiguration['resources'];
  /** The last line that tells of an error, from the log. */
  readonly lastError?: string | undefined;
  /** Bytes, as sampled. */
  readonly peakMemory?: number | undefined;
}

export interface Ending {
  readonly state: RunState;
  readonly end: RunEnd;
}

const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGSEGV: 'segmentation fault',
  SIGBUS: 'bus error',
  SIGABRT: 'aborted',
  SIGFPE: 'arithmetic error',
  SIGILL: 'illegal instruction',
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGINT: 'interrupted',
  SIGHUP: 'hung up',
  SIGXCPU: 'processor time limit',
  SIGXFSZ: 'file size limit',
};

/** The state and the words for how a run ended: what is known, and nothing guessed. */
export function endingOf(facts: EndingFacts): Ending {
  const { exit, asked } = facts;
  const peak = peakOf(facts);
  const memory = peak === undefined ? {} : { peakMemory: peak };
  const codes = exit === undefined ? {} : codesOf(exit);
  // A command that had ended before it was asked to ended by itself, whatever we were about to do.
  const wasCancelled = exit !== undefined && 'record' in exit ? exit.record.canceled : asked !== undefined;
  if (wasCancelled) {
    const reason = asked ?? 'cancelled';
    // Nobody wanted a run to end that came to its limit: it has not done what it was to do.
    const state = reason === 'time-limit' || reason === 'memory-limit' ? 'failed' : 'cancelled';
    return { state, end: { ...codes, reason, message: askedWords(reason, facts, peak), ...memory } };
  }
  if (exit === undefined) {
    const message =
      'The process is gone and nobody recorded how it ended: the machine went down, or the run’s wrapper was killed.';
    return { state: 'unknown', end: { reason: 'lost', message, ...memory } };
  }
  if ('status' in exit) return statusOnly(exit.status, facts.lastError);
  return fromRecord(exit.record, facts, peak);
}

function askedWords(reason: Asked, { resources }: EndingFacts, peak: number | undefined): string {
  switch (reason) {
    case 'cancelled':
      return 'cancelled';
    case 'superseded':
      return 'superseded by a newer run';
    case 'time-limit':
      return `time limit of ${resources?.time ?? '?'} reached`;
    case 'memory-limit':
      return `memory limit of ${resources?.memory ?? '?'} reached${peak === undefined ? '' : ` · ${formatBytes(peak)} in use`}`;
  }
}

function fromRecord(record: ExitRecord, facts: EndingFacts, peak: number | undefined): Ending {
  const codes = codesOf({ record });
  const memory = peak === undefined ? {} : { peakMemory: peak };
  const because = facts.lastError === undefined ? '' : ` · ${facts.lastError}`;
  if (record.reason === 'not-found' || record.reason === 'not-executable' || record.reason === 'no-directory') {
    const message = facts.lastError ?? `could not start: ${record.reason}`;
    return { state: 'failed', end: { ...codes, reason: 'could-not-start', message, ...memory } };
  }
  if (wasOutOfMemory(record)) {
    const used = peak === undefined ? '' : ` at a peak of ${formatBytes(peak)}`;
    const message = `out of memory · the system ended the process${used}`;
    return { state: 'failed', end: { ...codes, reason: 'out-of-memory', message, ...memory } };
  }
  if (record.signal !== null) {
    const name = signalName(record.signal);
    const words = SIGNAL_WORDS[name];
    const message = `${name}${words === undefined ? '' : ` (${words})`}${because}`;
    return { state: 'failed', end: { ...codes, reason: 'signal', message, ...memory } };
  }
  const code = record.code ?? record.status;
  if (code === 0) return { state: 'finished', end: { exitCode: 0, reason: 'exit', message: 'finished', ...memory } };
  return { state: 'failed', end: { ...codes, reason: 'exit', message: `exit ${code}${because}`, ...memory } };
}

/** The disk was full when it ended: the status is known, and that is all. */
function statusOnly(status: number, lastError: string | undefined): Ending {
  const because = lastError === undefined ? '' : ` · ${lastError}`;
  if (status === 0) return { state: 'finished', end: { exitCode: 0, reason: 'exit', message: 'finished' } };
  const signal = status > 128 ? signalByNumber(status - 128) : undefined;
  if (signal !== undefined) {
    return { state: 'failed', end: { signal, reason: 'signal', message: `${signal}${because}` } };
  }
  return { state: 'failed', end: { exitCode: status, reason: 'exit', message: `exit ${status}${because}` } };
}

function codesOf(exit: FoundExit): Pick<RunEnd, 'exitCode' | 'signal'> {
  if ('status' in exit) return { exitCode: exit.status };
  const { signal, code } = exit.record;
  if (signal !== null) return { signal: signalName(signal) };
  return code === null ? {} : { exitCode: code };
}

function peakOf({ exit, peakMemory }: EndingFacts): number | undefined {
  const recorded =
    exit !== undefined && 'record' in exit && exit.record.peakKb !== null ? exit.record.peakKb * 1024 : 0;
  const peak = Math.max(recorded, peakMemory ?? 0);
  return peak > 0 ? peak : undefined;
}

function signalName(name: string): string {
  return /^\d+$/.test(name) ? (signalByNumber(Number(name)) ?? `signal ${name}`) : `SIG${name}`;
}

function signalByNumber(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

function formatBytes(bytes: number): string {
  const gib = bytes / 1024 ** 3;
  return gib >= 1 ? `${gib.toFixed(1)} GB` : `${Math.round(bytes / 1024 ** 2)} MB`;
}
