import { useEffect, useState } from 'preact/hooks';
import { ApiFailure } from '../state/api.js';

export interface Resource<T> {
  data?: T;
  failure?: ApiFailure;
  isLoading: boolean;
}

/** Loads something and again when `key` changes; the old stays until the new is there, but not under another `identity`. */
export function useResource<T>(identity: string, key: unknown, load: () => Promise<T>): Resource<T> {
  const [state, setState] = useState<Resource<T> & { identity: string }>({ identity, isLoading: true });
  useEffect(() => {
    let isCurrent = true;
    setState((old) => (old.identity === identity ? { ...old, isLoading: true } : { identity, isLoading: true }));
    load().then(
      (data) => isCurrent && setState({ identity, data, isLoading: false }),
      (error: unknown) => {
        if (!isCurrent) return;
        const failure = error instanceof ApiFailure ? error : new ApiFailure(0, 'Unknown', String(error));
        // what was there stays readable when the sandbox has gone
        setState((old) =>
          failure.status === 0 && old.data !== undefined ? { ...old, isLoading: false } : { identity, failure, isLoading: false },
        );
      },
    );
    return () => void (isCurrent = false);
  }, [identity, key]);
  return state.identity === identity ? state : { isLoading: true };
}
