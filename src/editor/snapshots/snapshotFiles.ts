import * as vscode from 'vscode';
import { ids } from '../contributions.ts';
import type { TrackerSession } from '../session/trackerSession.ts';

/** `trainyard-snapshot:/<run>/<path in the snapshot>` */
export function snapshotUri(run: string, inner: string): vscode.Uri {
  return vscode.Uri.from({ scheme: ids.snapshotScheme, path: `/${run}/${inner}` });
}

interface Entry {
  readonly bytes: number;
  readonly modifiedAt: number;
}

/**
 * Snapshots as a read-only file system, so that a file as it was when the run started opens, diffs and is searched as
 * any other. A snapshot never changes: what was read once is not read again.
 */
export class SnapshotFiles implements vscode.FileSystemProvider {
  readonly #session: TrackerSession;
  readonly #trees = new Map<string, Promise<Map<string, Entry>>>();
  readonly onDidChangeFile = new vscode.EventEmitter<vscode.FileChangeEvent[]>().event;

  constructor(session: TrackerSession) {
    this.#session = session;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { run, inner } = split(uri);
    const files = await this.#files(run);
    const file = files.get(inner);
    const { File, Directory } = vscode.FileType;
    if (file) {
      const permissions = vscode.FilePermission.Readonly;
      return { type: File, size: file.bytes, ctime: file.modifiedAt, mtime: file.modifiedAt, permissions };
    }
    if (inner === '' || [...files.keys()].some((key) => key.startsWith(`${inner}/`))) {
      return { type: Directory, size: 0, ctime: 0, mtime: 0 };
    }
    throw vscode.FileSystemError.FileNotFound(uri);
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    const { run, inner } = split(uri);
    const prefix = inner === '' ? '' : `${inner}/`;
    const found = new Map<string, vscode.FileType>();
    for (const key of (await this.#files(run)).keys()) {
      if (!key.startsWith(prefix)) continue;
      const [name = '', ...rest] = key.slice(prefix.length).split('/');
      found.set(name, rest.length > 0 ? vscode.FileType.Directory : vscode.FileType.File);
    }
    return [...found];
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { run, inner } = split(uri);
    const params = { workspace: 'default', run };
    const response = await this.#session.bytes('runs.snapshotFile', { params, query: { path: inner } });
    return new Uint8Array(await response.arrayBuffer());
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  #files(run: string): Promise<Map<string, Entry>> {
    const known = this.#trees.get(run);
    if (known) return known;
    const read = this.#session
      .call('runs.snapshot', { params: { workspace: 'default', run } })
      .then(({ files }) => new Map(files.filter(({ kind }) => kind !== 'directory').map((file) => [file.path, file])));
    this.#trees.set(run, read);
    read.catch(() => this.#trees.delete(run));
    return read;
  }
}

function split(uri: vscode.Uri): { run: string; inner: string } {
  const [, run = '', ...inner] = uri.path.split('/');
  return { run, inner: inner.join('/') };
}
