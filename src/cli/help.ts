import { type Command, EXIT_MEANINGS, type OptionSpec } from './command.ts';
import { commands } from './commands.ts';
import { fields } from './output.ts';

/** Options that every command takes. */
export const globalOptions = {
  json: { type: 'boolean', help: 'Print JSON instead of tables.' },
  workspace: { type: 'string', short: 'w', value: 'NAME', help: 'Workspace, by name or id. Default: the folder’s.' },
  home: { type: 'string', value: 'DIR', help: 'Home of the tracker. Default: TRAINYARD_HOME or ~/.trainyard.' },
  help: { type: 'boolean', short: 'h', help: 'This help.' },
} as const satisfies Record<string, OptionSpec>;

export function overallHelp(): string {
  const lines = commands.map(({ name, usage, summary }) => [`${name} ${usage ?? ''}`.trim(), summary] as const);
  return `Trainyard: train, track, register and deploy models, from the command line.

Usage: trainyard COMMAND [OPTION...]

${indent(fields(lines))}

Every command takes:
${indent(optionLines(globalOptions))}

\`trainyard COMMAND --help\` says more. An ID is a run's id, the beginning of one, its name, or \`last\`.

Exit codes:
${indent(fields(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])))}
`;
}

export function commandHelp(command: Command): string {
  const own = command.options === undefined ? '' : `\nOptions:\n${indent(optionLines(command.options))}\n`;
  return `${command.summary}

Usage: trainyard ${`${command.name} ${command.usage ?? ''}`.trim()}
${own}
Every command takes:
${indent(optionLines(globalOptions))}
${command.help === undefined ? '' : `\n${command.help}\n`}
Exit codes:
${indent(fields(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])))}
`;
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string {
  return fields(
    Object.entries(options).map(([name, { short, value, help }]) => {
      const long = `--${name}${value === undefined ? '' : ` ${value}`}`;
      return [short === undefined ? `    ${long}` : `-${short}, ${long}`, help] as const;
    }),
  );
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
