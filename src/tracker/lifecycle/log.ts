import fs from 'node:fs';
import pino from 'pino';

export type Logger = pino.Logger;

/** A longer log is put aside when a tracker starts; the one before that goes. */
const MOST_BYTES = 16 * 1024 * 1024;

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
  if (file !== undefined && (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) {
    fs.renameSync(file, `${file}.old`);
  }
  const destination = pino.destination({ dest: file ?? 2, sync: true, append: true, mkdir: true });
  // On a full disk a line is kept in memory and written with the next one; it must not take the tracker down.
  destination.on('error', () => undefined);
  return pino(options, destination);
}
