import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '../../shared/api/problem.ts';
import type { PageState, ToPage } from '../../shared/panel/protocol.ts';
import { Emitter } from '../session/event.ts';
import type { ConnectionState, TrackerSession } from '../session/trackerSession.ts';
import { readMessage } from './messages.ts';
import { concerns, PageHost, pageBytes } from './pageHost.ts';
import { embedJson, pageHtml } from './pageHtml.ts';

const state: PageState = { page: 'run', workspace: 'main', run: 'r1' };

function start() {
  const events = new Emitter<never>();
  const states = new Emitter<ConnectionState>();
  const posted: ToPage[] = [];
  const session = {
    state: { kind: 'connected' },
    onEvent: events.event,
    onState: states.event,
    call: async (route: string) => {
      if (route === 'runs.get') return { id: 'r1' };
      throw new Problem('not-found', 'Gone.', { hint: 'Refresh.' });
    },
  } as unknown as TrackerSession;
  const host = new PageHost({
    ...{ session, state, changed: () => undefined },
    post: (message) => posted.push(message),
    act: async () => 'done',
  });
  return { host, events, states, posted };
}

test('each request is answered exactly once, with its value or with the error and its way out', async () => {
  const { host, posted } = start();
  await host.receive({ type: 'call', id: 1, route: 'runs.get', request: {} });
  await host.receive({ type: 'call', id: 2, route: 'runs.list', request: {} });
  await host.receive({ type: 'act', id: 3, action: { name: 'copy', text: 'x' } });
  assert.deepEqual(posted, [
    { type: 'reply', id: 1, ok: true, value: { id: 'r1' } },
    { type: 'reply', id: 2, ok: false, error: { code: 'not-found', message: 'Gone.', hint: 'Refresh.' } },
    { type: 'reply', id: 3, ok: true, value: 'done' },
  ]);
});

test('events wait for the page, concern it, and stop with it', async () => {
  const { host, events, states, posted } = start();
  const log = { type: 'log', workspace: 'main', run: 'r1', bytes: 3 } as never;
  events.fire(log);
  assert.deepEqual(posted, []);
  await host.receive({ type: 'ready' });
  events.fire(log);
  events.fire({ type: 'log', workspace: 'main', run: 'other', bytes: 3 } as never);
  states.fire({ kind: 'broken', problem: new Problem('unreachable', 'x') });
  assert.deepEqual(
    posted.map(({ type }) => type),
    ['show', 'connection', 'event', 'connection'],
  );
  host.dispose();
  events.fire(log);
  assert.equal(posted.length, 4);
});

test('only messages of the protocol pass, and only its routes and commands', () => {
  const wrong: unknown[] = [
    undefined,
    'ready',
    { type: 'call', id: 1, route: 'runs.delete', request: {} },
    { type: 'call', id: '1', route: 'runs.get', request: {} },
    { type: 'bytes', id: 1, route: 'runs.get', request: {} },
    { type: 'act', id: 1, action: { name: 'command', command: 'workbench.action.quit', subject: 'x' } },
    { type: 'act', id: 1, action: { name: 'toString' } },
    { type: 'act', id: 1, action: { name: 'save', fileName: 3, content: '' } },
    { type: 'act', id: 1, action: { name: 'save-metric', run: 'r1', key: ['loss'], fileName: 'a.csv' } },
    { type: 'state', state: { page: 'run', workspace: 'main' } },
    { type: 'state', state: { page: 'run', workspace: 'main', run: 'r1', compare: [7] } },
    { type: 'state', state: { page: 'run', workspace: 'main', run: 'r1', tab: {} } },
  ];
  for (const message of wrong) assert.equal(readMessage(message), undefined, JSON.stringify(message));
  assert.ok(
    readMessage({ type: 'act', id: 1, action: { name: 'command', command: 'trainyard.cancelRun', subject: 'r1' } }),
  );
});

test('which events concern which page', () => {
  const metrics = { type: 'metrics' as const, workspace: 'main', run: 'r2', metrics: [] };
  assert.equal(concerns(metrics, state), false);
  assert.equal(concerns(metrics, { ...state, compare: ['r2'] }), true);
  assert.equal(concerns({ type: 'models', workspace: 'main' }, state), false);
});

test('bytes say where they begin in the whole', async () => {
  const log = new Response('abc', { headers: { 'x-log-offset': '7', 'x-log-size': '10' } });
  const { body, ...rest } = await pageBytes(log);
  assert.deepEqual([rest.offset, rest.size, body.length], [7, 10, 3]);
  const part = await pageBytes(new Response('abc', { status: 206, headers: { 'content-range': 'bytes 2-4/9' } }));
  assert.deepEqual([part.offset, part.size], [2, 9]);
});

test('what is too much for a page is refused before it fills the memory', async () => {
  let produced = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      produced += 1_000_000;
      controller.enqueue(new Uint8Array(1_000_000));
    },
  });
  await assert.rejects(pageBytes(new Response(endless), 5_000_000), /more than 5 MB/);
  assert.ok(produced < 10_000_000, `read on to ${produced}`);
  const whole = await pageBytes(new Response(new Uint8Array(5_000_000)), 5_000_000);
  assert.equal(whole.body.length, 5_000_000);
});

test('the document lets nothing in, whatever a run is called', () => {
  const boot = { state: { ...state, run: '</script><script>alert(1)</script>' } };
  const files = { script: 's', style: 'c', codicons: 'i', cspSource: 'vscode:' };
  const html = pageHtml('<img src=x>', boot, files, 'abc');
  assert.match(html, /default-src 'none'/);
  assert.ok(!html.includes('<script>alert') && !html.includes('<img'));
  assert.equal(JSON.parse(embedJson(boot)).state.run, boot.state.run);
});
