import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEvents } from '../../client/serverSentEvents.ts';
import type { TrackerEvent } from '../../shared/api/events.ts';
import { EventHub } from './eventHub.ts';
import { EventStreams } from './eventStream.ts';
import { parseRange } from './reply.ts';

const notice = (message: string): TrackerEvent => ({ type: 'notice', level: 'info', message });

/** Event streams behind a real server. */
async function serve() {
  const hub = new EventHub();
  const streams = new EventStreams(hub, () => ({ type: 'hello', version: '1.2.3', startedAt: 1 }));
  const server = http.createServer((request, response) => streams.connect(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    streams.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { hub, streams, port, [Symbol.asyncDispose]: close };
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !condition(); await sleep(10)) assert.ok(Date.now() < end, 'never true');
}

describe('event streams', () => {
  test('hello first, then what nobody was there to read, then what comes, in order', async () => {
    await using served = await serve();
    served.hub.emit(notice('before anybody came'));
    served.hub.emit({ type: 'workspaces' });
    const response = await fetch(`http://127.0.0.1:${served.port}/`);
    const seen: TrackerEvent[] = [];
    const reading = readEvents(response.body ?? assert.fail(), (data) => seen.push(JSON.parse(data) as TrackerEvent));
    await until(() => seen.length === 2);
    served.hub.emit(notice('line\nbreak \u2028 and 漢字'));
    served.hub.emit({ type: 'workspaces' });
    await until(() => seen.length === 4);
    served.streams.close();
    await reading;
    assert.deepEqual(seen, [
      { type: 'hello', version: '1.2.3', startedAt: 1 },
      notice('before anybody came'),
      notice('line\nbreak \u2028 and 漢字'),
      { type: 'workspaces' },
    ]);
  });

  test('a client that does not read is dropped; the others get everything', async () => {
    await using served = await serve();
    const deaf = net.connect(served.port, '127.0.0.1', () => deaf.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
    deaf.on('error', () => undefined);
    deaf.pause();
    const response = await fetch(`http://127.0.0.1:${served.port}/`);
    let received = 0;
    const reading = readEvents(response.body ?? assert.fail(), () => {
      received++;
    });
    await until(() => served.streams.size === 2);
    const big = 'x'.repeat(100_000);
    let sent = 0;
    while (served.streams.size === 2) {
      served.hub.emit(notice(big));
      sent++;
      await until(() => received === sent + 1);
      assert.ok(sent < 1000, 'the deaf client was never dropped');
    }
    served.streams.close();
    await reading;
    assert.equal(received, sent + 1);
    deaf.destroy();
  });
});

test('ranges as RFC 9110 has them', () => {
  assert.deepEqual(parseRange('bytes=0-0', 10), { start: 0, end: 0 });
  assert.deepEqual(parseRange('bytes=2-', 10), { start: 2, end: 9 });
  assert.deepEqual(parseRange('bytes=2-100', 10), { start: 2, end: 9 });
  assert.deepEqual(parseRange('bytes=-3', 10), { start: 7, end: 9 });
  assert.deepEqual(parseRange('bytes=-30', 10), { start: 0, end: 9 });
  assert.equal(parseRange('bytes=10-', 10), 'unsatisfiable');
  assert.equal(parseRange('bytes=-0', 10), 'unsatisfiable');
  assert.equal(parseRange('bytes=0-', 0), 'unsatisfiable');
  for (const header of [undefined, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b']) {
    assert.equal(parseRange(header, 10), undefined, header);
  }
});
