import type { RunScope } from '../runScope.ts';
import { interpreterFacts } from './interpreterFacts.ts';

/** Records version and packages of the interpreter that runs a run. Done while it runs, so that nothing waits for it. */
export async function captureInterpreter(scope: RunScope, run: string): Promise<void> {
  const stored = scope.queries.stored(run);
  if (stored.interpreter === undefined || stored.interpreter.version !== undefined) return;
  const { path } = stored.interpreter;
  const { PYTHONPATH: _, ...variables } = stored.variables ?? {};
  const facts = await interpreterFacts(path, variables, scope.queries.find(run)?.folder ?? '/');
  const { version, packages } = facts;
  await scope.store.writer.write(() =>
    scope.repository.change(run, {
      detail: { interpreter: version === undefined ? { path } : { path, version }, packages },
    }),
  );
  scope.notices.changed(run);
}
