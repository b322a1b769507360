import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import { type CommandId, commands } from '../contributions.ts';
import type { Parts } from '../parts.ts';
import type { Disposable } from '../session/event.ts';
import { Owner } from '../session/event.ts';
import { inert } from '../trees/itemText.ts';
import type { Command, CommandTable, Subjects } from './command.ts';
import { pickSubject } from './pick.ts';
import { givenSubject } from './subjects.ts';

/**
 * The one funnel: registers every command of the table, finds or asks for what it works on, holds back what an
 * untrusted folder may not do, and shows every error with its cause and its way out.
 */
export function registerCommands(parts: Parts, table: CommandTable): Disposable {
  const owner = new Owner();
  for (const id of Object.keys(commands) as CommandId[]) {
    // The table pairs each id with its own subject; the compiler cannot follow that through a loop.
    const command = table[id] as unknown as AnyCommand;
    owner.own(vscode.commands.registerCommand(id, (...args: unknown[]) => execute(parts, id, command, args)));
  }
  return owner;
}

type AnyCommand = Omit<Command<CommandId>, 'run' | 'where' | 'preset'> & {
  run(subject: unknown, more: readonly unknown[]): unknown;
  preset?(): Promise<unknown>;
  where?(thing: unknown): boolean;
};

async function execute(parts: Parts, id: CommandId, command: AnyCommand, args: unknown[]): Promise<unknown> {
  try {
    if (command.trusted && !vscode.workspace.isTrusted) return await offerTrust();
    const kind = commands[id];
    const given = args.length > 0 && isSelection(args[0]) ? parts.trees.selection() : args;
    const subject = (await givenSubject(parts, kind, given)) ?? (await asked(parts, kind, command));
    if (subject === undefined && !freeKinds.has(kind)) return undefined;
    return await command.run(subject, args.slice(1));
  } catch (error) {
    // Not waited for: whoever called the command does not wait for a person to read.
    void showError(parts.log, error, id);
    return undefined;
  }
}

/** Kinds for which the command itself asks, or needs nothing. */
const freeKinds = new Set<string>(['none', 'any', 'place', 'source']);

async function asked(parts: Parts, kind: keyof Subjects, command: AnyCommand): Promise<unknown> {
  if (freeKinds.has(kind)) return undefined;
  return (await command.preset?.()) ?? pickSubject(parts, kind, command);
}

/** Key bindings pass `{ "selection": true }`: they act on what is selected in the focused view. */
function isSelection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && (value as { selection?: unknown }).selection === true;
}

async function offerTrust(): Promise<void> {
  const manage = 'Manage workspace trust';
  const text = 'This folder is not trusted, so nothing in it is started. Everything can be looked at.';
  const answer = await vscode.window.showWarningMessage(text, manage);
  if (answer === manage) await vscode.commands.executeCommand('workbench.trust.manage');
}

/** Shows an error: what happened and the way out; its details go to the log, which a button opens. */
export async function showError(log: vscode.LogOutputChannel, error: unknown, where: string): Promise<void> {
  if (error instanceof vscode.CancellationError) return;
  const problem = error instanceof Problem ? error : undefined;
  const message = error instanceof Error ? error.message : String(error);
  log.error(
    `${where}: ${message}`,
    ...(problem?.details ?? []),
    ...(problem ? [] : [error instanceof Error ? error.stack : '']),
  );
  if (problem?.cause instanceof Error) log.error(`because: ${problem.cause.message}`);
  const details = 'Show details';
  const hasDetails = problem === undefined || (problem.details?.length ?? 0) > 0;
  const text = inert(problem?.hint ? `${message} ${problem.hint}` : message);
  const answer = await Promise.resolve(vscode.window.showErrorMessage(text, ...(hasDetails ? [details] : [])));
  if (answer === details) log.show();
}
