/** What of a point is looked at: kept in the address, so that a link opens the same view. */

import type { ChannelBrief, Point } from './api';
import {
  addDays, addMonths, browserZone, dateIn, DAY, fromRfc3339, startOfDate, toRfc3339, type Instant,
} from './time';

export type ZoneChoice = 'meter' | 'browser' | 'utc';
export type Tab = 'values' | 'days' | 'registers' | 'versions' | 'received';
export type Preset = 'day' | 'week' | 'month' | 'year' | 'all';

export const TABS: [Tab, string][] = [
  ['values', 'Values'],
  ['days', 'Days and validation'],
  ['registers', 'Registers and sum check'],
  ['versions', 'Versions'],
  ['received', 'Received'],
];

export interface View {
  channels: ChannelBrief[];
  from: Instant;
  to: Instant;
  zone: string;
  zoneChoice: ZoneChoice;
  asOf: string | null;
  raw: boolean;
  final: boolean;
  tab: Tab;
  /** The selected instant; the slot that contains it is marked. */
  at: Instant | null;
  page: number;
}

/** First and last instant of the readings of some channels; the last day where there are none. */
export function extent(channels: ChannelBrief[], now: Instant): { first: Instant; last: Instant } {
  const firsts = channels.map((channel) => fromRfc3339(channel.first_reading)).filter((at) => at !== null);
  const lasts = channels.map((channel) => fromRfc3339(channel.last_reading)).filter((at) => at !== null);
  if (!firsts.length || !lasts.length) return { first: now - DAY, last: now };
  return { first: Math.min(...firsts), last: Math.max(...lasts) };
}

/** The range of a preset that ends with the local day of `last`. */
export function presetRange(preset: Preset, first: Instant, last: Instant, zone: string): { from: Instant; to: Instant } {
  const end = addDays(dateIn(last - 1, zone), 1);
  const begin = {
    day: () => addDays(end, -1),
    week: () => addDays(end, -7),
    month: () => addMonths(end, -1),
    year: () => addMonths(end, -12),
    all: () => dateIn(first, zone),
  }[preset]();
  return { from: startOfDate(begin, zone), to: startOfDate(end, zone) };
}

/** The range moved by `times` of its own length; whole local days stay whole local days. */
export function shifted(from: Instant, to: Instant, times: number, zone: string): { from: Instant; to: Instant } {
  const dates = [dateIn(from, zone), dateIn(to, zone)] as const;
  const whole = startOfDate(dates[0], zone) === from && startOfDate(dates[1], zone) === to;
  if (!whole) return { from: from + times * (to - from), to: to + times * (to - from) };
  const days = Math.round((Date.parse(dates[1]) - Date.parse(dates[0])) / (DAY * 1000)) * times;
  return { from: startOfDate(addDays(dates[0], days), zone), to: startOfDate(addDays(dates[1], days), zone) };
}

/** The range scaled around an instant, on multiples of `step` seconds and never shorter than four steps. */
export function zoomed(from: Instant, to: Instant, factor: number, around: Instant, step: number): { from: Instant; to: Instant } {
  const length = Math.max(4 * step, Math.round(((to - from) * factor) / step) * step);
  const share = (around - from) / (to - from);
  const start = Math.round((around - share * length) / step) * step;
  return { from: start, to: start + length };
}

/** Reads the view from the query; what it does not say falls back to the last week of the first channel. */
export function viewOf(point: Point, query: URLSearchParams, preferred: number | null, now: Instant): View {
  const wanted = (query.get('ch') ?? '').split(',').filter(Boolean).map(Number);
  const interval = point.channels.filter((channel) => channel.interval_seconds !== null);
  const chosen = point.channels.filter(({ channel }) => wanted.includes(channel));
  const fallback = point.channels.find(({ channel }) => channel === preferred) ?? interval[0] ?? point.channels[0];
  const channels = chosen.length ? chosen : fallback ? [fallback] : [];
  const choice = query.get('zone');
  const zoneChoice: ZoneChoice = choice === 'browser' || choice === 'utc' ? choice : 'meter';
  const zone = { meter: channels[0]?.time_zone ?? point.time_zone ?? 'UTC', browser: browserZone(), utc: 'UTC' }[zoneChoice];
  const { first, last } = extent(channels, now);
  const week = presetRange('week', first, last, zone);
  const from = fromRfc3339(query.get('from')) ?? week.from;
  const to = fromRfc3339(query.get('to')) ?? week.to;
  const tab = query.get('tab');
  const layers = query.get('show');
  return {
    channels,
    from,
    to: from < to ? to : from + DAY,
    zone,
    zoneChoice,
    asOf: query.get('as_of'),
    raw: layers !== 'final',
    final: layers !== 'raw',
    tab: TABS.find(([name]) => name === tab)?.[0] ?? 'values',
    at: fromRfc3339(query.get('at')),
    page: Math.max(0, Number(query.get('page') ?? 1) - 1 || 0),
  };
}

/** The query values of a range. */
export const rangeQuery = ({ from, to }: { from: Instant; to: Instant }) => ({
  from: toRfc3339(from),
  to: toRfc3339(to),
  page: null,
});
