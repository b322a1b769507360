import path from 'node:path';
import { environmentPython } from '../runs/submit/programs.ts';

export interface BuildPlan {
  readonly directory: string;
  /** Python that the environment is made from, absolute. */
  readonly python: string;
  readonly requirements: string;
  /** Path of uv, where there is one: it does the same in a fraction of the time. */
  readonly uv: string | undefined;
  readonly platform?: NodeJS.Platform;
}

export interface BuildStep {
  readonly title: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** The commands that build an environment, as data. The folder is made where it stays: environments cannot be moved. */
export function buildSteps(plan: BuildPlan): BuildStep[] {
  const { directory, python, requirements, uv } = plan;
  const own = environmentPython(directory, plan.platform);
  // Paths in a requirements file are relative to it.
  const cwd = path.dirname(requirements);
  if (uv !== undefined) {
    return [
      {
        title: 'creating the environment',
        file: uv,
        args: ['venv', '--no-project', '--python', python, directory],
        cwd,
      },
      { title: 'installing packages', file: uv, args: ['pip', 'install', '--python', own, '-r', requirements], cwd },
    ];
  }
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  return [
    { title: 'creating the environment', file: python, args: ['-m', 'venv', directory], cwd },
    { title: 'installing packages', file: own, args: [...pip, '-r', requirements], cwd },
  ];
}

/** Variables for the commands: the submitter's (proxies, indexes), without what belongs to another environment. */
export function buildVariables(variables: Readonly<Record<string, string>>): Record<string, string> {
  const dropped =
    /^(?:PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|CONDA_PREFIX|CONDA_DEFAULT_ENV|PIP_REQUIRE_VIRTUALENV|PIP_USER|PIP_TARGET|__PYVENV_LAUNCHER__)$/;
  const kept = Object.entries(variables).filter(([name]) => !dropped.test(name));
  return { ...Object.fromEntries(kept), PYTHONUNBUFFERED: '1', NO_COLOR: '1' };
}

/** What a line of pip's or uv's output says about how far it is; undefined where it says nothing. */
export function progressOf(line: string): string | undefined {
  const collecting = /^Collecting ([^\s<>=!~;[(@]+)/.exec(line)?.[1];
  if (collecting !== undefined) return `collecting ${collecting}`;
  const downloading = /^\s*Downloading (\S+?)(?:-\d\S*)?(?: \(([^)]+)\))?$/.exec(line);
  if (downloading?.[1] !== undefined) {
    const name = downloading[1].split('/').at(-1) ?? '';
    return `downloading ${name}${downloading[2] === undefined ? '' : ` (${downloading[2]})`}`;
  }
  const building = /^\s*Building wheels? for (?:collected packages: )?([^\s(]+)/.exec(line)?.[1];
  if (building !== undefined) return `building ${building}`;
  if (/^Installing collected packages/.test(line)) return 'installing packages';
  return /^(?:Resolved|Prepared|Installed) \d+ packages/.exec(line)?.[0].toLowerCase();
}

/** Why a build failed, as far as its output tells, with the way out. */
export function buildHint(output: string): string {
  if (/ensurepip is not available|No module named (?:venv|ensurepip)/.test(output)) {
    return 'This Python cannot make environments. On Debian and Ubuntu: apt install python3-venv. Elsewhere: select another Python in "environment.python", or install uv.';
  }
  if (/No module named pip/.test(output))
    return 'This Python has no pip. Select another one in "environment.python", or install uv.';
  if (
    /Could not find a version|No matching distribution|No solution found|ResolutionImpossible|conflicting dependencies/.test(
      output,
    )
  ) {
    return 'Correct the names and versions in the requirements file; the last lines above say which do not fit.';
  }
  if (
    /Temporary failure in name resolution|Connection refused|Max retries|ReadTimeout|Failed to fetch|dns error|Network is unreachable/i.test(
      output,
    )
  ) {
    return 'The package index cannot be reached. Check the network and the proxy, then retry.';
  }
  if (/No space left on device/.test(output))
    return 'Free some space on the disk that holds the home of Trainyard, then retry.';
  return 'The whole output is in the activity’s log.';
}
