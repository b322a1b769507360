/**
 * The tables of the chunked metric store, to be one migration of a workspace's database.
 *
 * - `metric_run.summary` is a cache of the run's series (summary.ts), NULL while points have come since it was written.
 * - `metric_series.stats` (stats.ts) tells of the points that are in chunks; rows of the journal up to `applied` are in
 *   chunks too and must not be replayed. `last`, `low`, `high` are for ordering and filtering runs, as of the last
 *   publish; `real` is 0 where the last value is NaN, which SQLite cannot store.
 * - `metric_chunk.first` orders a series' chunks; their ranges never overlap. `head` and `tier` are NULL in a chunk too
 *   small to need them. The columns stand in the order of use: reading a tier does not touch the pages of the data.
 * - `metric_journal` has a row for each commit with the points that are not in chunks yet. Its newest row is never
 *   deleted, because the next id must lie above every `applied`.
 */
export const METRIC_SCHEMA: readonly string[] = [
  `CREATE TABLE metric_run (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    summary BLOB
  ) STRICT`,
  'CREATE INDEX metric_run_live ON metric_run (id) WHERE summary IS NULL',
  `CREATE TABLE metric_key (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
  ) STRICT`,
  `CREATE TABLE metric_series (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    key INTEGER NOT NULL,
    applied INTEGER NOT NULL,
    real INTEGER,
    last REAL,
    low REAL,
    high REAL,
    stats BLOB,
    UNIQUE (run, key)
  ) STRICT`,
  'CREATE INDEX metric_series_last ON metric_series (key, real, last, run)',
  `CREATE TABLE metric_chunk (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first BLOB NOT NULL,
    head BLOB,
    tier BLOB,
    data BLOB NOT NULL,
    UNIQUE (series, first)
  ) STRICT`,
  `CREATE TABLE metric_journal (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL
  ) STRICT`,
];
