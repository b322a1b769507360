import type { RunDetail } from '../../src/shared/domain/run.ts';
import type { SeriesStyle } from '../../src/shared/seriesStyle.ts';

/** A run drawn on the page: the one it is about, or one ticked beside it. */
export interface Subject {
  readonly run: RunDetail;
  readonly style: SeriesStyle;
}
