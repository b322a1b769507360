import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../test/harness/home.ts';
import type { Discovery } from '../shared/discovery.ts';
import { DISCOVERY_FILE } from '../shared/homeFiles.ts';
import { readDiscovery } from './discovery.ts';

const whole: Discovery = {
  port: 4711,
  address: 'http://127.0.0.1:4711',
  token: 'a',
  pid: 7,
  process: { pid: 7, start: '12', boot: '' },
  version: '1.0.0',
  protocol: 1,
  build: 'dist/tracker.cjs',
  startedAt: 1,
};

test('a discovery file is read whole or counts as none', async () => {
  await using folder = temporaryFolder('discovery');
  const read = (text: string): Discovery | undefined => {
    writeFileSync(path.join(folder.path, DISCOVERY_FILE), text);
    return readDiscovery(folder.path);
  };
  assert.equal(readDiscovery(folder.path), undefined);
  const text = JSON.stringify(whole);
  assert.deepEqual(read(text), whole);
  for (let cut = 0; cut < text.length; cut++) assert.equal(read(text.slice(0, cut)), undefined);
  for (const key of Object.keys(whole)) {
    assert.equal(read(JSON.stringify({ ...whole, [key]: undefined })), undefined, key);
    assert.equal(read(JSON.stringify({ ...whole, [key]: null })), undefined, key);
  }
  // A client would send its token there.
  assert.equal(read(JSON.stringify({ ...whole, address: 'http://example.com:4711' })), undefined);
  assert.equal(read(JSON.stringify({ ...whole, process: { pid: 0, start: '', boot: '' } })), undefined);
  assert.equal(read('null'), undefined);
});
