import type { RefObject } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Axis, ChartView } from './chartView.ts';
import type { HoverStore } from './hoverStore.ts';

interface GestureOptions {
  readonly view: RefObject<ChartView | undefined>;
  readonly hover: HoverStore;
  readonly axis: Axis;
  readonly onRange: (range: readonly [number, number] | undefined) => void;
}

const MIN_DRAG_PX = 5;

/**
 * Pointer and keys of a plot: moving shows the crosshair, dragging selects a range, dragging with Shift or the middle
 * button pans, Ctrl and the wheel zoom at the pointer, a double click resets. Plus, minus, arrows and 0 do the same.
 */
export function usePlotGestures({ view, hover, axis, onRange }: GestureOptions) {
  const [selection, setSelection] = useState<[number, number]>();
  const drag = useRef<{ from: number; pan: boolean; range: readonly [number, number] } | undefined>(undefined);

  const zoom = (factor: number, at?: number) => {
    const bounds = view.current?.bounds.x;
    if (!bounds) return;
    const center = at ?? (bounds[0] + bounds[1]) / 2;
    const next = [center - (center - bounds[0]) * factor, center + (bounds[1] - center) * factor] as const;
    const least = axis === 'step' ? 2 : 10;
    if (next[1] - next[0] >= least) onRange(next);
  };
  const pan = (by: number) => {
    const bounds = view.current?.bounds.x;
    if (!bounds) return;
    const shift = (bounds[1] - bounds[0]) * by;
    onRange([bounds[0] + shift, bounds[1] + shift]);
  };

  const handlers = {
    onPointerMove: (event: PointerEvent) => {
      const x = view.current?.xAt(event.offsetX);
      const started = drag.current;
      if (!started) return hover.set(x);
      if (started.pan && view.current) {
        const { left, right } = view.current.plot;
        const shift = ((event.offsetX - started.from) / (right - left)) * (started.range[1] - started.range[0]);
        return onRange([started.range[0] - shift, started.range[1] - shift]);
      }
      setSelection([Math.min(started.from, event.offsetX), Math.abs(event.offsetX - started.from)]);
    },
    onPointerDown: (event: PointerEvent) => {
      const bounds = view.current?.bounds.x;
      if (!bounds || event.button > 1) return;
      drag.current = { from: event.offsetX, pan: event.shiftKey || event.button === 1, range: bounds };
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerUp: (event: PointerEvent) => {
      const started = drag.current;
      drag.current = undefined;
      setSelection(undefined);
      if (!started || started.pan || Math.abs(event.offsetX - started.from) < MIN_DRAG_PX) return;
      const ends = [view.current?.xAt(started.from), view.current?.xAt(event.offsetX)];
      const [a, b] = [ends[0] ?? started.range[0], ends[1] ?? started.range[1]];
      if (a !== b) onRange([Math.min(a, b), Math.max(a, b)]);
    },
    onPointerLeave: () => {
      if (!drag.current) hover.set(undefined);
    },
    onDblClick: () => onRange(undefined),
    onWheel: (event: WheelEvent) => {
      // Without Ctrl the page scrolls, as everywhere.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, view.current?.xAt(event.offsetX));
    },
  };

  /** Handles a key; false when it means nothing to a plot. */
  const onKey = (event: KeyboardEvent): boolean => {
    switch (event.key) {
      case '+':
      case '=':
        zoom(0.7);
        return true;
      case '-':
        zoom(1 / 0.7);
        return true;
      case '0':
        onRange(undefined);
        return true;
      case 'ArrowLeft':
        pan(-0.2);
        return true;
      case 'ArrowRight':
        pan(0.2);
        return true;
      default:
        return false;
    }
  };

  return { handlers, onKey, selection };
}
