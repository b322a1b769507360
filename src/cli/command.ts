import type { TrackerClient } from '../client/trackerClient.ts';
import type { Output } from './output.ts';

/** An option of a command, as `--help` shows it and `util.parseArgs` takes it. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help, such as `NAME`. */
  readonly value?: string;
  readonly help: string;
}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Command {
  /** One word or two: `runs`, `run show`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments as the help shows them: `ID [KEY]`. */
  readonly usage?: string;
  /** More about it, below the options. */
  readonly help?: string;
  /** How many positional arguments it takes. */
  readonly positionals?: readonly [least: number, most: number];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** @returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** One call of a command: what was typed, and what it may use. */
export interface Invocation {
  readonly positionals: readonly string[];
  readonly options: Options;
  readonly out: Output;
  readonly home: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Aborted at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Finds the tracker, or starts it. Cached. */
  client(): Promise<TrackerClient>;
  /**
   * Id of the workspace that was asked for by id or name; else the one that the folder belongs to, the current one
   * unless given. @throws Problem when there is none of that name
   */
  workspace(folder?: string): Promise<string>;
}

/** Typed access to option values. */
export class Options {
  readonly #values: OptionValues;

  constructor(values: OptionValues) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  list(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
  }

  /** @throws UsageError when it is not an integer of at least `least`. */
  integer(name: string, least = 0): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new UsageError(`--${name} takes a whole number of at least ${least}, not ${text}.`);
    }
    return value;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (text.trim() === '' || !Number.isFinite(Number(text))) {
      throw new UsageError(`--${name} takes a number, not ${text}.`);
    }
    return Number(text);
  }
}

/** The command line itself is wrong; exit code 2. */
export class UsageError extends Error {}

/** What exit codes mean; the help lists them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  refused: 5,
  interrupted: 130,
} as const;

export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'it failed: the run that was followed (then its own code where it has one), or the tracker'],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.notFound, 'what was named does not exist'],
  [EXIT.unreachable, 'no tracker could be reached or started'],
  [EXIT.refused, 'the tracker refused: invalid, in use, in conflict, read-only, no space'],
  [EXIT.interrupted, 'interrupted; what was started goes on'],
];
