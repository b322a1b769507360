#!/usr/bin/env node
// Stands in for the executable of a desktop VS Code: @vscode/test-electron starts it with VS Code's own arguments.
import { launch } from './launch.ts';

process.exit(await launch(process.argv.slice(2)));
