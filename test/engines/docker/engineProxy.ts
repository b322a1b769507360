import { rmSync } from 'node:fs';
import net from 'node:net';

export interface EngineProxy {
  /** `unix://…` of the proxy. */
  readonly address: string;
  /** Cuts every connection and refuses new ones, as an engine that dies does. */
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** Stands before the real engine, so that a test can let it die without harm to the tests beside it. */
export async function startProxy(engine: string, socket: string): Promise<EngineProxy> {
  const target = engine.replace('unix://', '');
  const open = new Set<net.Socket>();
  const keep = (one: net.Socket, other: net.Socket) => {
    open.add(one);
    one.on('close', () => {
      open.delete(one);
      other.destroy();
    });
    one.on('error', () => other.destroy());
  };
  let server: net.Server;
  const restore = async () => {
    server = net.createServer({ allowHalfOpen: true }, (client) => {
      const upstream = net.connect({ path: target, allowHalfOpen: true });
      keep(client, upstream);
      keep(upstream, client);
      client.pipe(upstream);
      upstream.pipe(client);
    });
    rmSync(socket, { force: true });
    server.listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
  };
  await restore();
  return {
    address: `unix://${socket}`,
    restore,
    cut: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const one of open) one.destroy();
      await closed;
    },
  };
}
