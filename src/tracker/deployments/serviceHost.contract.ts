import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as onnx from '../../../test/fixtures/onnx.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../test/harness/home.ts';
import { Problem } from '../../shared/api/error.ts';
import { startOnPort } from './ports.ts';
import type { HostControl, HostState, ServiceHost, ServiceSpec } from './serviceHost.ts';

export interface ContractSubject {
  /** Makes a host whose state lives in `folder`; called again for the same folder, it is the next tracker's. */
  open(folder: string): ServiceHost;
  readonly baseImage: string;
  /** Removes what `prepare` made. */
  clean?(host: ServiceHost, made: readonly ServiceSpec[]): Promise<void>;
}

const quiet: HostControl = {
  signal: new AbortController().signal,
  report: () => undefined,
  output: () => undefined,
};

/** What every kind of host must do, run against the real thing. */
export function serviceHostContract(name: string, subject: ContractSubject): void {
  describe(`a service on ${name}`, () => {
    let folder: TemporaryFolder;
    let host: ServiceHost;
    const made: ServiceSpec[] = [];

    before(() => {
      folder = temporaryFolder('host');
      fs.mkdirSync(path.join(folder.path, 'model'));
      fs.writeFileSync(path.join(folder.path, 'model/model.onnx'), onnx.linear());
      fs.mkdirSync(path.join(folder.path, 'broken'));
      fs.writeFileSync(path.join(folder.path, 'broken/model.onnx'), 'text');
      host = subject.open(folder.path);
    });
    after(async () => {
      for (const spec of made) await host.remove(spec);
      await subject.clean?.(host, made);
      host.close();
      await folder.dispose();
    });

    async function prepared(change: Partial<ServiceSpec> = {}): Promise<ServiceSpec> {
      const id = randomUUID();
      const spec: ServiceSpec = {
        id,
        name: `contract-${id.slice(0, 4)}`,
        workspace: 'w',
        model: 'Lineär "1"',
        version: 1,
        modelFolder: path.join(folder.path, 'model'),
        entry: 'model.onnx',
        folder: path.join(folder.path, 'services', id),
        limits: {},
        restart: 'no',
        baseImage: subject.baseImage,
        image: undefined,
        ...change,
      };
      const image = await host.prepare(spec, quiet);
      const complete = { ...spec, image: image?.tag };
      made.push(complete);
      return complete;
    }

    async function until(spec: ServiceSpec, port: number, wanted: HostState['state'][]): Promise<HostState> {
      for (;;) {
        const found = await host.look(spec, port);
        if (wanted.includes(found.state)) return found;
        await sleep(50);
      }
    }

    const start = (spec: ServiceSpec) => startOnPort(undefined, new Set(), (port) => host.start(spec, port));

    test('comes up, answers, tells its log and usage, stops, and starts again on its port', async () => {
      const spec = await prepared();
      assert.equal((await host.look(spec, undefined)).state, 'stopped');
      const port = await start(spec);
      await until(spec, port, ['healthy']);
      const about = (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as { model: string };
      assert.equal(about.model, 'Lineär "1"');
      assert.match(String(await host.log(spec, 10)), /"event":"ready"/);
      const usage = await host.usage(spec);
      assert.ok((usage.memory ?? 0) > 1e6 && (usage.cpuSeconds ?? 0) > 0);
      await host.stop(spec);
      await host.stop(spec);
      assert.equal((await host.look(spec, port)).state, 'stopped');
      await host.start(spec, port);
      await until(spec, port, ['healthy']);
      await host.remove(spec);
      await host.remove(spec);
      assert.equal((await host.look(spec, port)).state, 'stopped');
      await assert.rejects(fetch(`http://127.0.0.1:${port}/ping`));
    });

    test('is reachable from this machine only', async () => {
      const spec = await prepared();
      const port = await start(spec);
      await until(spec, port, ['healthy']);
      // Any other loopback address stands for any other address of the machine.
      const refused = await new Promise<boolean>((resolve) => {
        net
          .connect(port, '127.0.0.2')
          .on('connect', () => resolve(false))
          .on('error', () => resolve(true));
      });
      assert.ok(refused);
      await host.remove(spec);
    });

    test('is found again by the next tracker, and starting it twice is starting it once', async () => {
      const spec = await prepared();
      const port = await start(spec);
      await until(spec, port, ['healthy']);
      await host.start(spec, port);
      host.close();
      host = subject.open(folder.path);
      assert.equal((await host.look(spec, port)).state, 'healthy');
      await host.remove(spec);
    });

    test('a taken port is told as such, and leaves nothing', async () => {
      const spec = await prepared();
      const server = net.createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as net.AddressInfo;
      try {
        await assert.rejects(
          host.start(spec, port),
          (error) => error instanceof Problem && error.code === 'port-in-use',
        );
        assert.equal((await host.look(spec, port)).state, 'stopped');
      } finally {
        server.close();
      }
      await host.remove(spec);
    });

    test('a model that does not load fails with its reason in the log', async () => {
      const spec = await prepared({ modelFolder: path.join(folder.path, 'broken'), version: 2 });
      const port = await start(spec);
      await until(spec, port, ['failed']);
      assert.match(String(await host.log(spec, 20)), /The model cannot be loaded: Protobuf parsing failed/);
      await host.remove(spec);
    });

    test('an end that nobody asked for is told to those who follow, and seen', async () => {
      const spec = await prepared();
      const port = await start(spec);
      await until(spec, port, ['healthy']);
      const told = new Promise<void>((resolve) => {
        host.follow((id) => {
          if (id === spec.id) resolve();
        });
      });
      await sleep(500);
      await host.stop(spec);
      await told;
      await host.remove(spec);
    });
  });
}
