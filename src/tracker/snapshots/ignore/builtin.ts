import type { IgnoreRule, RuleList } from './rules.ts';
import { parseRules } from './rules.ts';

// What is left out without being asked. The defaults are the weakest rules, so any ignore file can take one back with
// `!name`. Secrets and `.git` cannot be taken back: they are linked into the run's copy instead, where they still work.

const DEFAULTS = `
.git/
.hg/
.svn/
__pycache__/
*.pyc
.venv/
venv/
node_modules/
.ipynb_checkpoints/
.DS_Store
.mypy_cache/
.pytest_cache/
.ruff_cache/
.env.*
`;

const SECRETS = `
.env
.envrc
*.pem
*.p12
*.pfx
id_rsa*
id_dsa*
id_ecdsa*
id_ed25519*
.netrc
_netrc
.pypirc
.git-credentials
.aws
.ssh
`;

/** Names that are of no use in a run's copy: linking them back would let runs write into each other's caches. */
const CACHES = `
__pycache__
*.pyc
*.pyo
.ipynb_checkpoints
.DS_Store
.mypy_cache
.pytest_cache
.ruff_cache
.hg
.svn
`;

/** The built-in rules, weakest of all. `.env.*` is here and not a hard secret, so that `!.env.example` can keep one. */
export function defaultRules(fold: boolean): RuleList {
  return parseRules(DEFAULTS, { source: 'built-in', base: '', fold });
}

const secretRules = parseRules(SECRETS, { source: 'secrets', base: '', fold: true }).rules;
const cacheRules = parseRules(CACHES, { source: 'caches', base: '', fold: false }).rules;

/** Whether something of this name usually holds a secret, and so never enters a snapshot. */
export function isSecretName(name: string): boolean {
  return matchesName(secretRules, name);
}

/** Whether a name was left out because it may hold a secret, by a hard rule or by the default for `.env.*`. */
export function looksSecret(name: string): boolean {
  return isSecretName(name) || name.toLowerCase().startsWith('.env.');
}

export function isCacheName(name: string): boolean {
  return matchesName(cacheRules, name);
}

/** Whether a directory that holds these names is a virtual environment (venv, virtualenv or conda). */
export function isEnvironmentFolder(names: ReadonlySet<string>): boolean {
  return names.has('pyvenv.cfg') || names.has('conda-meta');
}

function matchesName(rules: readonly IgnoreRule[], name: string): boolean {
  return rules.some((rule) => rule.matches(name, name));
}
