import type { RunDetail } from '../../src/shared/domain/run.ts';
import { type SeriesStyle, seriesStyles } from '../../src/shared/seriesStyle.ts';
import { host } from '../shared/host.ts';

/** A run drawn on the page: the one it is about, or one ticked beside it. */
export interface Subject {
  readonly run: RunDetail;
  readonly style: SeriesStyle;
}

export async function readSubjects(workspace: string, ids: readonly string[]): Promise<Subject[]> {
  const styles = seriesStyles(ids);
  const runs = await Promise.all(ids.map((run) => host.call('runs.get', { params: { workspace, run } })));
  return runs.flatMap((run) => {
    const style = styles.get(run.id);
    return style ? [{ run, style }] : [];
  });
}
