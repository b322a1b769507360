import { Problem } from '../../shared/api/error.ts';
import type { ActivityBoard } from '../activities/activityBoard.ts';
import type { BuiltEnvironment, EnvironmentRequest, Environments } from './environments.ts';

export class LocalEnvironments implements Environments {
  constructor(_root: string, _board: ActivityBoard) {}
  ensure(_request: EnvironmentRequest): Promise<BuiltEnvironment> {
    return Promise.reject(new Problem('unavailable', 'not yet'));
  }
}
