/**
 * The things that trees show and commands work on, as plain data. The same shapes are a command's arguments when a page,
 * a CodeLens or a test calls it.
 */
export type Node =
  | RunNode
  | ExperimentNode
  | ModelNode
  | VersionNode
  | DeploymentNode
  | WorkspaceNode
  | ActivityNode
  | { readonly kind: 'target'; readonly id: string }
  | { readonly kind: 'image'; readonly id: string }
  | MoreNode;

export interface RunNode {
  readonly kind: 'run';
  readonly id: string;
}
export interface ExperimentNode {
  readonly kind: 'experiment';
  readonly id: string;
}
export interface ModelNode {
  readonly kind: 'model';
  /** The model's name. */
  readonly id: string;
}
export interface VersionNode {
  readonly kind: 'version';
  /** `name:version`. */
  readonly id: string;
  readonly model: string;
  readonly version: string;
}
export interface DeploymentNode {
  readonly kind: 'deployment';
  readonly id: string;
}
export interface WorkspaceNode {
  readonly kind: 'workspace';
  readonly id: string;
}
export interface ActivityNode {
  readonly kind: 'activity';
  readonly id: string;
}
/** Reads the next page of a list of runs. */
export interface MoreNode {
  readonly kind: 'more';
  /** The parent whose list goes on, `none` at the top. */
  readonly id: string;
}

export type NodeKind = Node['kind'];
export type NodeOf<K extends NodeKind> = Extract<Node, { kind: K }>;

export function versionNode(model: string, version: number | string): VersionNode {
  return { kind: 'version', id: `${model}:${version}`, model, version: String(version) };
}

/** Model names hold no colon, so the last one divides. */
export function parseVersion(text: string): VersionNode {
  const colon = text.lastIndexOf(':');
  return colon < 0 ? versionNode(text, 'latest') : versionNode(text.slice(0, colon), text.slice(colon + 1));
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { kind?: unknown }).kind === 'string' &&
    typeof (value as { id?: unknown }).id === 'string'
  );
}
