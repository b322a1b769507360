import { parseArgs } from 'node:util';
import { Problem } from '../shared/api/error.ts';
import { nearestWord } from '../shared/nearestWord.ts';
import { ownVersion } from '../shared/ownVersion.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { commands } from './commands.ts';
import { commandHelp, globalOptions, overallHelp } from './help.ts';
import { createInvocation } from './invocation.ts';

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});

/** @returns the exit code; what there is to say has been said. */
async function main(argv: readonly string[]): Promise<number> {
  // A pipe that closes early (`trainyard runs | head -1`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : 1));
  const isJson = argv.includes('--json');
  try {
    return await dispatch(argv);
  } catch (error) {
    return fail(error, isJson);
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, second] = argv;
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && second === undefined)) {
    process.stdout.write(overallHelp());
    return first === undefined ? EXIT.usage : EXIT.ok;
  }
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${ownVersion()}\n`);
    return EXIT.ok;
  }
  const words = first === 'help' ? argv.slice(1) : argv;
  const command = find(words);
  if (first === 'help' || argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(commandHelp(command));
    return EXIT.ok;
  }
  const { values, positionals } = parse(command, words.slice(command.name.split(' ').length));
  checkPositionals(command, positionals);
  const invocation = createInvocation(values, positionals);
  try {
    return await command.run(invocation);
  } finally {
    invocation.dispose();
  }
}

function find(words: readonly string[]): Command {
  const [first = '', second = ''] = words;
  const exact =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (exact) return exact;
  const below = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (below.length > 0) throw new UsageError(`Say which: ${below.map((name) => `trainyard ${name}`).join(', ')}.`);
  const nearest = nearestWord(first, [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]);
  const hint = nearest === undefined ? '' : ` Did you mean \`trainyard ${nearest}\`?`;
  throw new UsageError(`There is no command ${first}.${hint} \`trainyard --help\` lists them.`);
}

function parse(command: Command, args: readonly string[]) {
  const options = { ...globalOptions, ...command.options };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const [, typed = ''] = /'(-[^']*)'/.exec(message) ?? [];
      const nearest = nearestWord(typed.replace(/^-+/, ''), Object.keys(options));
      const hint = nearest === undefined ? '' : ` Did you mean --${nearest}?`;
      throw new UsageError(`\`trainyard ${command.name}\` has no option ${typed}.${hint}`);
    }
    throw new UsageError(message.split('\n')[0]);
  }
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const [least, most] = command.positionals ?? [0, 0];
  if (positionals.length >= least && positionals.length <= most) return;
  const extra = positionals[most];
  const what = positionals.length < least ? 'Something is missing' : `${extra} is one word too many`;
  throw new UsageError(`${what}. Usage: trainyard ${command.name} ${command.usage ?? ''}`.trim());
}

function fail(error: unknown, isJson: boolean): number {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (error instanceof Error && error.name === 'AbortError') return EXIT.interrupted;
  if (!(error instanceof Problem)) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    return EXIT.failed;
  }
  if (isJson) process.stdout.write(`${JSON.stringify(error.toBody(), null, 2)}\n`);
  const details = error.details?.map((line) => `\n  ${line}`).join('') ?? '';
  process.stderr.write(`${error.message}${details}${error.hint === undefined ? '' : `\n${error.hint}`}\n`);
  return exitCodeOf(error);
}

function exitCodeOf(problem: Problem): number {
  if (problem.code === 'not-found') return EXIT.notFound;
  if (problem.code === 'unreachable') return EXIT.unreachable;
  return problem.code === 'internal' ? EXIT.failed : EXIT.refused;
}
