import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceHostContract } from '../serviceHost.contract.ts';
import { explainEnd, ProcessHost } from './processHost.ts';

serviceHostContract('a local process', { open: () => new ProcessHost('test'), baseImage: '' });

test('the end of a service is explained by its last words', () => {
  const heap = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n';
  assert.match(explainEnd(heap, 64 * 1024 ** 2), /ran out of memory \(its limit is 64 MB\)/);
  assert.match(explainEnd('{"event":"ready"}\nError: nope\n', undefined), /ended: Error: nope/);
  assert.match(explainEnd('{"event":"ready"}\n', undefined), /how is not known/);
});
