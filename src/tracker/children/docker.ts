// Speaks with a Docker engine for the tracker, so that dockerode and what hangs on it load only when they are needed,
// and are gone when they are not.
import type { ContainerCreateOptions } from 'dockerode';
import { serveChild } from '../childProcess/serveChild.ts';
import { type BuildNotice, buildImage } from '../deployments/docker/buildImage.ts';
import type { ImagePlan } from '../deployments/docker/describeImage.ts';
import { EngineClient } from '../deployments/docker/engineClient.ts';
import { watchEngine } from '../deployments/docker/watchEngine.ts';

const client = new EngineClient(process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock');

const send = serveChild({
  ping: () => client.ping(),
  build: ({ plan }: { plan: ImagePlan }, { signal, notice }) =>
    buildImage(client.docker, client.address, plan, { signal, notice: (value: BuildNotice) => notice(value) }),
  findImage: ({ tag }: { tag: string }) => client.findImage(tag),
  removeImage: ({ tag }: { tag: string }) => client.removeImage(tag),
  run: ({ options }: { options: ContainerCreateOptions }) => client.run(options),
  start: ({ name }: { name: string }) => client.start(name),
  stop: ({ name }: { name: string }) => client.stop(name),
  remove: ({ name }: { name: string }) => client.remove(name),
  inspect: ({ name }: { name: string }) => client.inspect(name),
  log: ({ name, lines }: { name: string; lines: number }) => client.log(name, lines),
  usage: ({ name }: { name: string }) => client.usage(name),
  list: ({ home }: { home: string }) => client.list(home),
  watch: async ({ home }: { home: string }) => {
    void watchEngine(client, home, (event) => send(event));
  },
});
