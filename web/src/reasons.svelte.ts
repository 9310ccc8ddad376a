/** The reasons a decision can have: a short list of the server, asked once. */

import { get, type Reason } from './api';
import { Loading } from './loading.svelte';

const reasons = new Loading<{ reasons: Reason[] }>();

/** The list, empty until it is here; the first who needs it fetches it. */
export function knownReasons(): Reason[] {
  return reasons.value?.reasons ?? [];
}

export async function askReasons(): Promise<void> {
  if (!reasons.value) await reasons.load((signal) => get<{ reasons: Reason[] }>('review/reasons', {}, signal));
}

/** A reason in words; the code itself where the list does not know it. */
export const reasonWords = (code: string): string => knownReasons().find((each) => each.code === code)?.words ?? code;
