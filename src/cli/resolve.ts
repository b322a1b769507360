import type { Static } from 'typebox';
import type { TrackerClient } from '../client/trackerClient.ts';
import { Problem } from '../shared/api/error.ts';
import type { RunSummary } from '../shared/domain/run.ts';
import { nearestWord } from '../shared/nearestWord.ts';

type Run = Static<typeof RunSummary>;

/** The id of a workspace given by id or name. @throws Problem `not-found`. */
export async function resolveWorkspace(client: TrackerClient, asked: string): Promise<string> {
  const { workspaces } = await client.call('workspaces.list', {});
  const found =
    workspaces.find(({ id, isDefault }) => id === asked || (asked === 'default' && isDefault)) ??
    workspaces.find(({ name }) => name === asked) ??
    workspaces.find(({ name }) => name.toLowerCase() === asked.toLowerCase());
  if (found) return found.id;
  const nearest = nearestWord(
    asked,
    workspaces.map(({ name }) => name),
  );
  throw new Problem('not-found', `No workspace ${asked}.`, {
    hint: nearest === undefined ? 'List them with `trainyard workspaces`.' : `Did you mean ${nearest}?`,
  });
}

/**
 * The run that a person means: an id, the beginning of an id, a name, or `last`. A name that several runs have means
 * the newest of them only if it is their exact name; a beginning must be unique.
 *
 * @throws Problem `not-found`, or `conflict` naming the candidates.
 */
export async function resolveRun(client: TrackerClient, workspace: string, asked: string): Promise<string> {
  const prefixed: Run[] = [];
  const named: Run[] = [];
  for await (const run of everyRun(client, workspace)) {
    if (run.id === asked || asked === 'last') return run.id;
    if (run.id.startsWith(asked)) prefixed.push(run);
    if (run.name === asked) named.push(run);
  }
  const candidates = named.length > 0 ? named.slice(0, 1) : prefixed;
  const [only] = candidates;
  if (only === undefined) {
    throw new Problem('not-found', `No run ${asked}.`, { hint: 'List them with `trainyard runs`.' });
  }
  if (candidates.length === 1) return only.id;
  throw new Problem('conflict', `${asked} may be any of ${candidates.length} runs.`, {
    hint: 'Type more of the id.',
    details: candidates.slice(0, 10).map(({ id, name }) => `${id}  ${name}`),
  });
}

async function* everyRun(client: TrackerClient, workspace: string): AsyncGenerator<Run> {
  let cursor: string | undefined;
  do {
    const page = await client.call('runs.list', {
      params: { workspace },
      query: { limit: 1000, ...(cursor === undefined ? {} : { cursor }) },
    });
    yield* page.runs;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** `NAME` or `NAME:VERSION`. Names hold no colon. */
export function splitModel(text: string): { model: string; version: string } {
  const colon = text.lastIndexOf(':');
  return colon < 0
    ? { model: text, version: 'latest' }
    : { model: text.slice(0, colon), version: text.slice(colon + 1) || 'latest' };
}
