/** Splits as a shell would, with single and double quotes and nothing else: no variables, no commands. */
export function splitArguments(text: string): string[] {
  const parts = text.match(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g) ?? [];
  return parts.map((part) =>
    part.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}

/** The opposite, for showing arguments in one line. */
export function quoteArgument(argument: string): string {
  return /[\s"']/.test(argument) || argument === '' ? `"${argument}"` : argument;
}
