/** Splits as a shell would, with single and double quotes and nothing else: no variables, no commands. */
export function splitArguments(text: string): string[] {
  const parts = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return parts.map((part) =>
    part.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}

/** The opposite, for arguments that are edited in one line: what holds one kind of quotes stands in the other. */
export function quoteArgument(argument: string): string {
  if (argument !== '' && !/[\s"']/.test(argument)) return argument;
  return argument
    .split(/("+)/)
    .map((part) => (part.startsWith('"') ? `'${part}'` : part === '' && argument !== '' ? '' : `"${part}"`))
    .join('');
}
