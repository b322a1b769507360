import * as vscode from 'vscode';
import { Problem } from '../../shared/api/problem.ts';
import type { Deployment } from '../../shared/domain/deployment.ts';
import type { Parts } from '../parts.ts';
import { oneLine } from '../trees/itemText.ts';
import { confirm } from './ask.ts';
import type { Commands } from './command.ts';
import { curlCommand } from './curl.ts';

type Ids =
  | 'trainyard.openDeployment'
  | 'trainyard.testEndpoint'
  | 'trainyard.copyCurl'
  | 'trainyard.startDeployment'
  | 'trainyard.stopDeployment'
  | 'trainyard.deleteDeployment';

/** Services: look, call, stop, start, delete. */
export function deploymentCommands(parts: Parts): Commands<Ids> {
  const { session, state, panels } = parts;
  const paramsOf = ({ id }: Deployment) => ({ workspace: 'default', deployment: id });
  const open = (deployment: Deployment) =>
    panels.open({ page: 'deployment', workspace: 'default', deployment: deployment.id });
  const nothing = 'Nothing is deployed yet. Deploy a model first.';
  return {
    'trainyard.openDeployment': { ask: 'Deployment to open', nothing, run: open },
    'trainyard.testEndpoint': { ask: 'Deployment to send a request to', nothing, run: open },
    'trainyard.copyCurl': {
      ask: 'Deployment to call',
      nothing,
      run: async (deployment) => {
        if (!deployment.url) {
          throw new Problem('unavailable', `${deployment.name} has no address now (${deployment.state}).`, {
            hint: 'Start it first.',
          });
        }
        await vscode.env.clipboard.writeText(curlCommand(deployment));
        vscode.window.setStatusBarMessage('Copied as curl.', 3000);
      },
    },
    'trainyard.startDeployment': {
      ask: 'Deployment to start',
      nothing: 'No deployment is stopped.',
      trusted: true,
      where: ({ state: now }) => now === 'stopped' || now === 'failed',
      run: (deployment) => session.call('deployments.start', { params: paramsOf(deployment), body: {} }),
    },
    'trainyard.stopDeployment': {
      ask: 'Deployment to stop',
      nothing: 'No deployment is running.',
      where: ({ state: now }) => now !== 'stopped' && now !== 'failed',
      run: (deployment) => session.call('deployments.stop', { params: paramsOf(deployment), body: {} }),
    },
    'trainyard.deleteDeployment': {
      ask: 'Deployment to delete',
      nothing,
      run: async (deployment) => {
        const detail = 'The service stops and its address is given up. The model and its image stay.';
        if (!(await confirm(`Delete the deployment “${oneLine(deployment.name)}”?`, detail, 'Delete deployment')))
          return;
        await session.call('deployments.delete', { params: paramsOf(deployment) });
        state.deployments.edit((list) => list.filter(({ id }) => id !== deployment.id));
      },
    },
  };
}
