import path from 'node:path';
import { pythonFolder } from '../../../shared/programFiles.ts';
import { RUN_ENV } from '../../../shared/runDirectory.ts';
import { describeRunVariables, scrubEnvironment } from '../wrapper/launch.ts';

/**
 * Variables that say how a result came about and hold no secrets: only these are written into the record of a run.
 * Everything else reaches the run through its private file and is forgotten.
 */
const RECORDED =
  /^(?:PATH|VIRTUAL_ENV|CONDA_DEFAULT_ENV|CONDA_PREFIX|PYENV_VERSION|PYTHON(?:PATH|HASHSEED|OPTIMIZE|UNBUFFERED|HOME)|R_LIBS(?:_USER)?|JULIA_(?:PROJECT|NUM_THREADS)|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|LANG|LC_ALL|TZ|CUDA_(?:VISIBLE_DEVICES|HOME|LAUNCH_BLOCKING|DEVICE_ORDER)|CUBLAS_WORKSPACE_CONFIG|HIP_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|NVIDIA_VISIBLE_DEVICES|PYTORCH_(?:CUDA_ALLOC_CONF|ENABLE_MPS_FALLBACK)|TF_(?:DETERMINISTIC_OPS|CPP_MIN_LOG_LEVEL|FORCE_GPU_ALLOW_GROWTH|XLA_FLAGS)|XLA_FLAGS|(?:OMP|MKL|OPENBLAS|NUMEXPR|VECLIB_MAXIMUM|RAYON|TBB)_NUM_THREADS|TOKENIZERS_PARALLELISM|NCCL_DEBUG|WORLD_SIZE|RANK|LOCAL_RANK|MASTER_ADDR|MASTER_PORT|SLURM_JOB_ID|SLURM_CPUS_PER_TASK|HF_HOME|TORCH_HOME|TRAINYARD_(?:WORKSPACE|OUTPUTS|RUN_ID))$/;
/** What a name must not contain, whatever list it is on: these words mean secrets. */
const SECRET = /TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE|AUTH|COOKIE|SESSION/i;

export interface VariablesRequest {
  readonly run: string;
  readonly workspace: string;
  readonly runDirectory: string;
  readonly home: string;
  /** `http://127.0.0.1:PORT` of the tracker. */
  readonly address: string;
  readonly token: string;
  readonly helperFolder: string;
  /** The submitter's environment. */
  readonly submitted: Readonly<Record<string, string>>;
  /** `env` of the run configuration. */
  readonly configured: Readonly<Record<string, string>>;
  /** Processor cores that the configuration asks for. */
  readonly cpus?: number | undefined;
  /** Folder of the virtual environment that runs the script, where there is one. */
  readonly virtualEnvironment?: string | undefined;
}

/** The whole environment of a run: the submitter's, the configuration's, then what tells the run about itself. */
export function runVariables(request: VariablesRequest, platform = process.platform): Record<string, string> {
  const merged: Record<string, string> = {
    ...threadVariables(request.cpus),
    ...scrubEnvironment(request.submitted),
    ...request.configured,
  };
  if (request.virtualEnvironment !== undefined) activate(merged, request.virtualEnvironment, platform);
  const own = describeRunVariables(request.run, request.runDirectory, request.helperFolder);
  const pythonPath = [request.helperFolder, merged.PYTHONPATH].filter(Boolean).join(path.delimiter);
  return {
    ...merged,
    ...own,
    PYTHONPATH: pythonPath,
    [RUN_ENV.home]: request.home,
    [RUN_ENV.workspace]: request.workspace,
    // MLflow's own variables stay the person's: the tracker does not speak its protocol yet, and a script that logs to
    // a server of theirs must go on doing so.
    [RUN_ENV.address]: request.address,
    [RUN_ENV.token]: request.token,
  };
}

/** How numerical libraries are told how many threads to start; what the person has set themselves wins. */
function threadVariables(cpus: number | undefined): Record<string, string> {
  if (cpus === undefined) return {};
  const names = ['OMP', 'MKL', 'OPENBLAS', 'NUMEXPR', 'VECLIB_MAXIMUM', 'RAYON', 'JULIA'];
  return Object.fromEntries(names.map((name) => [`${name}_NUM_THREADS`, String(Math.max(1, Math.round(cpus)))]));
}

/** As `bin/activate` does it, so that programs that the script starts by name are the environment's. */
function activate(variables: Record<string, string>, environment: string, platform: NodeJS.Platform): void {
  const programs = path.join(environment, platform === 'win32' ? 'Scripts' : 'bin');
  variables.VIRTUAL_ENV = environment;
  variables.PATH = [programs, variables.PATH].filter(Boolean).join(path.delimiter);
  delete variables.PYTHONHOME;
}

export function isSecretVariable(name: string): boolean {
  return SECRET.test(name);
}

/** The part of an environment that the record of a run may show. */
export function recordedVariables(
  variables: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(variables).filter(
    ([name]) => !SECRET.test(name) && (RECORDED.test(name) || name in configured),
  );
  return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * What the record of a run shows of its submitter's environment: without what `runVariables` put on top of it, so that a
 * retry finds the interpreter by the same rules.
 */
export function submittedAgain(recorded: Readonly<Record<string, string>>): Record<string, string> {
  const again = Object.fromEntries(Object.entries(recorded).filter(([name]) => !name.startsWith('TRAINYARD_')));
  const without = (list: string | undefined, folder: string): string[] => {
    const parts = (list ?? '').split(path.delimiter).filter(Boolean);
    return parts[0] === folder ? parts.slice(1) : parts;
  };
  const python = without(again.PYTHONPATH, pythonFolder());
  delete again.PYTHONPATH;
  if (python.length > 0) again.PYTHONPATH = python.join(path.delimiter);
  const { VIRTUAL_ENV: environment } = again;
  if (environment !== undefined) {
    const programs = path.join(environment, process.platform === 'win32' ? 'Scripts' : 'bin');
    const folders = without(again.PATH, programs);
    again.PATH = folders.join(path.delimiter);
    // Still there: the submitter had activated it, before the run did so once more.
    if (!folders.includes(programs)) delete again.VIRTUAL_ENV;
  }
  return again;
}

/** For a submit without variables: those of the tracker itself, which a login shell or the editor gave it. */
export function ownVariables(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TRAINYARD_'));
  return Object.fromEntries(own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
