import type * as vscode from 'vscode';

/** The part of the Python extension's documented API that is used here (its `PythonExtension` interface). */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string };
    resolveEnvironment(path: unknown): Promise<
      | {
          readonly executable: { readonly uri?: { readonly fsPath: string } | undefined };
          readonly version?: { readonly major: number; readonly minor: number; readonly micro: number } | undefined;
          readonly environment?: { readonly name?: string | undefined } | undefined;
        }
      | undefined
    >;
  };
}

export interface Interpreter {
  readonly path: string;
  readonly name: string;
  readonly version?: string;
  readonly source: string;
}

/** The slice of `vscode.extensions` that finds the Python extension, so that it can be stood in for. */
export interface ExtensionFinder {
  getExtension(
    id: string,
  ): { readonly isActive: boolean; readonly exports: unknown; activate(): Thenable<unknown> } | undefined;
}

/**
 * The interpreter that the Python extension has selected for a folder.
 *
 * @returns undefined without the extension, or when it has none, or an API that is not the documented one
 */
export async function selectedPython(finder: ExtensionFinder, folder: vscode.Uri): Promise<Interpreter | undefined> {
  const extension = finder.getExtension('ms-python.python');
  if (!extension) return undefined;
  try {
    const api = (extension.isActive ? extension.exports : await extension.activate()) as PythonApi | undefined;
    const active = api?.environments?.getActiveEnvironmentPath(folder);
    const resolved = active && (await api?.environments?.resolveEnvironment(active));
    const path = resolved?.executable.uri?.fsPath;
    if (!path) return undefined;
    const { version, environment } = resolved;
    const number = version && `${version.major}.${version.minor}.${version.micro}`;
    return {
      path,
      name: environment?.name || (number ? `Python ${number}` : 'Python'),
      source: 'selected in the editor',
      ...(number ? { version: number } : {}),
    };
  } catch {
    // Whatever another extension does wrong, the tracker's own search remains.
    return undefined;
  }
}
