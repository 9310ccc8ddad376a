/** The review queue: which exceptions a filter asks for, what groups them, and filters people keep. */

import type { Direction, ReviewException, ReviewGroup } from './api';
import { fromRfc3339, toRfc3339 } from './time';

/** What the queue is narrowed to; it lives in the address. */
export const FILTERS = ['state', 'by', 'routed', 'rule', 'date', 'channel', 'assignee'] as const;
export type Filter = Partial<Record<(typeof FILTERS)[number], string>>;

export const GROUPINGS: [string, string][] = [
  ['cause', 'Cause'],
  ['rule-date', 'Rule and day'],
  ['rule-date-slots', 'Rule, day and time'],
  ['rule', 'Rule'],
  ['channel', 'Channel'],
];

/** Every failed rule is recorded; only what is routed is work for a person. */
export const QUEUES: [string, string][] = [
  ['', 'Both'],
  ['true', 'Waits for a person'],
  ['false', 'For information'],
];

/** The words of a direction; nothing where a rule says something else of a value than its height. */
export const DIRECTIONS: Record<Direction, string> = { 'too-high': 'too high', 'too-low': 'too low', other: '' };

/**
 * The queues that a filter asks for, one after the other. What is settled waits for nobody, so there is one list of it.
 */
export const queuesOf = (filter: Filter): (string | undefined)[] =>
  (filter.state ?? 'open') !== 'open' ? [undefined] : filter.routed ? [filter.routed] : ['true', 'false'];

export const STATES: [string, string][] = [
  ['open', 'Open'],
  ['accepted', 'Accepted'],
  ['edited', 'Edited'],
  ['resolved', 'Resolved'],
];

export function filterOf(query: URLSearchParams): Filter {
  return Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]).filter(([, value]) => value)) as Filter;
}

/** The address of a filter. */
export function addressOf(filter: Filter): string {
  const text = new URLSearchParams(FILTERS.flatMap((name) => (filter[name] ? [[name, filter[name]]] : []))).toString();
  return text ? `/review?${text}` : '/review';
}

/** Tells a group from the others of its list. */
export const groupKey = (group: ReviewGroup): string =>
  [group.rule, group.date, group.last, group.from, group.to, group.channel, group.routed ? 'waits' : ''].map((part) => part ?? '').join(' ');

/** The query that fetches the exceptions of a group within a filter. */
export const groupQuery = (group: ReviewGroup, filter: Filter) => ({
  state: filter.state ?? 'open',
  routed: (filter.state ?? 'open') === 'open' ? String(0 < group.routed) : undefined,
  rule: group.rule ?? filter.rule,
  date: group.date ?? filter.date,
  // Where one day is asked for, a group has what lies in it, however long that goes on.
  last: (filter.by ?? 'cause') === 'cause' && !filter.date ? (group.last ?? undefined) : undefined,
  channel: group.channel ?? filter.channel,
  assignee: filter.assignee,
});

/** Whether an exception of a group's query is of the group: slots are not asked for, but may be grouped by. */
export const belongs = (exception: ReviewException, group: ReviewGroup, by: string): boolean =>
  by !== 'rule-date-slots' || (exception.from === group.from && exception.to === group.to);

/** The day of a group, or its first and last. */
export const groupDays = ({ date, last }: Pick<ReviewGroup, 'date' | 'last'>): string | null =>
  date && last && last !== date ? `${date} to ${last}` : date;

/** A group in a few words: `V30 gap, 2026-10-20`. */
export function groupTitle(group: ReviewGroup): string {
  const rule = group.rule ? `${group.rule} ${group.rule_name ?? ''}`.trim() : '';
  return [group.label, rule, groupDays(group)].filter(Boolean).join(', ');
}

/** From when to when in local time, as an answer says it with its offset: `23:00 to 24:00`. */
export function clockSpan(start: string, end: string): string {
  const clock = (text: string) => text.slice(11, 16);
  const until = start.slice(0, 10) !== end.slice(0, 10) && clock(end) === '00:00' ? '24:00' : clock(end);
  return `${clock(start)} to ${until}${start.slice(19) === end.slice(19) ? '' : ` ${end.slice(19)}`}`;
}

/** The address of the editor for the channels and the time of some exceptions. */
export function editAddress(exceptions: Pick<ReviewException, 'channel' | 'start' | 'end'>[]): string {
  const query = new URLSearchParams({ channel: [...new Set(exceptions.map(({ channel }) => channel))].join(',') });
  const starts = exceptions.flatMap(({ start }) => fromRfc3339(start) ?? []);
  const ends = exceptions.flatMap(({ end }) => fromRfc3339(end) ?? []);
  if (starts.length && ends.length) {
    query.set('from', toRfc3339(Math.min(...starts)));
    query.set('to', toRfc3339(Math.max(...ends)));
  }
  return `/review/edit?${query}`;
}

/** Where a list of `length` goes from `at` by `steps`, staying inside it. */
export const moved = (at: number, steps: number, length: number): number =>
  Math.max(0, Math.min(length - 1, at + steps));

export interface SavedFilter { name: string; filter: Filter }

/** Filters with a name replaced or added. */
export const withFilter = (saved: SavedFilter[], name: string, filter: Filter): SavedFilter[] => [
  ...saved.filter((each) => each.name !== name),
  { name, filter },
];
