import type { ActivityBoard, ActivityControl, ActivityOptions } from '../activities/activityBoard.ts';

const SLOW_MS = 700;

/**
 * Runs `work` quietly, and shows it as an activity only once it has taken so long that a person wonders. Aborted by
 * `signal` and by the activity's own cancel.
 */
export async function slowActivity<T>(
  board: ActivityBoard,
  options: ActivityOptions,
  signal: AbortSignal,
  work: (control: Pick<ActivityControl, 'signal' | 'report' | 'output'>) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  let shown: ActivityControl | undefined;
  let last: Parameters<ActivityControl['report']> | undefined;
  const running = work({
    signal: AbortSignal.any([signal, abort.signal]),
    report: (...news) => {
      last = news;
      shown?.report(...news);
    },
    output: (text) => shown?.output(text),
  });
  const timer = setTimeout(() => {
    board.start(options, async (control) => {
      shown = control;
      if (last) control.report(...last);
      control.signal.addEventListener('abort', () => abort.abort(control.signal.reason), { once: true });
      await running;
    });
  }, SLOW_MS);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}
