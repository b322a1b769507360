import path from 'node:path';
import { parseTree } from 'jsonc-parser';
import * as vscode from 'vscode';
import type { Workspace } from '../../shared/domain/workspace.ts';
import { configurationFolder, isConfigurationFile } from '../../shared/folderFiles.ts';
import { nearestWord } from '../../shared/nearestWord.ts';
import { ids } from '../contributions.ts';
import { Coalescer } from '../session/coalesce.ts';
import { type Disposable, Owner } from '../session/event.ts';
import type { Resource } from '../session/resource.ts';
import type { Finding } from './checkConfiguration.ts';
import type { ConfigurationStore } from './configurationStore.ts';
import { valueAt } from './valueAt.ts';

/** Ten thousand scripts come at once when a virtual environment is made in the folder. */
const quietMs = 500;

const selector: vscode.DocumentSelector = { scheme: 'file', pattern: `**/${configurationFolder}/*.json` };

/** What is wrong in run configurations and in what stands beside them, in Problems at the place, with a quick fix where the right word is near. */
export class ConfigurationDiagnostics implements vscode.CodeActionProvider, Disposable {
  readonly #owner = new Owner();
  readonly #collection = this.#owner.own(vscode.languages.createDiagnosticCollection(ids.diagnostics));
  readonly #fixes = new WeakMap<vscode.Diagnostic, vscode.TextEdit & { title: string }>();
  readonly #workspaces: Resource<Workspace[]>;
  /** How often each file was checked: of two checks that overtake each other, the one that began last counts. */
  readonly #turns = new Map<string, number>();

