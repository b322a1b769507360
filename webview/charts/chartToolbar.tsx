import { Button, Checkbox, Dropdown, TextField } from '../shared/controls/toolkit.tsx';
import type { Axis } from './chartView.ts';

interface ChartToolbarProps {
  readonly axis: Axis;
  readonly logarithmic: boolean;
  readonly smoothing: number;
  readonly search: string;
  readonly zoomed: boolean;
  readonly hidden: readonly string[];
  onAxis(axis: Axis): void;
  onLogarithmic(on: boolean): void;
  onSmoothing(weight: number): void;
  onSearch(text: string): void;
  onResetZoom(): void;
  onShowHidden(): void;
}

const axes = [
  { value: 'step', text: 'Step' },
  { value: 'relative', text: 'Time since start' },
  { value: 'time', text: 'Clock time' },
] as const satisfies readonly { value: Axis; text: string }[];

export function ChartToolbar(props: ChartToolbarProps) {
  return (
    <div class="toolbar" role="toolbar" aria-label="Charts">
      <TextField value={props.search} label="Search metrics" placeholder="Search metrics" onInput={props.onSearch} />
      <label class="slider">
        Smoothing
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={props.smoothing}
          onInput={(event) => props.onSmoothing(Number(event.currentTarget.value))}
        />
        <output>{props.smoothing.toFixed(2)}</output>
      </label>
      <Dropdown value={props.axis} label="Horizontal axis" options={axes} onChange={props.onAxis} />
      <Checkbox checked={props.logarithmic} onChange={props.onLogarithmic}>
        Log scale
      </Checkbox>
      {props.zoomed ? (
        <Button icon="screen-normal" onClick={props.onResetZoom}>
          Reset zoom
        </Button>
      ) : null}
      {props.hidden.length > 0 ? (
        <Button icon="eye" title={props.hidden.join(', ')} onClick={props.onShowHidden}>
          {`Show ${props.hidden.length} hidden`}
        </Button>
      ) : null}
    </div>
  );
}
