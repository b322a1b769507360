import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface GpuSample {
  /** Unix time at which the line was read, milliseconds. */
  timeMs: number;
  index: number;
  name: string;
  /** Percent; whatever a card does not report is absent. */
  utilization?: number;
  memoryUsedBytes?: number;
  memoryTotalBytes?: number;
  powerWatts?: number;
  temperatureCelsius?: number;
}

const FIELDS = 'index,utilization.gpu,memory.used,memory.total,power.draw,temperature.gpu,name';
const MIB = 1024 * 1024;

/** One process for as long as anybody looks: starting nvidia-smi anew for each sample costs up to a second. */
export function describeGpuQuery(everyMs: number): { file: string; args: string[] } {
  const args = [`--query-gpu=${FIELDS}`, '--format=csv,noheader,nounits', `-lms=${everyMs}`];
  return { file: 'nvidia-smi', args };
}

/** "0, 37, 1024, 81559, 120.5, 41, NVIDIA H100"; the name comes last because it alone may hold a comma. */
export function parseGpuLine(line: string, timeMs: number): GpuSample | undefined {
  const [index, utilization, used, total, power, temperature, ...name] = line.split(', ');
  if (index === undefined || !/^\d+$/.test(index) || name.length === 0) return undefined;
  const sample: GpuSample = { timeMs, index: Number(index), name: name.join(', ').trim() };
  const number = (text: string | undefined) => (/^\d+(\.\d+)?$/.test(text ?? '') ? Number(text) : undefined);
  const values = {
    utilization: number(utilization),
    memoryUsedBytes: scale(number(used)),
    memoryTotalBytes: scale(number(total)),
    powerWatts: number(power),
    temperatureCelsius: number(temperature),
  };
  // "[N/A]", "[Not Supported]" and "[Unknown Error]" are not numbers, and so not there.
  return Object.assign(sample, Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)));
}

function scale(mebibytes: number | undefined): number | undefined {
  return mebibytes === undefined ? undefined : mebibytes * MIB;
}

/**
 * Follows the GPUs until stopped. Where there is no nvidia-smi nothing ever comes; where it ends by itself (a driver
 * that is being replaced) it is started again after a minute.
 */
export function startGpuSampling(
  onSample: (sample: GpuSample) => void,
  described = describeGpuQuery(2000),
): { stop(): void } {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const begin = (): void => {
    const started = spawn(described.file, described.args, { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
    child = started;
    let missing = false;
    started.on('error', () => {
      missing = true;
    });
    started.on('close', () => {
      if (!stopped && !missing) timer = setTimeout(begin, 60_000).unref();
    });
    createInterface({ input: started.stdout }).on('line', (line) => {
      const sample = parseGpuLine(line, Date.now());
      if (sample !== undefined && !stopped) onSample(sample);
    });
  };
  begin();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      child?.kill();
    },
  };
}
