import * as vscode from 'vscode';
import type { ReplyFor } from '../../shared/api/routes.ts';
import type { RunSummary } from '../../shared/domain/run.ts';
import { formatNumber, formatRelative } from '../../shared/format.ts';
import { seriesStyle } from '../../shared/seriesStyle.ts';
import { type Disposable, Owner } from '../session/event.ts';
import { setting } from '../settings.ts';
import { escapeMarkdown, markdownTable } from '../trees/itemText.ts';
import { fitted, isStale } from './inlineText.ts';
import { findLogCalls, type LogCall } from './logCalls.ts';
import type { ScriptRun, ScriptRuns } from './scriptRuns.ts';
import { hoverChart, sparkline, svgDataUri } from './sparkline.ts';

type Curve = ReplyFor<'runs.curves'>['curves'][number];

/** Redrawn at most this often while a run moves. */
const redrawMs = 250;
/** A value and a curve for each of a line's first four metrics. */
const slots = 8;
const foregrounds = { light: '#616161', dark: '#a0a0a0' };

/**
 * At each line that logs a metric: its latest value and a small curve of the script's current or last run, greyed once
 * the line reads otherwise than it did in that run. What stands at one place is drawn in the order of the decoration
 * types' keys (the editor sorts by class name), so each place in the line has a type of its own, sorted by key.
 */
export class InlineCharts implements Disposable {
  readonly #runs: ScriptRuns;
  readonly #owner = new Owner();
  readonly #slots: readonly vscode.TextEditorDecorationType[];
  readonly #calls = new Map<string, { version: number; calls: LogCall[] }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(runs: ScriptRuns) {
    this.#runs = runs;
    this.#slots = Array.from({ length: slots }, () =>
      this.#owner.own(vscode.window.createTextEditorDecorationType({})),
    ).sort((a, b) => (a.key < b.key ? -1 : 1));
    const redraw = () => this.redraw();
    this.#owner.ownAll(
      runs.onChange(redraw),
      vscode.window.onDidChangeVisibleTextEditors(redraw),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.languageId === 'python') redraw();
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#calls.delete(uri.toString())),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('trainyard.inlineCharts')) redraw();
      }),
      vscode.window.onDidChangeActiveColorTheme(redraw),
      { dispose: () => clearTimeout(this.#timer) },
    );
    redraw();
  }

  /** Soon, and once for everything that happens until then. */
  redraw(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const editor of vscode.window.visibleTextEditors) this.#draw(editor);
    }, redrawMs);
  }

  dispose(): void {
    this.#owner.dispose();
  }

  /** What is to be drawn in a document now: for each place in a line, the decorations that stand there. */
  decorations(document: vscode.TextDocument): vscode.DecorationOptions[][] {
    if (document.languageId !== 'python' || document.uri.scheme !== 'file') return [];
    if (!setting('trainyard.inlineCharts.enabled', document.uri)) return [];
    const calls = this.#callsOf(document);
    if (calls.length === 0) return [];
    const script = this.#runs.of(
      document.uri.fsPath,
      calls.flatMap(({ keys }) => keys),
    );
    if (!script) return [];
    const lines = calls.map((call) => this.#decorationsOf(document, call, script));
    return this.#slots.map((_, slot) => lines.flatMap((line) => line[slot] ?? []));
  }

  #draw(editor: vscode.TextEditor): void {
    const decorations = this.decorations(editor.document);
    this.#slots.forEach((type, slot) => {
      editor.setDecorations(type, decorations[slot] ?? []);
    });
  }

  #callsOf(document: vscode.TextDocument): LogCall[] {
    const key = document.uri.toString();
    const known = this.#calls.get(key);
    if (known?.version === document.version) return known.calls;
    const calls = findLogCalls(document.getText());
    this.#calls.set(key, { version: document.version, calls });
    return calls;
  }

  #decorationsOf(
    document: vscode.TextDocument,
    call: LogCall,
    script: ScriptRun,
  ): (vscode.DecorationOptions | undefined)[] {
    const source = document.getText(new vscode.Range(document.positionAt(call.offset), document.positionAt(call.end)));
    const stale = isStale(source, script.source);
    const line = document.lineAt(document.positionAt(call.end).line);
    return fitted(call.keys, script.metrics).flatMap(({ key, text }, index) => {
      const range = new vscode.Range(line.range.end, line.range.end);
      const hover = this.#hover(script, key, stale);
      const color = new vscode.ThemeColor(stale ? 'disabledForeground' : 'editorCodeLens.foreground');
      const words: vscode.DecorationOptions = {
        range,
        hoverMessage: hover,
        renderOptions: {
          after: {
            contentText: text,
            color,
            margin: index === 0 ? '0 0 0 3ch' : '0 0 0 2ch',
            fontStyle: stale ? 'italic' : 'normal',
          },
        },
      };
      const curve = script.curves.get(key);
      if (!curve || curve.x.length < 2) return [words, undefined];
      const style = { ...curve, ...seriesStyle(script.run.id) };
      const icon = vscode.Uri.parse(svgDataUri(sparkline(style, { stale })));
      return [
        words,
        { range, hoverMessage: hover, renderOptions: { after: { contentIconPath: icon, margin: '0 0 0 0.7ch' } } },
      ];
    });
  }

  #hover(script: ScriptRun, key: string, stale: boolean): vscode.MarkdownString {
    const metric = script.metrics.get(key);
    const { run } = script;
    const curve = script.curves.get(key);
    const extreme = (value: number | undefined) => (value === undefined ? undefined : formatNumber(value));
    const parts = [
      `**${escapeMarkdown(key)}** ${metric ? formatNumber(metric.last) : ''} — ${runWords(run, stale)}`,
      ...(curve && curve.x.length > 1
        ? [`![chart of ${escapeMarkdown(key)}](${this.#chart(run, curve)}|width=340,height=130)`]
        : []),
      markdownTable([
        ['last step', metric ? String(metric.lastStep) : undefined],
        ['points', metric ? String(metric.count) : undefined],
        ['lowest', extreme(metric?.min)],
        ['highest', extreme(metric?.max)],
      ]),
    ];
    const markdown = new vscode.MarkdownString(parts.join('\n\n'));
    markdown.isTrusted = { enabledCommands: ['trainyard.openRun'] };
    const argument = encodeURIComponent(JSON.stringify([{ kind: 'run', id: run.id }]));
    markdown.appendMarkdown(`\n\n[Open run](command:trainyard.openRun?${argument})`);
    return markdown;
  }

  #chart(run: RunSummary, curve: Curve): string {
    const finite = curve.y.filter((value): value is number => value !== null);
    const { Light, HighContrastLight } = vscode.ColorThemeKind;
    const { kind } = vscode.window.activeColorTheme;
    const labels = {
      low: formatNumber(Math.min(...finite), 3),
      high: formatNumber(Math.max(...finite), 3),
      from: `step ${curve.x[0]}`,
      to: String(curve.x.at(-1)),
      foreground: kind === Light || kind === HighContrastLight ? foregrounds.light : foregrounds.dark,
    };
    return svgDataUri(hoverChart({ ...curve, ...seriesStyle(run.id) }, labels));
  }
}

function runWords(run: RunSummary, stale: boolean): string {
  const when = formatRelative(run.endedAt ?? run.createdAt);
  const from = `from ${escapeMarkdown(run.name)}, ${when}`;
  return stale ? `${from}; the line has changed since` : `${from} (${run.state})`;
}
