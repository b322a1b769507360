// Builds dist/: `node esbuild.mjs [--watch] [--production]`. Entry points that do not exist are left out.
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, context } from 'esbuild';

const root = import.meta.dirname;
const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');
const at = (...parts) => path.join(root, ...parts);
/** Built aside and put in place at the end, so that a program which runs from dist/ never sees half of it. */
const dist = watch ? 'dist' : `.dist-${process.pid}`;

const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: production ? false : 'linked',
  minify: production,
  // Class and function names are part of error messages and logs.
  keepNames: production,
  logLevel: 'warning',
  metafile: true,
  outdir: at(dist),
};

const node = {
  ...common,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // jsonc-parser's CommonJS build hides its parts from a bundler; where there is a module build it is the better one.
  mainFields: ['module', 'main'],
  // CommonJS has no import.meta; see src/shared/programFiles.ts for how a bundle finds its files.
  define: {
    'import.meta.url': '__bundleUrl',
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
  banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  // dockerode's SSH transport has optional native parts that are never used: the system's ssh is.
  loader: { '.node': 'empty' },
  external: ['vscode', 'better-sqlite3', 'onnxruntime-node', 'cpu-features', 'mocha', 'playwright-core'],
};

const browser = {
  ...common,
  platform: 'browser',
  target: 'chrome128',
  format: 'iife',
  minify: true,
  keepNames: false,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.ttf': 'file', '.svg': 'text' },
  outdir: at(dist, 'webview'),
};

/** The programs that run in Node: name below dist/ → source. */
function nodeEntries() {
  const entries = {
    extension: 'src/extension.ts',
    tracker: 'src/tracker/main.ts',
    cli: 'src/cli/main.ts',
    'scoring/server': 'src/scoring/server.ts',
    // The run wrapper of Windows; elsewhere it is wrapper.sh.
    wrapper: 'src/tracker/runs/wrapper/wrapper.ts',
  };
  for (const file of sources('src/tracker/children')) entries[`children/${path.parse(file).name}`] = file;
  return present(entries);
}

/** The pages: every folder of webview/ that has a main.tsx. */
function browserEntries() {
  const pages = existsSync(at('webview')) ? readdirSync(at('webview')) : [];
  return present(Object.fromEntries(pages.map((page) => [page, `webview/${page}/main.tsx`])));
}

function sources(folder) {
  if (!existsSync(at(folder))) return [];
  const files = readdirSync(at(folder)).filter((file) => file.endsWith('.ts') && !/\.(test|d)\.ts$/.test(file));
  return files.map((file) => `${folder}/${file}`);
}

function present(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(at(file))));
}

/** Files that are not bundled but belong beside the bundles. */
function copyAssets() {
  const codicons = 'node_modules/@vscode/codicons/dist';
  mkdirSync(at(dist, 'webview'), { recursive: true });
  for (const file of ['codicon.css', 'codicon.ttf']) cpSync(at(codicons, file), at(dist, 'webview', file));
  const assets = {
    python: 'python',
    'scoring/assets': 'src/scoring/assets',
    'wrapper.sh': 'src/tracker/runs/wrapper/wrapper.sh',
  };
  const filter = (file) => !/__pycache__|\btest_[^/\\]*\.py$/.test(file);
  for (const [to, from] of Object.entries(present(assets))) cpSync(at(from), at(dist, to), { recursive: true, filter });
}

const builds = [
  { ...node, entryPoints: nodeEntries() },
  { ...browser, entryPoints: browserEntries() },
].filter((options) => Object.keys(options.entryPoints).length > 0);

process.once('exit', () => {
  if (!watch) rmSync(at(dist), { recursive: true, force: true });
});
copyAssets();
if (watch) {
  for (const options of builds) await (await context({ ...options, logLevel: 'info' })).watch();
} else {
  const results = await Promise.all(builds.map((options) => build(options))).catch(() => process.exit(1));
  rmSync(at('dist'), { recursive: true, force: true });
  renameSync(at(dist), at('dist'));
  writeMetafile(results);
}

/** What went into which bundle, for the benchmark of sizes and for esbuild's own analyser. */
function writeMetafile(results) {
  const metafiles = results.map(({ metafile }) =>
    JSON.parse(JSON.stringify(metafile).replaceAll(`"${dist}/`, '"dist/')),
  );
  const merged = {
    inputs: Object.assign({}, ...metafiles.map(({ inputs }) => inputs)),
    outputs: Object.assign({}, ...metafiles.map(({ outputs }) => outputs)),
  };
  mkdirSync(at('out'), { recursive: true });
  writeFileSync(at('out', 'meta.json'), JSON.stringify(merged));
}
