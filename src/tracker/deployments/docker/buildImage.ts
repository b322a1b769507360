import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import tar from 'tar-stream';
import { Problem } from '../../../shared/api/error.ts';
import type { BuiltImage } from '../serviceHost.ts';
import { type ContextFile, type ImagePlan, LABELS } from './describeImage.ts';
import { explainBaseImage, explainEngineError, isBaseImageProblem } from './engineProblems.ts';

/** One line of the engine's answer to a build. */
interface BuildEvent {
  stream?: string;
  status?: string;
  id?: string;
  error?: string;
  aux?: { ID?: string };
}

export type BuildNotice = { readonly message: string; readonly progress?: number } | { readonly output: string };

const LAST_LINES = 20;

/**
 * Builds an image from its plan. A build that fails, is cancelled, or loses its engine leaves no image, no container
 * and no unnamed layer behind.
 *
 * @throws Problem with the step that failed and the engine's last lines
 */
export async function buildImage(
  docker: Docker,
  address: string,
  plan: ImagePlan,
  control: { signal: AbortSignal; notice(value: BuildNotice): void },
): Promise<BuiltImage> {
  const progress = new BuildProgress(control.notice);
  try {
    // What a build left whose engine or tracker died in its middle.
    await removeLitter(docker, plan.home);
    const options = { t: plan.tag, rm: true, forcerm: true, abortSignal: control.signal };
    const answer = await docker.buildImage(packContext(plan.files), options);
    await readAnswer(answer, progress);
    control.signal.throwIfAborted();
    const { Id, Size } = await docker.getImage(plan.tag).inspect();
    return { id: Id, tag: plan.tag, bytes: Size };
  } catch (error) {
    await removeLitter(docker, plan.home).catch(() => undefined);
    if (control.signal.aborted) throw new Problem('cancelled', 'The build was cancelled; nothing of it is left.');
    throw explain(error, address, plan, progress);
  }
}

class BuildProgress {
  step = '';
  readonly lines: string[] = [];
  #partial = '';
  readonly #notice: (value: BuildNotice) => void;

  constructor(notice: (value: BuildNotice) => void) {
    this.#notice = notice;
  }

  hear(event: BuildEvent): void {
    if (event.stream !== undefined) this.#text(event.stream);
    // Pulling says the same for each layer many times a second; its words are progress, not output.
    else if (event.status !== undefined) this.#notice({ message: `${event.status}${event.id ? ` ${event.id}` : ''}` });
  }

  #text(text: string): void {
    this.#notice({ output: text });
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines.filter((one) => one.trim() !== '')) {
      this.lines.push(line);
      if (this.lines.length > LAST_LINES) this.lines.shift();
      const [, step, all, words] = /^Step (\d+)\/(\d+) : (.*)$/.exec(line) ?? [];
      if (words === undefined) continue;
      this.step = words;
      this.#notice({ message: `Building: ${words.slice(0, 80)}`, progress: (Number(step) - 1) / Number(all) });
    }
  }
}

class BuildFailed extends Error {}

/** A failure is one event of an answer that is otherwise fine; an engine that dies just ends it. */
async function readAnswer(answer: NodeJS.ReadableStream, progress: BuildProgress): Promise<void> {
  let complete = false;
  for await (const line of createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const event = JSON.parse(line) as BuildEvent;
    progress.hear(event);
    if (event.error !== undefined) throw new BuildFailed(event.error);
    if (event.aux?.ID !== undefined || /^Successfully built /.test(event.stream ?? '')) complete = true;
  }
  if (!complete) throw Object.assign(new Error('The answer to the build ended early.'), { code: 'ENGINE_GONE' });
}

function explain(error: unknown, address: string, plan: ImagePlan, { step, lines }: BuildProgress): Problem {
  if (error instanceof BuildFailed) {
    if (/no space left on device/i.test(error.message)) return explainEngineError(error, address);
    if (isBaseImageProblem(step, error.message)) return explainBaseImage(plan.baseImage, error.message);
    return new Problem('build-failed', `The image could not be built; this step failed: ${step}: ${error.message}`, {
      hint: 'The log of the activity has the whole build.',
      details: [...lines, error.message],
    });
  }
  const problem = explainEngineError(error, address);
  // Engines answer a missing base image also before the first step, as a plain refusal.
  if (problem.code === 'not-found' || isBaseImageProblem('', problem.message)) {
    return explainBaseImage(plan.baseImage, problem.message);
  }
  return problem;
}

/**
 * Removes the unnamed layers of builds of this home, and the containers of steps that still run: after a client left,
 * an engine takes a while to end them. Builds of a home run one at a time, so none of it is in use.
 */
async function removeLitter(docker: Docker, home: string): Promise<void> {
  const label = `${LABELS.home}=${home}`;
  for (let attempt = 0; attempt < 20; attempt++) {
    const all = await docker.listContainers({ all: true, filters: { label: [label] } });
    // A service has the label of its deployment as well.
    const steps = all.filter(({ Labels }) => Labels[LABELS.deployment] === undefined);
    for (const { Id } of steps)
      await docker
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => undefined);
    // An engine prunes for one client at a time and refuses the others; the next attempt may be luckier.
    await docker.pruneImages({ filters: { dangling: { true: true }, label: { [label]: true } } }).catch(unlessBusy);
    const left = await docker.listImages({ filters: { dangling: ['true'], label: [label] } });
    if (left.length === 0) return;
    await sleep(100);
  }
}

function unlessBusy(error: { statusCode?: number }): void {
  if (error.statusCode !== 409) throw error;
}

/** Times and owners are left at zero, so that equal content is an equal layer. */
function packContext(files: readonly ContextFile[]): NodeJS.ReadableStream {
  const pack = tar.pack();
  const write = async (): Promise<void> => {
    for (const { name, from, text } of files) {
      const header = { name, mode: 0o644, mtime: new Date(0) };
      if (from === undefined) {
        pack.entry(header, text ?? '');
        continue;
      }
      const entry = pack.entry({ ...header, size: fs.statSync(from).size });
      await new Promise<void>((resolve, reject) => {
        fs.createReadStream(from).on('error', reject).pipe(entry).on('finish', resolve).on('error', reject);
      });
    }
    pack.finalize();
  };
  write().catch((error: Error) => pack.destroy(error));
  return Readable.from(pack);
}
