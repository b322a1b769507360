// The program of a service: node server.cjs SERVICE.json. In an image it is the only process; without Docker it runs
// beside the tracker, detached from it.
import fs from 'node:fs';
import { createAccessLog } from './accessLog.ts';
import { loadOnnxModel } from './onnxModel.ts';
import { runtimeReason } from './runtimeReason.ts';
import { ScoringService } from './scoringService.ts';
import { EXIT_CODES, readServiceFile, type ServiceFile, type ServiceState } from './serviceFile.ts';

const DRAIN_LIMIT_MS = 10_000;
const SIGN_OF_LIFE_MS = 2000;
const FOLDER_LOOK_MS = 5000;

main(process.argv[2] ?? '/app/service.json').catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});

async function main(file: string): Promise<void> {
  const settings = readServiceFile(file);
  const log = createAccessLog({ file: settings.logFile });
  const service = new ScoringService({
    model: settings.model,
    version: settings.version,
    program: settings.program,
    maxBody: settings.maxBody ?? 32 * 1024 * 1024,
    // A key comes from the environment, so that it is in no file of the image.
    key: process.env.TRAINYARD_SERVICE_KEY || undefined,
    log,
  });
  const port = await listen(service, settings);
  report(settings, { pid: process.pid, state: 'loading', port });
  try {
    const model = await loadOnnxModel(settings.file, { threads: settings.threads });
    log.write({ t: Date.now(), event: 'ready', model: settings.model, version: settings.version, port });
    log.flush();
    service.open(model);
  } catch (error) {
    fail(settings, 'model', `The model cannot be loaded: ${runtimeReason(error)}`);
  }
  report(settings, { pid: process.pid, state: 'ready', port });
  const signs = settings.healthFile ? giveSigns(settings.healthFile, service) : undefined;
  let leaving = false;
  const leave = (why: string): void => {
    if (leaving) return;
    leaving = true;
    clearInterval(signs);
    log.write({ t: Date.now(), event: 'stopping', why });
    report(settings, { pid: process.pid, state: 'draining', port });
    void service.drain(DRAIN_LIMIT_MS).then(() => process.exit(0));
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => leave(signal));
  }
  if (settings.stateFile !== undefined) endWithFolder(file, () => leave('its folder is gone'));
}

/** A detached process has nobody but its folder: when that was deleted with its home, it must not serve for ever. */
function endWithFolder(file: string, leave: () => void): void {
  setInterval(() => {
    if (!fs.existsSync(file)) leave();
  }, FOLDER_LOOK_MS).unref();
}

async function listen(service: ScoringService, settings: ServiceFile): Promise<number> {
  try {
    return await service.listen(settings.host, settings.port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES') {
      fail(settings, 'port-in-use', `Port ${settings.port} of ${settings.host} cannot be had: ${code}.`);
    }
    throw error;
  }
}

function fail(settings: ServiceFile, problem: 'port-in-use' | 'model', message: string): never {
  process.stderr.write(`${message}\n`);
  report(settings, { pid: process.pid, state: 'failed', problem, message });
  process.exit(problem === 'model' ? EXIT_CODES.model : EXIT_CODES.portInUse);
}

function report(settings: ServiceFile, state: ServiceState): void {
  if (settings.stateFile === undefined) return;
  const temporary = `${settings.stateFile}.tmp`;
  try {
    fs.writeFileSync(temporary, JSON.stringify(state));
    fs.renameSync(temporary, settings.stateFile);
  } catch {
    // The folder is gone or full; the service is no worse for it.
  }
}

/**
 * Writes seconds since boot and the state, which `health.sh` compares with the clock. An event loop that hangs writes
 * nothing, so this says as much as a request would, without starting a program that can make one.
 */
function giveSigns(file: string, service: ScoringService): NodeJS.Timeout {
  const give = (): void => {
    const uptime = fs.readFileSync('/proc/uptime', 'latin1').split('.')[0];
    fs.writeFileSync(file, `${uptime} ${service.ready ? 'ready' : 'waiting'}\n`);
  };
  give();
  return setInterval(give, SIGN_OF_LIFE_MS);
}
