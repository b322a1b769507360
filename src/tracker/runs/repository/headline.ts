import type { Direction } from '../../../shared/domain/run.ts';

/** Names of metrics that people judge runs by, the more telling ones first; compared without case and separators. */
const BETTER_HIGH = [
  'valacc',
  'valaccuracy',
  'testacc',
  'testaccuracy',
  'accuracy',
  'acc',
  'valauc',
  'auc',
  'rocauc',
  'valf1',
  'f1',
  'f1score',
  'map',
  'miou',
  'iou',
  'r2',
  'bleu',
  'precision',
  'recall',
  'reward',
];
const BETTER_LOW = [
  'valloss',
  'validationloss',
  'testloss',
  'evalloss',
  'loss',
  'trainloss',
  'valrmse',
  'rmse',
  'valmae',
  'mae',
  'mse',
  'perplexity',
  'valperplexity',
  'valerror',
  'error',
  'errorrate',
  'wer',
];
const LOW_WORDS = /(loss|error|rmse|mae|mse|perplexity|wer|nll|kl)$/;

export interface HeadlineChoice {
  readonly key: string;
  readonly direction: Direction;
}

/**
 * The metric that a list shows beside a run: what the person chose, else the best known name, else the first metric
 * that is not a system metric. Undefined when nothing was logged.
 */
export function chooseHeadline(
  keys: readonly string[],
  chosen: { readonly tag?: string | undefined; readonly configured?: HeadlineChoice | undefined },
): HeadlineChoice | undefined {
  const own = keys.filter((key) => !key.startsWith('system/'));
  const tagged = chosen.tag === undefined ? undefined : own.find((key) => key === chosen.tag);
  if (tagged !== undefined) {
    const known = chosen.configured?.key === tagged ? chosen.configured.direction : directionOf(tagged);
    return { key: tagged, direction: known };
  }
  if (chosen.configured !== undefined && own.includes(chosen.configured.key)) return chosen.configured;
  const ranked = own
    .map((key) => ({ key, rank: rankOf(key) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank);
  const key = ranked[0]?.key ?? own[0];
  return key === undefined ? undefined : { key, direction: directionOf(key) };
}

/** Which way is better, by the metric's name. */
export function directionOf(key: string): Direction {
  const plain = plainName(key);
  return BETTER_LOW.includes(plain) || LOW_WORDS.test(plain) ? 'min' : 'max';
}

function rankOf(key: string): number {
  const plain = plainName(key);
  const high = BETTER_HIGH.indexOf(plain);
  if (high >= 0) return high;
  const low = BETTER_LOW.indexOf(plain);
  return low < 0 ? -1 : BETTER_HIGH.length + low;
}

/** `val/Accuracy`, `val_accuracy` and `valAccuracy` are one. */
function plainName(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '');
}
