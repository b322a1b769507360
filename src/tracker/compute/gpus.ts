import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Gpu {
  readonly name: string;
  /** Bytes. */
  readonly memory: number;
}

let known: Promise<Gpu[]> | undefined;

/** NVIDIA's GPUs of this machine, as its own tool tells. They do not come and go, so it is asked once. */
export function findGpus(): Promise<Gpu[]> {
  known ??= run('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits'], {
    timeout: 10_000,
  }).then(
    ({ stdout }) => parseGpus(stdout),
    () => [],
  );
  return known;
}

/** Lines such as `NVIDIA H100 80GB HBM3, 81559`; the memory is in MiB. */
export function parseGpus(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(.+),\s*(\d+)\s*$/.exec(line.trim());
    return match?.[1] === undefined ? [] : [{ name: match[1], memory: Number(match[2]) * 1024 * 1024 }];
  });
}
