import { Problem } from '../../../shared/api/error.ts';

interface EngineError {
  readonly code?: string | undefined;
  readonly statusCode?: number | undefined;
  readonly message: string;
}

/**
 * An error of the engine, or of the way to it, in words for people: absent, forbidden, gone, full, a taken port and a
 * missing image are told apart, because each has another way out.
 */
export function explainEngineError(error: unknown, address: string): Problem {
  if (error instanceof Problem) return error;
  const { code, statusCode, message } = toEngineError(error);
  const problem = (word: string, text: string, hint: string) => new Problem(word, text, { hint, cause: error });
  if (code === 'ENOENT') {
    return problem(
      'no-engine',
      `There is no Docker engine at ${address}.`,
      'Install and start Docker, or deploy as a local process.',
    );
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return problem('engine-forbidden', `You may not use the Docker engine at ${address}.`, FORBIDDEN);
  }
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'ETIMEDOUT' || code === 'EHOSTUNREACH') {
    return problem(
      'no-engine',
      `No Docker engine answers at ${address} (${code}).`,
      'Start the engine, then try again.',
    );
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ENGINE_GONE' || /socket hang up|aborted/i.test(message)) {
    return problem(
      'engine-lost',
      `The Docker engine at ${address} went away.`,
      'Look whether it runs, then try again.',
    );
  }
  if (/no space left on device|disk quota/i.test(message)) {
    return problem(
      'no-space',
      'The Docker engine has no space left.',
      'Remove unused images, for example with `docker system prune`.',
    );
  }
  if (/port is already allocated|address already in use|ports are not available/i.test(message)) {
    return problem('port-in-use', 'The port is taken.', 'Choose another port, or stop what uses it.');
  }
  if (statusCode === 404)
    return problem(
      'not-found',
      `The engine does not know it: ${message}`,
      'It was removed behind our back; deploy it again.',
    );
  return problem('engine-failed', `The Docker engine refused: ${message}`, 'Its own log may say more.');
}

const FORBIDDEN =
  'On Linux, add yourself to the group docker (`sudo usermod -aG docker $USER`) and log in again; or deploy as a local process.';

/** The base image could not be had: the step is FROM, and the words are those of a registry or of a name. */
export function isBaseImageProblem(step: string, message: string): boolean {
  return (
    /^FROM\b/.test(step) ||
    /pull access denied|manifest .*not found|manifest unknown|repository does not exist|dial tcp|lookup .* on|Client\.Timeout|no route to host/i.test(
      message,
    )
  );
}

export function explainBaseImage(name: string, message: string): Problem {
  const offline = /dial tcp|lookup|timeout|no route|connection refused|TLS/i.test(message);
  const why = offline ? 'and its registry cannot be reached' : 'and it could not be pulled';
  return new Problem('base-image', `The base image ${name} is not on the engine, ${why}.`, {
    hint: `Load it with \`docker load\` or pull it where there is a network, or choose another: the setting trainyard.docker.baseImage, --base-image, or TRAINYARD_BASE_IMAGE.`,
    details: [message],
  });
}

/** docker-modem puts the engine's own words behind a prefix of its own. */
function toEngineError(error: unknown): EngineError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, statusCode, json } = error as Error & {
    code?: string;
    statusCode?: number;
    json?: { message?: string };
  };
  return { code, statusCode, message: json?.message ?? error.message };
}
