import { createHash } from 'node:crypto';
import type { ServiceFile } from '../../../scoring/serviceFile.ts';
import { Problem } from '../../../shared/api/error.ts';
import type { ServiceSpec } from '../serviceHost.ts';

/** The port inside the container. */
export const INNER_PORT = 8080;
const HEALTH_FILE = '/tmp/trainyard-health';

/** Labels by which images and containers are found again, whatever else was lost. */
export const LABELS = {
  home: 'dev.trainyard.home',
  workspace: 'dev.trainyard.workspace',
  deployment: 'dev.trainyard.deployment',
  model: 'dev.trainyard.model',
  version: 'dev.trainyard.version',
} as const;

/** A file of the build context: its place there, and where its bytes come from. */
export interface ContextFile {
  readonly name: string;
  readonly from?: string;
  readonly text?: string;
}

/** Everything that a build is, as plain data; the child only carries it out. */
export interface ImagePlan {
  readonly tag: string;
  readonly baseImage: string;
  readonly home: string;
  readonly files: readonly ContextFile[];
}

/** How onnxruntime gets into the image: its files are at hand, or npm fetches them in the build. */
export type RuntimeSource =
  | { readonly kind: 'files'; readonly files: readonly ContextFile[] }
  | { readonly kind: 'npm'; readonly version: string };

export interface ImageOptions {
  readonly spec: ServiceSpec;
  readonly home: string;
  /** What the service answers to `/version`. */
  readonly program: string;
  readonly tag: string;
  /** Files of the scoring program: `server.cjs`, `health.sh`. */
  readonly programFiles: readonly ContextFile[];
  readonly runtime: RuntimeSource;
  /** Files of the model, named from its folder. */
  readonly modelFiles: readonly ContextFile[];
}

export function describeImage(options: ImageOptions): ImagePlan {
  const { spec, runtime } = options;
  const service: ServiceFile = {
    model: spec.model,
    version: String(spec.version),
    file: `model/${spec.entry}`,
    host: '0.0.0.0',
    port: INNER_PORT,
    program: options.program,
    healthFile: HEALTH_FILE,
  };
  const below = (folder: string, files: readonly ContextFile[]) =>
    files.map((file) => ({ ...file, name: `${folder}/${file.name}` }));
  return {
    tag: options.tag,
    baseImage: spec.baseImage,
    home: options.home,
    files: [
      { name: 'Dockerfile', text: dockerfile(options) },
      ...(runtime.kind === 'files' ? below('runtime/node_modules', runtime.files) : []),
      ...below('app', options.programFiles),
      ...below('app/model', options.modelFiles),
      { name: 'app/service.json', text: `${JSON.stringify(service, null, 2)}\n` },
    ],
  };
}

/**
 * What changes least comes first, so that all images of a home share the settings, and versions and models share the
 * layers of the runtime. The key of a service, like every secret, is in no layer.
 */
export function dockerfile({ spec, home, runtime }: ImageOptions): string {
  const health = ['sh', '/app/health.sh', HEALTH_FILE, '15'];
  const labels = {
    [LABELS.workspace]: spec.workspace,
    [LABELS.model]: spec.model,
    [LABELS.version]: String(spec.version),
  };
  return [
    `FROM ${checkImageName(spec.baseImage)}`,
    `LABEL ${LABELS.home}=${quoteLabel(home)}`,
    'WORKDIR /app',
    'ENV NODE_ENV=production ORT_DISABLE_TELEMETRY=1',
    `EXPOSE ${INNER_PORT}`,
    `HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ${JSON.stringify(health)}`,
    'ENTRYPOINT []',
    'CMD ["node", "/app/server.cjs", "/app/service.json"]',
    runtime.kind === 'files' ? 'COPY runtime/ /app/' : `RUN ${npmInstall(runtime.version)}`,
    'USER 65534:65534',
    `LABEL ${Object.entries(labels)
      .map(([name, value]) => `${name}=${quoteLabel(value)}`)
      .join(' ')}`,
    'COPY app/ /app/',
    '',
  ].join('\n');
}

/** Installs onnxruntime and drops its libraries for other systems, which are half of its size. */
function npmInstall(version: string): string {
  const binaries = '/app/node_modules/onnxruntime-node/bin/napi-v6';
  const flags = '--omit=dev --ignore-scripts --no-audit --no-fund';
  return `npm install --prefix /app ${flags} onnxruntime-node@${version} && rm -rf ${binaries}/darwin ${binaries}/win32`;
}

/**
 * `trainyard/<model>:<version>-<8 digits>`; the digits tell apart what the readable part cannot: homes, workspaces,
 * base images, and names that become equal when what an image name must not hold is left out.
 */
export function imageTag(spec: ServiceSpec, home: string, program: string, hash: string): string {
  const slug = spec.model
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  const identity = [home, spec.workspace, spec.model, spec.version, hash, spec.baseImage, program];
  const digits = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 8);
  return `trainyard/${slug || 'model'}:${spec.version}-${digits}`;
}

/** An image reference and nothing that a Dockerfile would take for more. @throws Problem `invalid` */
export function checkImageName(name: string): string {
  if (/^[a-zA-Z0-9][\w.\-/:@]{0,299}$/.test(name)) return name;
  throw new Problem('invalid', `${JSON.stringify(name)} is not the name of an image.`, {
    hint: 'A base image is named like node:24-slim or registry.example/team/node:24.',
  });
}

/** A Dockerfile expands $ and backslash inside double quotes, and ends a line at a newline. */
function quoteLabel(value: string): string {
  return `"${value.replace(/[\\"$]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;
}