  constructor(configurations: ConfigurationStore, workspaces: Resource<Workspace[]>) {
    this.#workspaces = workspaces;
    const checkOpen = (document: vscode.TextDocument) => {
      if (vscode.languages.match(selector, document) > 0) void this.#check(document.uri, document.getText());
    };
    const all = this.#owner.own(new Coalescer<'all'>(quietMs, () => void this.#checkAll(configurations)));
    const checkAll = () => all.add('all');
    // A script that comes, goes or gets another name changes what is right in every configuration.
    const scripts = vscode.workspace.createFileSystemWatcher('**/*.{py,R,r,sh,jl,js,mjs}', false, true, false);
    this.#owner.ownAll(
      vscode.workspace.onDidOpenTextDocument(checkOpen),
      vscode.workspace.onDidChangeTextDocument(({ document }) => checkOpen(document)),
      // Closed without saving: what counts is the file again.
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (vscode.languages.match(selector, document) > 0) checkAll();
      }),
      configurations.onChange(checkAll),
      workspaces.onChange(() => configurations.folderFiles.length > 0 && checkAll()),
      scripts,
      scripts.onDidCreate(checkAll),
      scripts.onDidDelete(checkAll),
      vscode.languages.registerCodeActionsProvider(selector, this, {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
    for (const document of vscode.workspace.textDocuments) checkOpen(document);
    checkAll();
  }

  provideCodeActions(
    document: vscode.TextDocument,
    _: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    const own = this.#collection.get(document.uri) ?? [];
    return diagnostics.flatMap((shown) => {
      // The editor hands copies back; ours is the one at the same place with the same words.
      const diagnostic = own.find(({ range, message }) => message === shown.message && range.isEqual(shown.range));
      const fix = diagnostic && this.#fixes.get(diagnostic);
      if (!fix) return [];
      const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.set(document.uri, [fix]);
      action.diagnostics = [shown];
      action.isPreferred = true;
      return [action];
    });
  }

  dispose(): void {
    this.#owner.dispose();
  }

  async #checkAll(configurations: ConfigurationStore): Promise<void> {
    const all = [...(await configurations.all()).map(({ uri }) => uri), ...configurations.folderFiles];
    const known = new Set(all.map((uri) => uri.toString()));
    this.#collection.forEach((uri) => {
      if (!known.has(uri.toString())) this.#collection.delete(uri);
    });
    for (const uri of all) {
      const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
      const text = open?.getText() ?? (await readText(uri));
      // Gone in the meantime: news of that is on its way.
      if (text !== undefined) await this.#check(uri, text);
    }
  }

  async #check(uri: vscode.Uri, text: string): Promise<void> {
    const key = uri.toString();
    const turn = (this.#turns.get(key) ?? 0) + 1;
    this.#turns.set(key, turn);
    // The schemas take longer to load than all else of the extension; they come with the first configuration.
    const { checkConfiguration, checkFolderFile } = await import('./checkConfiguration.ts');
    const findings = isConfigurationFile(path.basename(uri.fsPath))
      ? [...checkConfiguration(text), ...(await missingFiles(uri, text))]
      : checkFolderFile(text, await this.#workspaces.get().catch(() => undefined));
    if (this.#turns.get(key) !== turn) return;
    const position = positions(text);
    const range = (offset: number, length: number) => new vscode.Range(position(offset), position(offset + length));
    const diagnostics = findings.map((finding) => {
      const diagnostic = new vscode.Diagnostic(
        range(finding.offset, finding.length),
        finding.message,
        vscode.DiagnosticSeverity.Error,
      );
      diagnostic.source = 'Trainyard';
      const { fix } = finding;
      if (fix) {
        const edit = Object.assign(vscode.TextEdit.replace(range(fix.offset, fix.length), fix.text), {
          title: fix.title,
        });
        this.#fixes.set(diagnostic, edit);
      }
      return diagnostic;
    });
    this.#collection.set(uri, diagnostics);
  }
}

/** The files that a configuration names and that are not there, each with the nearest that is. */
async function missingFiles(uri: vscode.Uri, text: string): Promise<Finding[]> {
  const root = parseTree(text, [], { allowTrailingComma: true });
  if (!root) return [];
  const folder = path.dirname(path.dirname(uri.fsPath));
  const environment = valueAt(root, 'environment');
  const places = [
    { node: valueAt(root, 'script'), what: 'script' },
    { node: environment && valueAt(environment, 'requirements'), what: 'requirements file' },
    { node: valueAt(root, 'workingDirectory'), what: 'working directory' },
  ];
  const findings: Finding[] = [];
  for (const { node, what } of places) {
    if (node?.type !== 'string' || node.value === '') continue;
    const file = path.resolve(folder, String(node.value));
    if (await exists(file)) continue;
    const near = nearestWord(path.basename(file), await names(path.dirname(file)));
    const words = `The ${what} “${node.value}” is not in ${path.basename(folder)}.`;
    const place = { offset: node.offset, length: node.length };
    if (!near) findings.push({ ...place, message: words });
    else {
      const right = path
        .relative(folder, path.join(path.dirname(file), near))
        .split(path.sep)
        .join('/');
      const fix = { ...place, title: `Change to “${right}”`, text: JSON.stringify(right) };
      findings.push({ ...place, message: `${words} Did you mean “${right}”?`, fix });
    }
  }
  return findings;
}

async function readText(uri: vscode.Uri): Promise<string | undefined> {
  return Promise.resolve(vscode.workspace.fs.readFile(uri)).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => undefined,
  );
}

async function exists(file: string): Promise<boolean> {
  return Promise.resolve(vscode.workspace.fs.stat(vscode.Uri.file(file))).then(
    () => true,
    () => false,
  );
}

async function names(folder: string): Promise<string[]> {
  return Promise.resolve(vscode.workspace.fs.readDirectory(vscode.Uri.file(folder))).then(
    (entries) => entries.map(([name]) => name),
    () => [],
  );
}

/** Offsets to positions, for a text that need not be open. */
function positions(text: string): (offset: number) => vscode.Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const line = Math.max(
      0,
      starts.findLastIndex((start) => start <= offset),
    );
    return new vscode.Position(line, offset - (starts[line] ?? 0));
  };
}
