import Database from 'better-sqlite3';

/**
 * Checks the file that is its argument, a copy of a database that nobody else has open: every page, every index.
 * Prints one problem a line. Exit status 0: sound, 1: damaged.
 */
const [file = ''] = process.argv.slice(2);
let problems: string[];
try {
  const db = new Database(file, { fileMustExist: true });
  // A backup carries its source's journal mode; a single file without a log beside it is what it is to be.
  db.pragma('journal_mode = DELETE');
  const rows = db.pragma('integrity_check(20)') as { integrity_check: string }[];
  problems = rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  db.close();
} catch (error) {
  problems = [error instanceof Error ? error.message : String(error)];
}
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
