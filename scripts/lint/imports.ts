import path from 'node:path';
import { type Source, sources } from './sources.ts';

interface Import {
  from: string;
  /** A path from the checkout for our own files, else the package's name as written. */
  to: string;
  typeOnly: boolean;
}

/** The walls between the parts of the house, and cycles. */
export function checkImports(all: Source[] = sources()): string[] {
  const imports = all.flatMap(importsOf);
  return [...imports.flatMap(complaintsAbout), ...cycles(imports).map((cycle) => `Import cycle: ${cycle.join(' → ')}`)];
}

const statement = /^\s*(?:import|export)\s+(type\s)?[^'"`;]*?from\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]/gm;
const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every import of a file, those for types and those at run time included. */
export function importsOf({ file, text }: Source): Import[] {
  const code = withoutComments(text);
  const found: { name: string; typeOnly: boolean }[] = [];
  for (const [, type, from, bare] of code.matchAll(statement))
    found.push({ name: from ?? bare ?? '', typeOnly: Boolean(type) });
  for (const [, name = ''] of code.matchAll(dynamic)) found.push({ name, typeOnly: false });
  return found.map(({ name, typeOnly }) => ({ from: file, to: resolved(file, name), typeOnly }));
}

function resolved(file: string, name: string): string {
  return name.startsWith('.') ? path.posix.normalize(path.posix.join(path.posix.dirname(file), name)) : name;
}

/** Good enough for imports, which stand at the start of a line: whole-line comments and block comments go. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
}

function complaintsAbout({ from, to }: Import): string[] {
  const ours = /^(src|webview|test|scripts|bench)\//.test(to);
  const isTest = isForTests(from);
  if (to === 'vscode' && !/^(src\/extension\.ts$|src\/editor\/|test\/editor\/)/.test(from)) {
    return [`${from} imports vscode; only src/extension.ts and src/editor may.`];
  }
  if (from.startsWith('src/shared/') && ours && !to.startsWith('src/shared/') && !isTest) {
    return [`${from} imports ${to}; src/shared imports nothing of ours.`];
  }
  if (from.startsWith('webview/') && ours && !/^(src\/shared|webview)\//.test(to) && !isTest) {
    return [`${from} imports ${to}; webview imports only src/shared and itself.`];
  }
  if (/^src\/(tracker|client|cli|scoring)\//.test(from) && /^src\/(editor\/|extension\.ts)/.test(to)) {
    return [`${from} imports ${to}; the core runs without the editor's part.`];
  }
  if (from.startsWith('src/') && /^(test|scripts|bench|webview)\//.test(to) && !isTest) {
    return [`${from} imports ${to}; the product does not depend on ${to.split('/')[0]}.`];
  }
  if (from.startsWith('src/') && !isTest && isForTests(to)) {
    return [`${from} imports ${to}, which is for tests only.`];
  }
  return [];
}

/** Tests, the suites that several of them share, and their helpers beside the module. */
function isForTests(file: string): boolean {
  return /^(test|bench)\/|\.test\.|\.contract\.|(^|[./])testing\.ts$/.test(file);
}

/** One cycle for each group of files that reach each other, as the path around it. Type imports count: they couple too. */
export function cycles(imports: Import[]): string[][] {
  const graph = new Map<string, string[]>();
  for (const { from, to } of imports) graph.set(from, [...(graph.get(from) ?? []), to]);
  const done = new Set<string>();
  const found: string[][] = [];
  const visit = (file: string, trail: string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) {
      found.push([...trail.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
