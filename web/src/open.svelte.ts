/** How many exceptions wait for a person: said in the navigation and on the fleet page, asked again when something was decided. */

import { get, type ReviewGroups } from './api';
import { Loading } from './loading.svelte';

export const open = new Loading<ReviewGroups>();

export const askOpen = (): Promise<void> =>
  open.load((signal) => get<ReviewGroups>('review/groups', { state: 'open' }, signal));
