import pino from 'pino';

export type Logger = pino.Logger;

/**
 * The tracker's structured log: one JSON object a line, appended synchronously so that the last line before a crash is
 * there. Secrets never reach it by name.
 */
export function createLogger(file: string | undefined): Logger {
  const options: pino.LoggerOptions = {
    level: process.env.TRAINYARD_LOG_LEVEL ?? 'info',
    redact: ['token', '*.token', 'authorization', '*.authorization', 'variables', '*.variables'],
    base: { pid: process.pid },
  };
  return pino(options, pino.destination({ dest: file ?? 2, sync: true, append: true, mkdir: true }));
}
