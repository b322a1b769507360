import { formatNumber } from '../../../src/shared/format.ts';
import { Breakable } from '../breakable.tsx';
import { barsOf, compactJson } from './answer.ts';

const MOST_BARS = 24;

/** What a model answered: for one example, each output as a value or as bars; the whole as JSON below. */
export function AnswerView({ body }: { body: unknown }) {
  const outputs = barsOf(body, MOST_BARS);
  return (
    <>
      {outputs.map(({ name, values }) => (
        <table class="bars" key={name}>
          <caption>
            <Breakable text={name} />
          </caption>
          <tbody>
            {values.length === 1 ? (
              <tr>
                <td class="value">
                  <b>{formatNumber(values[0] ?? Number.NaN)}</b>
                </td>
              </tr>
            ) : (
              values.map((value, index) => (
                <tr key={index}>
                  <th scope="row">{index}</th>
                  <td class="bar">
                    <i style={{ width: `${share(value, values) * 100}%` }} />
                  </td>
                  <td class="value">{formatNumber(value, 4)}</td>
                </tr>
              ))
            )}
          </tbody>
        </table>
      ))}
      {outputs.length > 0 ? (
        <details>
          <summary>JSON</summary>
          <pre class="text-preview">{compactJson(body)}</pre>
        </details>
      ) : (
        <pre class="text-preview">{compactJson(body)}</pre>
      )}
    </>
  );
}

function share(value: number, values: readonly number[]): number {
  const most = Math.max(...values.map(Math.abs));
  return most === 0 ? 0 : Math.abs(value) / most;
}
