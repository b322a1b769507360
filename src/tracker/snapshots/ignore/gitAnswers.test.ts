import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { lastMatch, parseRules, type RuleList } from './rules.ts';

// git itself is the oracle: the same rules and the same paths are given to `git check-ignore`.

const repository = mkdtempSync(join(tmpdir(), 'ignore-git-'));
after(() => rmSync(repository, { recursive: true, force: true }));
git(['init', '-q']);

function git(args: string[], input?: Buffer): string {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
  };
  try {
    return execFileSync('git', ['-C', repository, ...args], { input, env, encoding: 'latin1', maxBuffer: 1 << 28 });
  } catch (error) {
    // check-ignore exits with 1 when nothing is ignored.
    if (error instanceof Error && 'status' in error && error.status === 1) return '';
    throw error;
  }
}

/** Which paths of the tree git ignores. */
function gitIgnores(fold: boolean): Set<string> {
  const input = Buffer.from(tree.map(({ path }) => `./${path}\0`).join(''), 'latin1'); // "./" keeps ":" literal
  const answer = git(['-c', `core.ignoreCase=${fold}`, 'check-ignore', '--no-index', '-z', '--stdin'], input);
  return new Set(answer.split('\0').map((path) => path.slice(2)));
}

/** Asks for each directory on the way first: below an ignored one nothing can come back. */
function weIgnore(lists: RuleList[], path: string, isDirectory: boolean): boolean {
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth += 1) {
    const at = parts.slice(0, depth).join('/');
    const speaking = lists.filter((list) => at.startsWith(list.base));
    const match = lastMatch(speaking, at, depth < parts.length || isDirectory);
    if (match !== undefined && !match.rule.negative) return true;
  }
  return false;
}

// A real tree, since git asks the disk what is a directory: each directory holds each file and, down to two levels,
// each directory. Names are byte strings.
const FILES = [
  'a',
  'bb',
  'Ab',
  ']',
  '[',
  '!',
  '\xc3\xa9',
  '\xff',
  ' ',
  '\\',
  '.z',
  '#',
  'a-',
  ':b',
  'a\n',
  'z ',
  'a.b',
];
const DIRECTORIES = ['b', 'A', 'ab', 'a]', '-', '\xc3\xa9d', 'za'];
const tree = growTree('', 2);

function growTree(at: string, levels: number): { path: string; isDirectory: boolean }[] {
  const grown: { path: string; isDirectory: boolean }[] = [];
  for (const file of FILES) {
    writeFileSync(Buffer.from(`${repository}/${at}${file}`, 'latin1'), '');
    grown.push({ path: at + file, isDirectory: false });
  }
  for (const name of levels === 0 ? [] : DIRECTORIES) {
    mkdirSync(Buffer.from(`${repository}/${at}${name}`, 'latin1'));
    grown.push({ path: at + name, isDirectory: true }, ...growTree(`${at}${name}/`, levels - 1));
  }
  return grown;
}

const atom = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'A', 'ab', '\xc3\xa9', '-', ' ', '#', '!', '.', 'z', ':', ']') },
  { weight: 5, arbitrary: fc.constantFrom('*', '**', '***', '?', '/', '/**/', '**/', '/*', '/**') },
  { weight: 3, arbitrary: fc.constantFrom('\\', '\\*', '\\a', '\\A', '\\ ', '\\[', '\\/', '\\\\', '\\]') },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '[ab]',
      '[!a]',
      '[^a]',
      '[a-z]',
      '[A-B]',
      '[]a]',
      '[!]a]',
      '[',
      '[a',
      '[[:alpha:]]',
      '[[:upper:]]',
      '[[:punct:]]',
      '[[:bad:]]',
      '[[:]',
      '[\\]a]',
      '[a-\\]]',
      '[/]',
      '[b-a]',
      '[--a]',
      '[[:space:]-a]',
      '[a/b]',
      '[!/]',
      '[\xc3]',
      '[[:cntrl:]!-\\-]',
      '[[:graph:]]',
      '[[:xdigit:]]',
    ),
  },
);
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '!', '/', '!/', '#', '\\#', '\\!'),
    fc.array(atom, { minLength: 1, maxLength: 5 }),
    fc.constantFrom('', '', '', '/', ' ', '  ', '\\ ', '\t', '\r', '\\'),
  )
  .map(([start, atoms, end]) => start + atoms.join('') + end);
const ruleFile = fc
  .tuple(
    fc.constantFrom('', '', '\xef\xbb\xbf'),
    fc.array(line, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('', '\n', '\r\n'),
  )
  .map(([start, lines, end]) => start + lines.join('\n') + end);

const runs = Number(process.env.FC_RUNS ?? 150);

test('one ignore file: every answer is what git answers', () => {
  fc.assert(
    fc.property(ruleFile, fc.boolean(), (text, fold) => {
      writeFileSync(join(repository, '.gitignore'), text, 'latin1');
      compare([parseRules(text, { source: '.gitignore', base: '', fold })], fold);
    }),
    { numRuns: runs },
  );
});

test('nested ignore files, three per directory: every answer is what git answers for their concatenation', () => {
  const files = fc.array(ruleFile, { maxLength: 3 });
  fc.assert(
    fc.property(fc.record({ '': files, b: files, 'b/ab': files, za: files }), fc.boolean(), (nested, fold) => {
      const lists: RuleList[] = [];
      for (const [where, texts] of Object.entries(nested)) {
        const base = where === '' ? '' : `${where}/`;
        for (const text of texts) lists.push(parseRules(text, { source: where, base, fold }));
        // A byte order mark counts at the start of a file only, so it goes from all but the first.
        const whole = texts.map((text, i) => (i === 0 ? text : text.replace(/^\xef\xbb\xbf/, ''))).join('\n');
        writeFileSync(join(repository, where, '.gitignore'), whole, 'latin1');
      }
      compare(lists, fold);
    }),
    { numRuns: runs },
  );
});

function compare(lists: RuleList[], fold: boolean): void {
  const theirs = gitIgnores(fold);
  for (const { path, isDirectory } of tree) {
    const verb = theirs.has(path) ? 'ignores' : 'keeps';
    assert.equal(weIgnore(lists, path, isDirectory), theirs.has(path), `git ${verb} ${JSON.stringify(path)}`);
  }
}
