import * as vscode from 'vscode';
import { ids } from './contributions.ts';
import { type Disposable, Owner } from './session/event.ts';

/** Texts that we write and a person reads: the doctor's report, the log of an activity. Read-only, nothing to save. */
export class Reports implements vscode.TextDocumentContentProvider, Disposable {
  readonly #texts = new Map<string, string>();
  readonly #owner = new Owner();
  readonly #changes = this.#owner.own(new vscode.EventEmitter<vscode.Uri>());
  readonly onDidChange = this.#changes.event;

  constructor() {
    this.#owner.own(vscode.workspace.registerTextDocumentContentProvider(ids.reportScheme, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.#texts.get(uri.toString()) ?? 'This report is from an earlier window. Run the command again.';
  }

  /** Shows a text under a name whose ending decides the language; the same name again replaces it. */
  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: ids.reportScheme, path: `/${name.replaceAll('/', '-')}` });
    this.#texts.set(uri.toString(), text);
    this.#changes.fire(uri);
    if (name.endsWith('.md')) {
      // Without the Markdown extension the text itself is readable enough.
      const shown = await Promise.resolve(vscode.commands.executeCommand('markdown.showPreview', uri)).then(
        () => true,
        () => false,
      );
      if (shown) return;
    }
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.#owner.dispose();
  }
}
