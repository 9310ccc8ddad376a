/** How a head-end is told in words, wherever it is shown. */

import type { ClockOffset, CollectionReason, Complete, Feed, HeadEnd, HeadEndBrief } from './api';
import { ago, fromRfc3339 } from './time';

const STATES: Record<HeadEnd['state'], string> = {
  starting: 'starting',
  connected: 'connected',
  waiting: 'waiting as it asked',
  down: 'down',
  refused: 'refuses',
  not_stored: 'not stored',
};

export type Tone = 'good' | 'warn' | 'bad' | 'soft';

const TONES: Record<HeadEnd['state'], Tone> = {
  starting: 'soft',
  connected: 'good',
  waiting: 'warn',
  down: 'bad',
  refused: 'bad',
  not_stored: 'bad',
};

/** A sign beside the colour, for who sees no colours. */
export const SIGNS: Record<Tone, string> = { good: '●', warn: '▲', bad: '▼', soft: '○' };

export const stateOf = ({ health, last_received_at }: Pick<HeadEndBrief, 'health' | 'last_received_at'>): string =>
  health ? STATES[health.state] : last_received_at ? 'brought by hand' : 'not collected from';

export const toneOf = (health: HeadEnd | null): Tone => (health ? TONES[health.state] : 'soft');

/** Where a name stands in an address; `-` means those without one. */
export const headEndAddress = (name: string): string => `/head-ends/${encodeURIComponent(name)}`;

/** `3 minutes ago`; `just now` within a second. */
export function since(at: string, now: string): string {
  const [then, here] = [fromRfc3339(at) ?? 0, fromRfc3339(now) ?? 0];
  return Math.abs(then - here) < 1 ? 'just now' : ago(then, here);
}

/** How many channels have not come as far as the others: `3 of 120 missing, 2.50 %`. */
export const missingOf = ({ expected, missing, missing_per_10000 }: Complete): string =>
  missing ? `${missing} of ${expected} missing, ${(missing_per_10000 / 100).toFixed(2)} %` : `all ${expected}`;

/** How often something is expected, and who says so. */
export function expectedOf({ expected_seconds, expected_by }: Pick<Feed, 'expected_seconds' | 'expected_by'>): string {
  if (expected_seconds === null) return 'not known yet: it sends by itself';
  const by = { settings: '', default: ', as nobody said', learned: ', as is usual of it' };
  return `every ${expected_seconds} s${expected_by ? by[expected_by] : ''}`;
}

const seconds = (milliseconds: number): string => `${(Math.abs(milliseconds) / 1000).toFixed(1)} s`;

/** `7.0 s ahead`; `3.0 s behind`. */
export const offBy = (milliseconds: number): string =>
  Math.abs(milliseconds) < 50 ? 'right' : `${seconds(milliseconds)} ${milliseconds < 0 ? 'behind' : 'ahead'}`;

/** What is known of a clock, in words. */
export function clockOf({ knowledge, milliseconds, within_milliseconds }: ClockOffset): string {
  if (milliseconds === null) return 'not known';
  if (knowledge === 'at_least') return `${offBy(milliseconds)} at least`;
  const within = within_milliseconds ?? 0;
  return `${offBy(milliseconds)} ± ${within < 1000 ? `${within} ms` : seconds(within)}`;
}

/** Requests of the minute against the contract. */
export const quotaOf = (health: HeadEnd): string =>
  health.requests_per_minute ? `${health.asked_in_minute} of ${health.requests_per_minute} requests in a minute` : 'without limit';

/** Why a reading does not count as collected, in words. */
export const REASONS: Record<CollectionReason, string> = {
  source_silent: 'The source was silent',
  meter_silent: 'The meter was silent',
  not_received: 'Did not come',
  late: 'Came after the deadline',
  in_quarantine: 'Waits in quarantine',
  estimated_by_source: 'Estimated by the source',
  no_value: 'The source has no value',
  damaged: 'Stored and damaged',
};
