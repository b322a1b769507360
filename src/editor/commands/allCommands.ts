import type { Parts } from '../parts.ts';
import type { CommandTable } from './command.ts';
import { deploymentCommands } from './deploymentCommands.ts';
import { modelCommands } from './modelCommands.ts';
import { otherCommands } from './otherCommands.ts';
import { runCommands } from './runCommands.ts';
import { trainCommands } from './trainCommands.ts';
import { workspaceCommands } from './workspaceCommands.ts';

/** Every command that `contributions.ts` names; one that is forgotten does not compile. */
export function allCommands(parts: Parts): CommandTable {
  return {
    ...trainCommands(parts),
    ...runCommands(parts),
    ...modelCommands(parts),
    ...deploymentCommands(parts),
    ...workspaceCommands(parts),
    ...otherCommands(parts),
  };
}
