import { DockerHost } from '../../../src/tracker/deployments/docker/dockerHost.ts';
import { defaultEngine, Engine } from '../../../src/tracker/deployments/docker/engine.ts';
import { serviceHostContract } from '../../../src/tracker/deployments/serviceHost.contract.ts';

serviceHostContract('a Docker engine', {
  open: (home) =>
    new DockerHost({
      engine: new Engine(defaultEngine()),
      home,
      program: 'test',
      hashOf: (spec) => String(spec.version),
    }),
  baseImage: process.env.TRAINYARD_TEST_BASE_IMAGE ?? 'node:24-slim',
  clean: async (host, made) => {
    const { engine } = host as DockerHost;
    for (const tag of new Set(made.flatMap(({ image }) => image ?? []))) await engine.call('removeImage', { tag });
  },
});
