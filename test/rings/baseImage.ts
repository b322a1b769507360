import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Docker from 'dockerode';
import { temporaryFolder } from '../harness/home.ts';
import { cacheFolder } from '../harness/paths.ts';
import { which } from './command.ts';

const name = 'trainyard/base-node:24';
/** What a machine that reaches an image registry takes instead. */
const publicName = 'node:24-bookworm-slim';

/** Node's own libraries, OpenMP for onnxruntime, certificates, and one small program for `sh` and its kin. */
const packages = ['libc6', 'libgcc-s1', 'libgomp1', 'libstdc++6', 'ca-certificates', 'busybox-static'];
const applets = [
  'sh',
  'cat',
  'cp',
  'chmod',
  'chown',
  'env',
  'id',
  'kill',
  'ls',
  'mkdir',
  'mv',
  'ps',
  'rm',
  'sleep',
  'tar',
  'wget',
];

/**
 * The image that scoring images are built on in tests, made from Debian packages and the Node that runs this, since a
 * test machine may reach no image registry. `TRAINYARD_TEST_BASE_IMAGE` names another.
 *
 * @param env how the engine is reached
 * @returns the image's name
 */
export async function baseImage(env: Record<string, string>): Promise<string> {
  if (process.env.TRAINYARD_TEST_BASE_IMAGE) return process.env.TRAINYARD_TEST_BASE_IMAGE;
  const docker = env.DOCKER_HOST ? new Docker({ socketPath: env.DOCKER_HOST.replace('unix://', '') }) : new Docker();
  if (process.platform !== 'linux' || !which('dpkg-deb')) return pulled(docker);
  const recipe = createHash('sha256')
    .update(
      JSON.stringify([packages, applets, process.version, process.arch, readFileSync(import.meta.filename, 'utf8')]),
    )
    .digest('hex')
    .slice(0, 16);
  const present = await docker
    .getImage(name)
    .inspect()
    .catch(() => undefined);
  if (present?.Config.Labels?.['trainyard.recipe'] === recipe) return name;
  const archive = path.join(cacheFolder, `base-image-${recipe}.tar`);
  if (globSync(archive).length === 0) await pack(archive);
  const [repo, tag] = name.split(':');
  const changes = ['CMD ["node"]', 'ENV PATH=/usr/local/bin:/usr/bin:/bin', `LABEL trainyard.recipe=${recipe}`];
  const progress = await docker.importImage(archive, { repo, tag, changes: changes.join('\n') });
  await followed(docker, progress);
  return name;
}

async function pulled(docker: Docker): Promise<string> {
  await followed(docker, await docker.pull(publicName));
  return publicName;
}

/** The engine reports a failure as an event of an otherwise successful stream. */
async function followed(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  const events = await new Promise<{ error?: string }[]>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output) => (error ? reject(error) : resolve(output)));
  });
  const failed = events.find((event) => event.error);
  if (failed) throw new Error(`The base image could not be made: ${failed.error}`);
}

/** Writes the root file system as a tar, complete or not at all. */
async function pack(archive: string): Promise<void> {
  console.log('Making the base image from Debian packages …');
  mkdirSync(cacheFolder, { recursive: true });
  await using work = temporaryFolder('base-image');
  const rootFs = path.join(work.path, 'root');
  mkdirSync(rootFs);
  // apt refuses to download as root into a folder that its own user cannot read.
  chmodSync(work.path, 0o755);
  const download = ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...packages];
  const done = spawnSync('apt-get', download, { cwd: work.path, stdio: 'ignore' });
  if (done.status !== 0) {
    // A machine that came with all programs may have no lists of packages, or old ones.
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
    execFileSync('apt-get', download, { cwd: work.path, stdio: 'inherit' });
  }
  for (const deb of globSync('*.deb', { cwd: work.path }))
    execFileSync('dpkg-deb', ['-x', path.join(work.path, deb), rootFs]);
  furnish(rootFs);
  const partial = `${archive}.${process.pid}.part`;
  const tar = spawn('tar', ['-C', rootFs, '--owner=0', '--group=0', '--numeric-owner', '-cf', partial, '.'], {
    stdio: 'inherit',
  });
  const code = await new Promise((resolve) => tar.once('close', resolve));
  if (code !== 0) throw new Error(`tar failed with exit code ${code}.`);
  renameSync(partial, archive);
}

/** What the packages' own install scripts would have done, and Node. */
function furnish(rootFs: string): void {
  const at = (...parts: string[]) => path.join(rootFs, ...parts);
  for (const folder of [
    'app',
    'bin',
    'dev',
    'etc/ssl/certs',
    'proc',
    'root',
    'sys',
    'tmp',
    'usr/bin',
    'usr/local/bin',
    'var/tmp',
  ]) {
    mkdirSync(at(folder), { recursive: true });
  }
  chmodSync(at('tmp'), 0o1777);
  for (const folder of ['doc', 'man', 'locale', 'lintian', 'bug'])
    rmSync(at('usr/share', folder), { recursive: true, force: true });
  const certificates = globSync('usr/share/ca-certificates/mozilla/*.crt', { cwd: rootFs }).sort();
  writeFileSync(
    at('etc/ssl/certs/ca-certificates.crt'),
    certificates.map((file) => readFileSync(at(file), 'utf8')).join(''),
  );
  const users = [
    'root:x:0:0:root:/root:/bin/sh',
    'node:x:1000:1000:node:/app:/bin/sh',
    'nobody:x:65534:65534:nobody:/:/bin/false',
  ];
  writeFileSync(at('etc/passwd'), `${users.join('\n')}\n`);
  writeFileSync(at('etc/group'), 'root:x:0:\nnode:x:1000:\nnogroup:x:65534:\n');
  writeFileSync(at('etc/nsswitch.conf'), 'hosts: files dns\npasswd: files\ngroup: files\n');
  for (const applet of applets) symlinkSync('busybox', at('bin', applet));
  copyFileSync(process.execPath, at('usr/local/bin/node'));
  chmodSync(at('usr/local/bin/node'), 0o755);
}
