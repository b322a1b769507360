import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { TrackerEvent } from '../../src/shared/api/events.ts';
import type { PageState } from '../../src/shared/panel/protocol.ts';
import { HostError, host } from './host.ts';

/** What a page shows of something that is being read: the last value stays while a new one is on its way. */
export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: HostError | undefined;
  readonly reload: () => void;
}

/**
 * Reads something from the host, again whenever `key` changes or `reload` is called. Reads never overlap: a reload
 * asked for while one is under way follows it.
 */
export function useLoaded<T>(read: () => Promise<T>, key: string): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; error?: HostError }>({ key });
  const latest = useRef({ read, key });
  latest.current = { read, key };
  const busy = useRef<'idle' | 'reading' | 'again'>('idle');

  const reload = useCallback(() => {
    if (busy.current !== 'idle') {
      busy.current = 'again';
      return;
    }
    busy.current = 'reading';
    const asked = latest.current;
    asked
      .read()
      .then(
        (value) => {
          if (latest.current.key === asked.key) setState({ key: asked.key, value });
        },
        (error: unknown) => {
          if (latest.current.key !== asked.key) return;
          setState((old) => ({ ...old, key: asked.key, error: asHostError(error) }));
        },
      )
      .finally(() => {
        const again = busy.current === 'again';
        busy.current = 'idle';
        if (again) reload();
      });
  }, []);

  useEffect(reload, [key]);
  useEffect(
    () =>
      host.onConnection((connected) => {
        if (connected) reload();
      }),
    [],
  );
  const current = state.key === key;
  return { value: current ? state.value : undefined, error: current ? state.error : undefined, reload };
}

export function asHostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  return new HostError({ code: 'internal', message: error instanceof Error ? error.message : String(error) });
}

/** Calls `listener` for each event of the tracker while the component is shown. */
export function useTrackerEvent(listener: (event: TrackerEvent) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => host.onEvent((event) => latest.current(event)), []);
}

/** Calls `action` when the tracker is back after it was away: what happened meanwhile came as no event. */
export function useReconnected(action: () => void): void {
  const latest = useRef(action);
  latest.current = action;
  const wasAway = useRef(!host.connected);
  useEffect(
    () =>
      host.onConnection((connected) => {
        // The first word of the connection, when the page opens, brings nothing new.
        if (connected && wasAway.current) latest.current();
        wasAway.current = !connected;
      }),
    [],
  );
}

/** True while the host has a tracker; numbers are stale otherwise. */
export function useConnected(): boolean {
  const [connected, setConnected] = useState(host.connected);
  useEffect(() => {
    // It may have changed between the first drawing and this effect.
    setConnected(host.connected);
    return host.onConnection(setConnected);
  }, []);
  return connected;
}

/** The state of the page as the host wants it shown, which may arrive before the first effects run. */
export function usePageState<T>(read: (state: PageState) => T): [T, (state: T) => void] {
  const [state, setState] = useState<T>(() => read(host.state));
  useEffect(() => {
    setState(read(host.state));
    return host.onShow((next) => setState(read(next)));
  }, []);
  return [state, setState];
}

/** The time now, renewed every `everyMs`, for ages and durations. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A choice of view that survives reloads, such as the smoothing of charts. */
export function useKept<T>(key: string, fallback: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => host.view(key, fallback));
  const set = useCallback(
    (next: T) => {
      setValue(next);
      host.setView(key, next);
    },
    [key],
  );
  return [value, set];
}

/** A function that runs at most once every `everyMs`, the last call always being served. */
export function useThrottled(action: () => void, everyMs: number): () => void {
  const latest = useRef(action);
  latest.current = action;
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const last = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current !== undefined) return;
    const wait = Math.max(0, last.current + everyMs - Date.now());
    timer.current = setTimeout(() => {
      timer.current = undefined;
      last.current = Date.now();
      latest.current();
    }, wait);
  }, [everyMs]);
}
