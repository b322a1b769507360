import type { RunState } from '../../src/shared/domain/run.ts';
import type { HostError } from './host.ts';

/** Shape first, colour second; only a running one moves. */
const icons: Record<RunState, { icon: string; text: string }> = {
  queued: { icon: 'circle-large-outline', text: 'Queued' },
  preparing: { icon: 'loading', text: 'Preparing' },
  running: { icon: 'sync', text: 'Running' },
  finished: { icon: 'pass', text: 'Finished' },
  failed: { icon: 'error', text: 'Failed' },
  cancelled: { icon: 'circle-slash', text: 'Cancelled' },
  unknown: { icon: 'question', text: 'Unknown' },
};

export function StateIcon({ state }: { state: RunState }) {
  const { icon, text } = icons[state];
  const moving = state === 'running' ? ' codicon-modifier-spin' : '';
  return <span class={`codicon codicon-${icon}${moving} state-${state}`} role="img" aria-label={text} title={text} />;
}

export function stateText(state: RunState): string {
  return icons[state].text;
}

/** An error in full: what happened, its details, and the way out; with a button to try again where that can help. */
export function ErrorBox({ error, onRetry }: { error: HostError; onRetry?: () => void }) {
  return (
    <div class="error-box" role="alert">
      <span class="codicon codicon-error" aria-hidden="true" />
      <div>
        <p>{error.message}</p>
        {error.details.length > 0 ? <pre>{error.details.join('\n')}</pre> : null}
        {error.hint ? <p class="muted">{error.hint}</p> : null}
        {onRetry ? (
          <button type="button" class="link" onClick={onRetry}>
            Try again
          </button>
        ) : null}
      </div>
    </div>
  );
}
