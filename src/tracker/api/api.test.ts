import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RawReply, rawBytes, rawRequest } from '../../../test/harness/rawHttp.ts';
import { startTracker, type TestTracker } from '../../../test/harness/tracker.ts';
import type { ApiErrorBody } from '../../shared/api/error.ts';
import type { RouteDefinition } from '../../shared/api/route.ts';
import { routes } from '../../shared/api/routes.ts';
import { readAddress } from '../lifecycle/address.ts';
import { homeAt } from '../lifecycle/home.ts';
import { Tokens } from '../lifecycle/tokens.ts';

const table: readonly (readonly [string, RouteDefinition])[] = Object.entries(routes);

/** A path of the route with ids that fit its schema and name nothing. */
function examplePath(route: RouteDefinition): string {
  return route.path.replace(/:(\w+)/g, (_, key: string) => (key === 'workspace' ? 'main' : '9999'));
}

function problemOf(reply: RawReply): ApiErrorBody['error'] {
  return (JSON.parse(reply.text) as ApiErrorBody).error;
}

describe('every route of the table, over real HTTP', () => {
  let tracker: TestTracker;
  let port: number;
  let bearer: { authorization: string };
  const json = { 'content-type': 'application/json' };

  before(async () => {
    tracker = await startTracker({ env: { TRAINYARD_REQUEST_TIMEOUT_MS: '1500' } });
    ({ port } = tracker.discovery);
    bearer = { authorization: `Bearer ${tracker.discovery.token}` };
  });
  after(async () => {
    await tracker.client.call('tracker.info', {});
    await tracker[Symbol.asyncDispose]();
  });

  for (const [name, route] of table) {
    const { method } = route;
    const path = examplePath(route);

    test(`${name}: no token, a bad one, one in the address: 401`, async () => {
      const forged = `${tracker.discovery.token.slice(0, -1)}${tracker.discovery.token.endsWith('A') ? 'B' : 'A'}`;
      const attempts: Readonly<Record<string, string>>[] = [
        {},
        { authorization: 'Bearer ' },
        { authorization: `Bearer ${forged}` },
        { authorization: `Bearer ty_client_` },
        { authorization: `Digest ${tracker.discovery.token}` },
      ];
      for (const headers of attempts) {
        const reply = await rawRequest({ port, method, path, headers });
        assert.equal(reply.status, 401, JSON.stringify(headers));
        assert.equal(reply.headers['www-authenticate'], 'Bearer');
        assert.equal(reply.headers['access-control-allow-origin'], undefined);
      }
      const inAddress = await rawRequest({ port, method, path: `${path}?token=${tracker.discovery.token}` });
      assert.equal(inAddress.status, 401);
    });

    test(`${name}: another Host, any Origin: 403, whatever the token`, async () => {
      for (const host of [
        'evil.example',
        `evil.example:${port}`,
        '127.0.0.1',
        `127.0.0.1:${port}.evil.example`,
        `[::1]:${port}`,
      ]) {
        assert.equal((await rawRequest({ port, method, path, headers: { ...bearer, host } })).status, 403, host);
      }
      for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${port}`, 'vscode-webview://x']) {
        assert.equal((await rawRequest({ port, method, path, headers: { ...bearer, origin } })).status, 403, origin);
      }
    });

    if (route.scope === 'client') {
      test(`${name}: the token of a terminal or a run: 403`, async () => {
        const tokens = new Tokens(readAddress(homeAt(tracker.home).addressFile).key);
        for (const scope of [
          { kind: 'terminal', workspace: 'main' },
          { kind: 'run', workspace: 'main', run: '9999' },
        ] as const) {
          const headers = { authorization: `Bearer ${tokens.mint(scope)}` };
          assert.equal((await rawRequest({ port, method, path, headers })).status, 403, scope.kind);
        }
      });
    }

    if (route.body !== undefined) {
      test(`${name}: a body that is not JSON, not of the schema, too long: 415, 400, 413`, async () => {
        const form = { ...bearer, 'content-type': 'text/plain' };
        assert.equal((await rawRequest({ port, method, path, headers: form, body: '{}' })).status, 415);
        const headers = { ...bearer, ...json };
        for (const body of ['', '{', '[]', '"x"', 'null', '{"no such field": 1}', '\xff']) {
          const reply = await rawRequest({ port, method, path, headers, body });
          assert.equal(reply.status, 400, body);
        }
        // Only announced: it must be refused without being waited for.
        const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${bearer.authorization}\r\n`;
        const reply = await rawBytes(
          port,
          `${head}content-type: application/json\r\ncontent-length: 99999999999\r\n\r\n{`,
        );
        assert.match(reply, /^HTTP\/1\.1 413 /);
      });
    }

    if (route.reply !== 'events') {
      test(`${name}: has a handler`, async () => {
        if (name === 'tracker.stop' || name === 'tracker.handover') return;
        const body = route.body === undefined ? undefined : '{}';
        const headers = body === undefined ? bearer : { ...bearer, ...json };
        const reply = await rawRequest({ port, method, path, headers, ...(body === undefined ? {} : { body }) });
        assert.doesNotMatch(reply.text, /is not part of this tracker/);
        assert.notEqual(reply.status, 500, reply.text);
      });
    }
  }

  test('a method that a path does not have: 405 and what it has; without a token 401', async () => {
    const paths = new Map<string, Set<string>>();
    for (const [, route] of table) paths.set(route.path, (paths.get(route.path) ?? new Set()).add(route.method));
    for (const [pattern, methods] of paths) {
      const path = pattern.replace(/:(\w+)/g, 'main');
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND']) {
        if (methods.has(method)) continue;
        const reply = await rawRequest({ port, method, path, headers: bearer });
        assert.equal(reply.status, 405, `${method} ${path}`);
        if (method !== 'HEAD') assert.match(problemOf(reply).message, new RegExp([...methods].join('.*|')));
        assert.equal((await rawRequest({ port, method, path })).status, 401, `${method} ${path}`);
      }
    }
  });

  test('the description that is served names exactly the routes of the table', async () => {
    const served = await tracker.client.call('tracker.openapi', {});
    assert.equal(served.openapi, '3.1.0');
    const described = Object.entries(served.paths as Record<string, Record<string, { operationId: string }>>).flatMap(
      ([path, operations]) =>
        Object.entries(operations).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
    );
    const expected = table.map(([name, { method, path }]) => `${method} ${path.replace(/:(\w+)/g, '{$1}')} ${name}`);
    assert.deepEqual(described.sort(), expected.sort());
  });

  test('two Hosts, no Host, two tokens: refused', async () => {
    const token = `authorization: ${bearer.authorization}\r\n`;
    const host = `host: 127.0.0.1:${port}\r\n`;
    const end = 'connection: close\r\n\r\n';
    assert.match(
      await rawBytes(port, `GET /v1/tracker HTTP/1.1\r\n${host}host: evil.example\r\n${token}${end}`),
      / 40[03] /,
    );
    assert.match(await rawBytes(port, `GET /v1/tracker HTTP/1.1\r\n${token}${end}`), / 400 /);
    assert.match(await rawBytes(port, `GET /v1/tracker HTTP/1.0\r\n${token}${end}`), / 403 /);
    assert.match(await rawBytes(port, `GET /v1/tracker HTTP/1.1\r\n${host}${token}${token}${end}`), / 401 /);
    assert.match(await rawBytes(port, `GET /v1/tracker HTTP/1.1\r\n${host}${token}${end}`), / 200 /);
  });

  test('a basic password is a token too, for clients that can send nothing else', async () => {
    const basic = Buffer.from(`anybody:${tracker.discovery.token}`).toString('base64');
    const headers = { authorization: `Basic ${basic}` };
    assert.equal((await rawRequest({ port, path: '/v1/tracker', headers })).status, 200);
  });

  test('what is not HTTP gets 400 and the process lives', async () => {
    for (const bytes of [
      '\x16\x03\x01\x02\x00',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      assert.match(await rawBytes(port, Buffer.from(bytes, 'latin1')), /^HTTP\/1\.1 4\d\d /);
    }
    const smuggled = `POST /v1/workspaces HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
    assert.match(await rawBytes(port, smuggled), /^HTTP\/1\.1 4\d\d /);
  });

  test('an endless body is cut off at the limit', async () => {
    const head = `POST /v1/workspaces HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${bearer.authorization}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(0x100000, 0x20), Buffer.from('\r\n')]);
    let sent = 0;
    const reply = await rawBytes(port, head, (socket) => {
      const more = () => {
        while (sent < 64 && !socket.destroyed && !socket.writableEnded) {
          sent++;
          if (!socket.write(chunk)) {
            socket.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    assert.match(reply, /^HTTP\/1\.1 413 /);
    assert.ok(sent < 40, `${sent} MB were taken`);
  });

  test('a client that sends too slowly gets 408, and others are served meanwhile', async () => {
    const half = `POST /v1/workspaces HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: ${bearer.authorization}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"na`;
    const slow = Promise.all([rawBytes(port, half), rawBytes(port, 'GET /v1/tracker HTT')]);
    for (let index = 0; index < 20; index++) await tracker.client.call('workspaces.list', {});
    for (const reply of await slow) assert.match(reply, /^HTTP\/1\.1 408 /);
  });

  test('paths are decoded once; tricks find nothing', async () => {
    const expect = async (path: string, statuses: readonly number[]) => {
      const reply = await rawRequest({ port, path, headers: bearer });
      assert.ok(statuses.includes(reply.status), `${path}: ${reply.status} ${reply.text}`);
    };
    await expect('/v1/workspaces/%zz/contents', [400]);
    for (const id of ['..', '%2e%2e', '..%2f..', '%00', 'a%2fb', 'C%3a', '%252e%252e', '-x', 'A', 'a'.repeat(64)]) {
      await expect(`/v1/workspaces/${id}/contents`, [400, 404]);
    }
    for (const id of ['..%2f..%2ftracker.json', '%2e%2e', 'x%00']) await expect(`/v1/activities/${id}/log`, [404]);
    await expect('//v1/tracker', [404]);
    await expect('/v1/tracker/', [404]);
    await expect('http://127.0.0.1/v1/tracker', [404]);
  });

  test('errors name the field, what was expected, and the nearest right word', async () => {
    const post = (body: unknown) =>
      rawRequest({
        port,
        method: 'POST',
        path: '/v1/workspaces',
        headers: { ...bearer, ...json },
        body: JSON.stringify(body),
      });
    assert.deepEqual(problemOf(await post({ nmae: 'x' })).details, [
      '`nmae` is not known; did you mean `name`',
      '`name` is missing',
    ]);
    assert.deepEqual(problemOf(await post({ name: 7 })).details, ['`name` must be a string, not a number']);
    const audit = (query: string) => rawRequest({ port, path: `/v1/workspaces/main/audit?${query}`, headers: bearer });
    assert.equal((await audit('limit=5')).status, 200);
    assert.deepEqual(problemOf(await audit('limit=five')).details, ['`limit` must be an integer, not a string']);
    assert.deepEqual(problemOf(await audit('limmit=5')).details, ['`limmit` is not known; did you mean `limit`']);
    assert.match(problemOf(await audit('limit=1&limit=2')).message, /twice/);
    assert.equal(problemOf(await audit('limit=1001')).code, 'invalid');
  });

  test('nothing secret is in the log', () => {
    assert.ok(tracker.log().length > 0);
    assert.ok(!tracker.log().includes(tracker.discovery.token));
  });
});
