import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Makes a server end quickly and politely: what is being answered is answered, every other connection is closed at
 * once. Node's own `closeIdleConnections` leaves those open that have not asked for anything yet, and HTTP clients
 * open such connections in advance.
 *
 * @returns the function that ends the server; it resolves when the last connection is closed, by force after `graceMs`
 */
export function drainable(server: Server): (graceMs: number) => Promise<void> {
  const answering = new Map<Socket, number>();
  let draining = false;
  const release = (socket: Socket) => {
    const left = (answering.get(socket) ?? 1) - 1;
    if (answering.has(socket)) answering.set(socket, left);
    if (draining && left <= 0) socket.end();
  };
  server.on('connection', (socket) => {
    answering.set(socket, 0);
    socket.once('close', () => answering.delete(socket));
  });
  server.prependListener('request', ({ socket }, response) => {
    answering.set(socket, (answering.get(socket) ?? 0) + 1);
    response.once('close', () => release(socket));
  });
  return async (graceMs) => {
    draining = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const [socket, requests] of answering) if (requests === 0) socket.end();
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearTimeout(force);
  };
}
