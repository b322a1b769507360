/**
 * Compares two versions by the rules of semver.org, section 11 (a pre-release is older than its release; build
 * metadata does not count). Negative when `a` is older, 0 when equal, positive when newer.
 */
export function compareVersions(a: string, b: string): number {
  const left = parse(a);
  const right = parse(b);
  for (let index = 0; index < 3; index++) {
    const difference = (left.core[index] ?? 0) - (right.core[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  for (let index = 0; index < Math.max(left.pre.length, right.pre.length); index++) {
    const difference = compareIdentifiers(left.pre[index], right.pre[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parse(version: string): { core: number[]; pre: string[] } {
  const [plain = ''] = version.split('+');
  const dash = plain.indexOf('-');
  const core = dash < 0 ? plain : plain.slice(0, dash);
  return { core: core.split('.').map(Number), pre: dash < 0 ? [] : plain.slice(dash + 1).split('.') };
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const numeric = [a, b].map((word) => /^\d+$/.test(word));
  if (numeric[0] && numeric[1]) return Number(a) - Number(b);
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}
