import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { packageVsix } from '../../scripts/packaging/vsix.ts';
import { findChromium } from '../harness/chromium.ts';
import { desktopExecutable } from '../harness/desktop.ts';
import { ensureEditor } from '../harness/editorPackages.ts';
import { root } from '../harness/paths.ts';
import { baseImage } from './baseImage.ts';
import { run, which } from './command.ts';
import { borrowEngine, type Engine } from './dockerEngine.ts';

/** What a ring cannot do without. */
export type Need = 'chromium' | 'docker' | 'git' | 'python' | 'strace' | 'shells';

/** How each need is recognised, and the Debian packages that bring it. */
const providers: Record<Need, { present(): boolean; packages: string[] }> = {
  chromium: {
    present: () => findChromium() !== undefined,
    packages: ['chromium', 'fonts-dejavu-core', 'fonts-liberation', 'fonts-noto-color-emoji'],
  },
  docker: {
    present: () => which('dockerd') !== undefined || process.env.DOCKER_HOST !== undefined,
    packages: ['docker.io', 'iptables', 'ca-certificates'],
  },
  git: { present: () => which('git') !== undefined, packages: ['git'] },
  python: { present: hasPython, packages: ['python3', 'python3-venv'] },
  // The simulated power cuts record what SQLite writes with it.
  strace: { present: () => which('strace') !== undefined, packages: ['strace'] },
  // The run wrapper has to work in each of the shells that are `sh` somewhere.
  shells: {
    present: () => which('busybox') !== undefined && which('dash') !== undefined,
    packages: ['busybox', 'dash'],
  },
};

/** What the rings share: installed engines, the bundles, the VSIX. Made once, given back at the end. */
export class Provisions implements AsyncDisposable {
  #engine: Promise<Engine> | undefined;
  #built: Promise<void> | undefined;
  #vsix: Promise<string> | undefined;

  /** Installs what is missing, where we may: as root on Debian and its kin. */
  async install(needs: Need[]): Promise<void> {
    const packages = [...new Set(needs)]
      .filter((need) => !providers[need].present())
      .flatMap((need) => providers[need].packages);
    if (packages.length === 0 || !canInstall()) return;
    console.log(`Installing from Debian: ${packages.join(' ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const quiet = ['-qq', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
    await run('apt-get', ['update', ...quiet], { env });
    await run('apt-get', ['install', '-y', '--no-install-recommends', ...quiet, ...packages], { env });
  }

  /** Why a ring cannot run here, with the way out; undefined when it can. */
  async missing(needs: Need[]): Promise<string | undefined> {
    for (const need of needs) {
      if (need === 'chromium' && desktopExecutable()) continue;
      if (need === 'docker') {
        const reason = await this.#withoutDocker();
        if (reason) return reason;
      } else if (!providers[need].present()) {
        return `${need} is missing. ${adviceFor(need)}`;
      }
    }
    return undefined;
  }

  /** The environment with which a test reaches the Docker engine and the base image. */
  async docker(): Promise<Record<string, string>> {
    const engine = await this.#borrow();
    return { ...engine.env, TRAINYARD_TEST_BASE_IMAGE: await baseImage(engine.env) };
  }

  /** The same where there is an engine; without one nothing, and the tests take the path without Docker. */
  async dockerIfPresent(): Promise<Record<string, string>> {
    return (await this.#withoutDocker()) ? {} : this.docker();
  }

  /** dist/ as it is while developing. */
  build(): Promise<void> {
    this.#built ??= run(process.execPath, ['esbuild.mjs']).then((code) => {
      if (code !== 0) throw new Error('The bundles could not be built; esbuild says above why.');
      if (!desktopExecutable()) ensureEditor();
    });
    return this.#built;
  }

  /** The package of this platform; `TRAINYARD_TEST_VSIX` names one that is made already. */
  vsix(): Promise<string> {
    const given = process.env.TRAINYARD_TEST_VSIX;
    this.#vsix ??= given ? Promise.resolve(given) : this.build().then(async () => (await packageVsix()).file);
    return this.#vsix;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // An engine that could not be started has been reported by the ring that asked for it.
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.release();
  }

  #borrow(): Promise<Engine> {
    this.#engine ??= borrowEngine();
    return this.#engine;
  }

  async #withoutDocker(): Promise<string | undefined> {
    return this.#borrow().then(
      () => undefined,
      (error: Error) => `${error.message} ${adviceFor('docker')}`,
    );
  }
}

function adviceFor(need: Need): string {
  return `On Debian: apt-get install ${providers[need].packages.join(' ')} (npm test does so itself when run as root).`;
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && which('apt-get') !== undefined && globSync('/etc/debian_version').length > 0;
}

/** Debian splits venv off: python3 alone can make no environment. */
function hasPython(): boolean {
  const python = which('python3') ?? which('python');
  if (!python) return false;
  try {
    execFileSync(python, ['-c', 'import ensurepip, venv'], { cwd: root, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
