import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Problem } from '../../shared/api/problem.ts';
import { readOptional, writePrivateFile } from './privateFile.ts';

/** What a home keeps across restarts, so that a live client never loses its tracker. */
export interface Address {
  /** 0 until one has been chosen. */
  readonly port: number;
  /** Key of the tokens, base64url, 32 bytes. */
  readonly key: string;
}

/** The kept address, or a new key and no port yet. A file that cannot be understood is replaced: it is not data. */
export function readAddress(file: string): Address {
  try {
    const value: unknown = JSON.parse(readOptional(file) ?? '');
    if (typeof value === 'object' && value !== null && 'port' in value && 'key' in value) {
      const { port, key } = value;
      if (typeof port === 'number' && typeof key === 'string' && key.length >= 43) return { port, key };
    }
  } catch {
    // Falls through: no file yet, or not one of ours.
  }
  return { port: 0, key: randomBytes(32).toString('base64url') };
}

export function writeAddress(file: string, address: Address): void {
  writePrivateFile(file, `${JSON.stringify(address)}\n`);
}

export interface Listening {
  readonly port: number;
  /** Set when the kept port was taken by a stranger and another was chosen. */
  readonly replaced?: number;
}

/**
 * Listens on loopback: on the port asked for (which must then be free), else on the kept one, else on any free one.
 *
 * @throws Problem `conflict` when the port that was asked for is taken.
 */
export async function listenOnLoopback(server: Server, kept: number, asked?: number): Promise<Listening> {
  if (asked !== undefined) {
    if (await listen(server, asked)) return { port: asked };
    throw new Problem('conflict', `Port ${asked} is taken by another program.`, {
      hint: 'Choose another with `--port`, or leave it out to use the port this home has kept.',
    });
  }
  if (kept > 0 && (await listen(server, kept))) return { port: kept };
  if (!(await listen(server, 0))) throw new Problem('conflict', 'No free port was found on 127.0.0.1.');
  const { port } = server.address() as AddressInfo;
  return kept > 0 ? { port, replaced: kept } : { port };
}

/** False when the port is taken or may not be used. */
function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      server.removeListener('listening', done);
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    const done = () => {
      server.removeListener('error', fail);
      resolve(true);
    };
    server.once('error', fail);
    server.once('listening', done);
    server.listen({ port, host: '127.0.0.1', exclusive: true });
  });
}
