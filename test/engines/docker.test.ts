import assert from 'node:assert/strict';
import { test } from 'node:test';
import Docker from 'dockerode';

const docker = new Docker();

test('the engine answers and runs the base image', async () => {
  const image = process.env.TRAINYARD_TEST_BASE_IMAGE;
  assert.ok(image);
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['node', '-e', 'console.log(process.version + " " + process.getuid())'],
    User: 'node',
    Tty: true,
  });
  try {
    const output = await container.attach({ stream: true, stdout: true, stderr: true });
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    let text = '';
    for await (const chunk of output) text += String(chunk);
    assert.equal(StatusCode, 0);
    assert.match(text, /^v24\.\d+\.\d+ 1000/);
  } finally {
    await container.remove({ force: true });
  }
});
