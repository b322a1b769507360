import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TensorSpec } from '../shared/domain/model.ts';
import { parseCsv } from './csv.ts';
import { fromFrame, parseInput } from './forms.ts';
import { InputError } from './inputError.ts';

const matrix: TensorSpec[] = [{ name: 'X', type: 'float32', shape: ['N', 2] }];
const columns: TensorSpec[] = [
  { name: 'age', type: 'int64', shape: ['N', 1] },
  { name: 'city', type: 'string', shape: ['N', 1] },
];
const images: TensorSpec[] = [{ name: 'image', type: 'uint8', shape: ['N', 2, 2] }];

function read(body: unknown, inputs: TensorSpec[]) {
  return Object.fromEntries(
    Object.entries(parseInput(body, inputs)).map(([name, { dims, data }]) => [name, { dims, data: [...data] }]),
  );
}

test('the four forms of the same rows give the same tensor', () => {
  const expected = { X: { dims: [2, 2], data: [1, 2, 3, 4] } };
  const rows = [
    [1, 2],
    [3, 4],
  ];
  for (const body of [
    { dataframe_split: { columns: ['a', 'b'], index: [0, 1], data: rows } },
    { dataframe_split: { data: rows } },
    { dataframe_records: rows.map(([a, b]) => ({ a, b })) },
    { instances: rows },
    { instances: rows.map((X) => ({ X })) },
    { inputs: rows },
    { inputs: { X: rows }, params: {} },
  ]) {
    assert.deepEqual(read(body, matrix), expected, JSON.stringify(body));
  }
});

test('several inputs are columns by name, whatever their order, and other columns are left aside', () => {
  const expected = { age: { dims: [2, 1], data: [30n, 41n] }, city: { dims: [2, 1], data: ['Ulm', 'Köln'] } };
  const records = [
    { city: 'Ulm', id: 1, age: 30 },
    { city: 'Köln', id: 2, age: 41 },
  ];
  assert.deepEqual(read({ dataframe_records: records }, columns), expected);
  const split = {
    columns: ['age', 'city'],
    data: [
      [30, 'Ulm'],
      [41, 'Köln'],
    ],
  };
  assert.deepEqual(read({ dataframe_split: split }, columns), expected);
  assert.deepEqual(read({ inputs: { age: [[30], [41]], city: [['Ulm'], ['Köln']] } }, columns), expected);
});

test('a column of nested lists is a tensor', () => {
  const cell = [
    [1, 2],
    [3, 4],
  ];
  const expected = { image: { dims: [1, 2, 2], data: [1, 2, 3, 4] } };
  assert.deepEqual(read({ dataframe_records: [{ image: cell }] }, images), expected);
  assert.deepEqual(read({ dataframe_split: { columns: ['picture'], data: [[cell]] } }, images), expected);
});

test('csv: quotes, doubled quotes, newlines, empty cells, CRLF', () => {
  const { columns: names, rows } = parseCsv('\uFEFFage,city\r\n1,"Ulm, ""old""\ntown"\r\n,x\r\n');
  assert.deepEqual(names, ['age', 'city']);
  assert.deepEqual(rows, [
    ['1', 'Ulm, "old"\ntown'],
    [null, 'x'],
  ]);
  const feeds = fromFrame(['age', 'city'], [['1', 'Ulm']], columns);
  assert.deepEqual([...(feeds.age?.data ?? [])], [1n]);
  assert.throws(() => parseCsv('a,b\n1'), /1 cells for 2 columns/);
  assert.throws(() => parseCsv('a\n"1'), /not closed/);
  assert.throws(() => parseCsv(''), /empty/);
});

test('what is wrong is said by name, place and expectation', () => {
  const cases: [unknown, TensorSpec[], RegExp][] = [
    [{ instances: [[1, 2, 3]] }, matrix, /"X" is float32\[N, 2\], but what came is \[1, 3\]: dimension 1 must be 2/],
    [{ instances: [1, 2] }, matrix, /2 dimensions.*1 came; a single row still stands in a list/],
    [{ instances: [[1, 2], [3]] }, matrix, /"X" at \[1\] is a list of 1 where a list of 2/],
    [
      {
        instances: [
          [1, 2],
          [3, 'x'],
        ],
      },
      matrix,
      /at \[1, 1\]: the text "x" is not a number/,
    ],
    [{ dataframe_records: [{ age: 1 }] }, columns, /column "city" is missing/],
    [{ dataframe_records: [{ age: 1, city: 'a' }, { age: 2 }] }, columns, /Record 1 lacks "city"/],
    [{ dataframe_split: { columns: ['a'], data: [[1, 2]] } }, matrix, /Row 0 .* 2 cells for 1 columns/],
    [{ inputs: { X: [[1, 2]], Z: 1 } }, matrix, /no input "Z"/],
    [{ inputs: { age: [[1]] } }, columns, /"city" is missing/],
    [{ inputs: [1] }, columns, /several/],
    [{ inputs: [1], instances: [1] }, matrix, /both instances and inputs/],
    [{ inputs: [[1, 2]], extra: 1 }, matrix, /"extra" beside inputs/],
    [{}, matrix, /it has none/],
    [{ dataframe: [] }, matrix, /only "dataframe"/],
    [[1, 2], matrix, /must be an object/],
    [null, matrix, /must be an object/],
  ];
  for (const [body, inputs, message] of cases) {
    assert.throws(
      () => parseInput(body, inputs),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('no JSON value makes anything but an InputError', () => {
  const form = fc.constantFrom('dataframe_split', 'dataframe_records', 'instances', 'inputs', 'other');
  const body = fc.oneof(fc.jsonValue(), fc.dictionary(form, fc.jsonValue(), { maxKeys: 2 }));
  fc.assert(
    fc.property(body, fc.constantFrom(matrix, columns, images), (value, inputs) => {
      try {
        parseInput(value, inputs);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
