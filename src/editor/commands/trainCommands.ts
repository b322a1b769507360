import * as vscode from 'vscode';
import type { Parts } from '../parts.ts';
import { placeOf } from '../train/place.ts';
import { choose, readable, train } from '../train/train.ts';
import { configure } from '../train/wizard.ts';
import type { Commands } from './command.ts';

type Ids =
  | 'trainyard.train'
  | 'trainyard.createConfiguration'
  | 'trainyard.editConfiguration'
  | 'trainyard.toggleRunOnSave';

/** What starts training, and the files that say how. */
export function trainCommands(parts: Parts): Commands<Ids> {
  return {
    'trainyard.train': { trusted: true, run: (given) => train(parts, given) },
    'trainyard.createConfiguration': {
      trusted: true,
      run: async (given) => {
        const place = await placeOf(parts, given);
        if (!place) return;
        const { configuration: _, ...rest } = place;
        const made = await configure(parts, rest, 'Save for');
        if (made) await vscode.window.showTextDocument(made.uri);
      },
    },
    'trainyard.editConfiguration': {
      // Where there is none yet the wizard makes one, and it starts the folder's interpreters to ask for their versions.
      trusted: true,
      run: async (given) => {
        const place = await placeOf(parts, given);
        const one = place && (await choose(parts, place, 'Save for', 'Configuration to edit'));
        if (one) await vscode.window.showTextDocument(one.uri);
      },
    },
    'trainyard.toggleRunOnSave': {
      trusted: true,
      run: async (given) => {
        const place = await placeOf(parts, given);
        const one = place && (await choose(parts, place, 'Run on save'));
        if (!one) return;
        const { value } = readable(one);
        const enabled = !(value.onSave?.enabled ?? false);
        await parts.configurations.edit(one, ['onSave', 'enabled'], enabled);
        vscode.window.setStatusBarMessage(`Run on save is ${enabled ? 'on' : 'off'} for ${one.name}.`, 4000);
      },
    },
  };
}
