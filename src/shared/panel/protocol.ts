import type { ApiErrorBody } from '../api/error.ts';
import type { TrackerEvent } from '../api/events.ts';
import type { BytesRoute, JsonRoute } from '../api/routes.ts';

/**
 * The one protocol between a page (webview) and the extension host. A page asks by numbered requests and each is
 * answered exactly once, with a value or an error; the host sends events of the tracker as they come. Requests name
 * routes of the tracker: the host checks the name against `pageRoutes`, adds nothing and forwards. Whatever touches the
 * editor itself is an action. When the connection to the tracker breaks, the host says so and the page marks its
 * numbers stale; when it is back, the page reads afresh.
 */
export type PageState =
  | {
      readonly page: 'run';
      readonly workspace: string;
      readonly run: string;
      readonly tab?: RunTab;
      /** Runs shown beside this one. */
      readonly compare?: readonly string[];
    }
  | { readonly page: 'model'; readonly workspace: string; readonly model: string; readonly version?: string }
  | { readonly page: 'deployment'; readonly workspace: string; readonly deployment: string };

export type PageName = PageState['page'];
export type RunTab = 'overview' | 'charts' | 'logs' | 'outputs' | 'code' | 'system';

/** Routes that a page may call. Nothing here deletes: what destroys is a command of the editor, which can be undone. */
export const pageRoutes = [
  'runs.get',
  'runs.list',
  'runs.update',
  'runs.searchLog',
  'runs.errors',
  'runs.outputs',
  'runs.media',
  'runs.snapshot',
  'runs.metrics',
  'runs.curves',
  'models.get',
  'models.update',
  'models.updateVersion',
  'models.predict',
  'deployments.get',
  'deployments.list',
  'deployments.stats',
  'deployments.invoke',
  'activities.list',
] as const satisfies readonly JsonRoute[];
export type PageRoute = (typeof pageRoutes)[number];

export const pageBytesRoutes = [
  'runs.log',
  'runs.output',
  'runs.snapshotFile',
  'runs.metricsCsv',
  'deployments.log',
  'activities.log',
] as const satisfies readonly BytesRoute[];
export type PageBytesRoute = (typeof pageBytesRoutes)[number];

/** Commands of the editor that a page may start; the host passes the page's workspace and subject. */
export const pageCommands = [
  'trainyard.cancelRun',
  'trainyard.runAgain',
  'trainyard.retryRun',
  'trainyard.deleteRun',
  'trainyard.renameRun',
  'trainyard.editTags',
  'trainyard.registerModel',
  'trainyard.openRun',
  'trainyard.exportSnapshot',
  'trainyard.deploy',
  'trainyard.setAlias',
  'trainyard.deleteModelVersion',
  'trainyard.stopDeployment',
  'trainyard.startDeployment',
  'trainyard.deleteDeployment',
  'trainyard.openModel',
  'trainyard.openDeployment',
  'trainyard.copyCurl',
] as const;
export type PageCommand = (typeof pageCommands)[number];

/** What a page asks of the editor. */
export type PageAction =
  | { readonly name: 'open-file'; readonly path: string; readonly line?: number }
  | { readonly name: 'open-snapshot-file'; readonly run: string; readonly path: string; readonly diff: boolean }
  | { readonly name: 'open-external'; readonly url: string }
  | { readonly name: 'copy'; readonly text: string }
  | { readonly name: 'save'; readonly fileName: string; readonly content: string | Uint8Array }
  | { readonly name: 'save-output'; readonly run: string; readonly path: string }
  /** Every point of one metric as CSV, of whatever size. */
  | { readonly name: 'save-metric'; readonly run: string; readonly key: string; readonly fileName: string }
  | { readonly name: 'pick-runs'; readonly run: string; readonly selected: readonly string[] }
  /** `subject` is a run id, a model, a version `name:3`, or a deployment id; `path` an output of the run. */
  | { readonly name: 'command'; readonly command: PageCommand; readonly subject: string; readonly path?: string };

export interface ActionReplies {
  'pick-runs': readonly string[] | undefined;
}

/** A reply to a bytes request. `size` is the size of the whole, `offset` where `body` begins in it. */
export interface PageBytes {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly size: number;
  readonly offset: number;
}

export type FromPage =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly id: number; readonly route: PageRoute; readonly request: object }
  | {
      readonly type: 'bytes';
      readonly id: number;
      readonly route: PageBytesRoute;
      readonly request: object;
      readonly range?: string;
    }
  | { readonly type: 'act'; readonly id: number; readonly action: PageAction }
  /** What a reload has to bring back. The page also keeps it by the webview's own `setState`. */
  | { readonly type: 'state'; readonly state: PageState };

export type ToPage =
  | { readonly type: 'show'; readonly state: PageState }
  | { readonly type: 'reply'; readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly type: 'reply'; readonly id: number; readonly ok: false; readonly error: ApiErrorBody['error'] }
  | { readonly type: 'event'; readonly event: TrackerEvent }
  | { readonly type: 'connection'; readonly connected: boolean };

/**
 * What the host puts into the page's HTML, in `<script id="boot" type="application/json">`: the state to show first.
 * The HTML holds `<div id="page"></div>`, the page's bundle `dist/webview/<page>.js` and `dist/webview/<page>.css`.
 */
export interface PageBoot {
  readonly state: PageState;
}
