import { Problem } from '../../shared/api/error.ts';
import { PROTOCOL } from '../../shared/homeFiles.ts';
import { compareVersions } from '../../shared/version.ts';
import type { TrackerContext } from '../context.ts';
import { countActiveRuns } from '../workspaces/contents.ts';
import type { EventStreams } from './eventStream.ts';
import type { Part } from './handlers.ts';

type Names =
  | 'tracker.info'
  | 'tracker.openapi'
  | 'tracker.events'
  | 'tracker.handover'
  | 'tracker.stop'
  | 'tracker.doctor'
  | 'activities.list'
  | 'activities.cancel'
  | 'activities.log';

export interface TrackerPartOptions {
  readonly streams: EventStreams;
  readonly startedAt: number;
  /** Ends the tracker in good order, once what is being answered has been answered. */
  readonly leave: (why: string) => void;
}

/** What the tracker says about itself, its end, its activities, and what a shell needs to reach it. */
export function createTrackerPart(context: TrackerContext, options: TrackerPartOptions): Part<Names> {
  const { activities } = context;
  return {
    handlers: {
      'tracker.info': () => ({
        version: context.version,
        protocol: PROTOCOL,
        pid: process.pid,
        startedAt: options.startedAt,
        home: context.home.root,
        address: context.address(),
        node: process.version,
        clients: options.streams.size,
        activeRuns: context.workspaces.all().reduce((sum, store) => sum + countActiveRuns(store.db), 0),
        memory: process.memoryUsage.rss(),
      }),
      'tracker.openapi': async () => (await import('./openapi.ts')).describeApi(context.version),
      'tracker.events': (request, response) => options.streams.connect(request, response),
      'tracker.handover': ({ body }) => {
        refuseOlder(context.version, body.version);
        options.leave(`handed over to ${body.version}`);
        return {};
      },
      'tracker.stop': () => {
        options.leave('asked to stop');
        return {};
      },
      'tracker.doctor': async () => ({ findings: await (await import('../doctor/doctor.ts')).examine(context) }),
      'activities.list': () => ({ activities: activities.list() }),
      'activities.cancel': ({ params }) => activities.cancel(params.activity),
      'activities.log': async ({ params, query }) => {
        const { readFrom } = await import('./textFile.ts');
        return readFrom(activities.logFile(params.activity), query.offset ?? 0);
      },
    },
    busy: () => {
      if (options.streams.size > 0) return 'clients are connected';
      return activities.running > 0 ? 'an activity is running' : undefined;
    },
  };
}

/** An older program would not understand what a newer one wrote. */
function refuseOlder(own: string, theirs: string): void {
  const order = compareVersions(theirs, own);
  if (order > 0) return;
  const relation = order < 0 ? 'older' : 'the same';
  throw new Problem('conflict', `This tracker is version ${own}; ${theirs} is ${relation} and does not replace it.`, {
    hint: order < 0 ? 'Update that Trainyard, or go on using it with this tracker.' : undefined,
  });
}
