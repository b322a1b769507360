import { type ChildProcess, spawn } from 'node:child_process';
import { Problem } from '../../shared/api/error.ts';
import { type Program, programFile } from '../../shared/programFiles.ts';
import { type Limits, limitedNode, neededEnvironment } from './limits.ts';
import type { FromChild, ToChild } from './messages.ts';

export interface ChildOptions {
  readonly program: Program;
  readonly limits?: Limits;
  /** Added to the few variables that every child gets. */
  readonly env?: NodeJS.ProcessEnv;
  onEvent?(event: unknown): void;
  /** Called once, however it ended. */
  onExit?(): void;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  onNotice?(value: unknown): void;
}

/** The child ended, or was ended, before it answered. */
export class ChildDied extends Error {
  readonly signal: NodeJS.Signals | null;
  readonly exitCode: number | null;
  /** Its last words on stderr, a few lines. */
  readonly lastWords: string;
  readonly timedOut: boolean;

  constructor(how: { signal: NodeJS.Signals | null; exitCode: number | null; lastWords: string; timedOut: boolean }) {
    super(how.timedOut ? 'The child took too long.' : `The child ended (${how.signal ?? how.exitCode}).`);
    this.signal = how.signal;
    this.exitCode = how.exitCode;
    this.lastWords = how.lastWords;
    this.timedOut = how.timedOut;
  }

  /** True when everything points at the memory limit, by the words that V8, libstdc++ and the kernel use. */
  get outOfMemory(): boolean {
    return this.signal === 'SIGKILL' || /out of memory|bad_alloc|Cannot allocate|heap limit/i.test(this.lastWords);
  }
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onNotice(value: unknown): void;
}

const LAST_WORDS = 4096;

/** A program of `children/`, started at once; the tracker's side of the conversation. */
export class Child {
  readonly #process: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #next = 1;
  #lastWords = '';
  #timedOut = false;
  #ended = false;

  constructor(options: ChildOptions) {
    const { file, args } = limitedNode(programFile(options.program), [], options.limits ?? {});
    this.#process = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: { ...neededEnvironment(), ...options.env },
      windowsHide: true,
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + String(chunk)).slice(-LAST_WORDS);
    });
    this.#process.on('message', (message: FromChild) => this.#hear(message, options));
    // A child that could not be started gives 'error' and no 'exit'; 'close' comes after stderr is read to its end.
    this.#process.once('error', (error) => {
      this.#lastWords += error.message;
      this.#end(null, null, options);
    });
    this.#process.once('close', (code, signal) => this.#end(code, signal, options));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** @throws Problem of the child's, or ChildDied; after a timeout the child is no more. */
  call<T>(method: string, argument: unknown, options: CallOptions = {}): Promise<T> {
    const id = this.#next++;
    if (this.#ended) return Promise.reject(this.#died(null, null));
    const { signal, timeoutMs } = options;
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#timeOut(), timeoutMs);
    const cancel = () => this.#send({ type: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    const result = new Promise<T>((resolve, reject) => {
      const onNotice = (value: unknown) => options.onNotice?.(value);
      this.#pending.set(id, { resolve: (value) => resolve(value as T), reject, onNotice });
    });
    this.#send({ type: 'call', id, method, argument });
    if (signal?.aborted) cancel();
    return result.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #timeOut(): void {
    this.#timedOut = true;
    this.kill();
  }

  #send(message: ToChild): void {
    // A failure to send is the child's end, which 'close' reports.
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  #hear(message: FromChild, options: ChildOptions): void {
    if (message.type === 'event') {
      options.onEvent?.(message.value);
      return;
    }
    const pending = this.#pending.get(message.id);
    if (message.type === 'notice') {
      pending?.onNotice(message.value);
      return;
    }
    this.#pending.delete(message.id);
    if (message.type === 'result') {
      pending?.resolve(message.value);
    } else {
      const { code, message: text, hint, details } = message.problem;
      pending?.reject(new Problem(code, text, { hint, details }));
    }
  }

  #end(code: number | null, signal: NodeJS.Signals | null, options: ChildOptions): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const pending of this.#pending.values()) pending.reject(this.#died(code, signal));
    this.#pending.clear();
    options.onExit?.();
  }

  #died(exitCode: number | null, signal: NodeJS.Signals | null): ChildDied {
    return new ChildDied({ signal, exitCode, lastWords: this.#lastWords.trim(), timedOut: this.#timedOut });
  }
}
