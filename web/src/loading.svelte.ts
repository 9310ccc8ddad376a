/** One answer of the API and the state a panel draws: waiting, here, failed, or stale. */

import { untrack } from 'svelte';
import { Problem } from './api';

export class Loading<T> {
  /** The last good answer; it stays while a newer one is fetched or cannot be had. */
  value = $state.raw<T | null>(null);
  problem = $state<Problem | null>(null);
  waiting = $state(true);
  /** When `value` arrived, in epoch seconds. */
  arrived = $state(0);
  #abort: AbortController | null = null;

  /** Fetches; an older fetch still under way is given up. */
  async load(fetching: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.waiting = true;
    try {
      const value = await fetching(abort.signal);
      if (abort.signal.aborted) return;
      this.value = value;
      this.problem = null;
      this.arrived = Date.now() / 1000;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.problem =
        error instanceof Problem ? error : new Problem(0, 'The page failed', String(error), 'Load the page again.');
    }
    this.waiting = false;
  }

  /** Gives up a fetch under way. */
  stop(): void {
    this.#abort?.abort();
  }
}

/** Loads whenever what `fetching` reads from the address changes. Call while a component starts. */
export function loading<T>(request: () => (signal: AbortSignal) => Promise<T>): Loading<T> {
  const state = new Loading<T>();
  $effect(() => {
    const fetching = request();
    untrack(() => void state.load(fetching));
    return () => state.stop();
  });
  return state;
}
