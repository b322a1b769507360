import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellExports, shellOf } from './shellExports.ts';

test('a shell is known by its program, whatever the system', () => {
  const shells = [
    '/bin/bash',
    '/usr/bin/fish',
    'C:\\Windows\\System32\\cmd.exe',
    'C:\\x\\PowerShell.exe',
    '/opt/pwsh',
    '',
  ];
  assert.deepEqual(shells.map(shellOf), ['sh', 'fish', 'cmd', 'powershell', 'powershell', 'sh']);
  for (const shell of shells) assert.equal(typeof shellExports[shellOf(shell)], 'function');
});
