/**
 * Instants are epoch seconds (UTC) everywhere in the page; zones and local days exist only here.
 *
 * A local day is the time between two local midnights: 23, 24 or 25 hours, and odd lengths in odd zones.
 */

/** Seconds since 1970-01-01T00:00Z. */
export type Instant = number;

export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 86_400;

/** A calendar date, `2016-03-13`. */
export type CivilDate = string;

const partsOfZone = new Map<string, Intl.DateTimeFormat>();

function partsFormat(zone: string): Intl.DateTimeFormat {
  let format = partsOfZone.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    partsOfZone.set(zone, format);
  }
  return format;
}

interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

function wallClock(at: Instant, zone: string): Wall {
  const wall: Record<string, number> = {};
  for (const { type, value } of partsFormat(zone).formatToParts(at * 1000)) wall[type] = Number(value);
  return wall as unknown as Wall;
}

/** Seconds that local time is ahead of UTC at an instant. */
export function offsetAt(at: Instant, zone: string): number {
  if (zone === 'UTC') return 0;
  const { year, month, day, hour, minute, second } = wallClock(at, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - Math.floor(at);
}

const two = (number: number) => String(number).padStart(2, '0');

/** `2016-03-13` in the zone. */
export function dateIn(at: Instant, zone: string): CivilDate {
  const { year, month, day } = wallClock(at, zone);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** `01:30` in the zone. */
export function clockIn(at: Instant, zone: string): string {
  const { hour, minute } = wallClock(at, zone);
  return `${two(hour)}:${two(minute)}`;
}

/** `+01:00`, `Z` for UTC itself. */
export function offsetText(at: Instant, zone: string): string {
  if (zone === 'UTC') return 'Z';
  const offset = offsetAt(at, zone);
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `2016-11-06 01:30 -05:00`: never without the offset, so that the repeated hour can be told apart. */
export function stamp(at: Instant, zone: string): string {
  return `${dateIn(at, zone)} ${clockIn(at, zone)} ${offsetText(at, zone)}`;
}

/** Whether the wall clock shows the same time twice, an hour or less apart, and this is one of both. */
export function repeated(at: Instant, zone: string): boolean {
  const offset = offsetAt(at, zone);
  return [-1, 1].some((side) => {
    const shift = offset - offsetAt(at + side * 2 * HOUR, zone);
    return 0 < shift * side && offsetAt(at + shift, zone) === offset - shift;
  });
}

/** Where an interval ends: `01:15`, with the offset where the clock changed within it. */
export function endClock(start: Instant, end: Instant, zone: string): string {
  const offset = offsetText(end, zone);
  return offset === offsetText(start, zone) ? clockIn(end, zone) : `${clockIn(end, zone)} ${offset}`;
}

/** The first instant whose local date is `date`, also where midnight itself does not exist. */
export function startOfDate(date: CivilDate, zone: string): Instant {
  const midnight = Date.parse(`${date}T00:00:00Z`) / 1000;
  // The offset can change between the guess and the day itself: try the offsets around it.
  const candidates = [-DAY, 0, DAY].map((shift) => midnight - offsetAt(midnight + shift, zone));
  const exact = candidates.filter((at) => dateIn(at, zone) === date).sort((a, b) => a - b);
  const first = exact[0];
  if (first === undefined) return midnight;
  // Where the clock skips midnight the day starts at the change; where it repeats, at the first pass.
  return dateIn(first - 1, zone) === date ? firstInstantOf(date, first - 3 * HOUR, first, zone) : first;
}

function firstInstantOf(date: CivilDate, before: Instant, inside: Instant, zone: string): Instant {
  let low = before;
  let high = inside;
  while (1 < high - low) {
    const middle = Math.floor((low + high) / 2);
    if (dateIn(middle, zone) < date) low = middle;
    else high = middle;
  }
  return high;
}

/** The date `days` later (or earlier) on the calendar. */
export function addDays(date: CivilDate, days: number): CivilDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY * 1000).toISOString().slice(0, 10);
}

/** The date `months` later (or earlier), kept within the month. */
export function addMonths(date: CivilDate, months: number): CivilDate {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const first = new Date(Date.UTC(year, month - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(day, last));
  return first.toISOString().slice(0, 10);
}

/** The instant of a wall-clock text `2016-03-13T01:30` in the zone; the first pass where it occurs twice. */
export function instantOf(wall: string, zone: string): Instant | null {
  const guess = Date.parse(`${wall.length === 10 ? `${wall}T00:00` : wall}Z`) / 1000;
  if (Number.isNaN(guess)) return null;
  const candidates = [-DAY, 0, DAY]
    .map((shift) => guess - offsetAt(guess + shift, zone))
    .filter((at) => at + offsetAt(at, zone) === guess)
    .sort((a, b) => a - b);
  return candidates[0] ?? guess - offsetAt(guess - DAY, zone);
}

/** The wall-clock text an `<input type="datetime-local">` holds. */
export function wallText(at: Instant, zone: string): string {
  return `${dateIn(at, zone)}T${clockIn(at, zone)}`;
}

/** RFC 3339 in UTC, as the API and the address bar hold it. */
export function toRfc3339(at: Instant): string {
  return new Date(at * 1000).toISOString().replace('.000Z', 'Z');
}

/** Epoch seconds of an RFC 3339 text, `null` where it is none. */
export function fromRfc3339(text: string | null | undefined): Instant | null {
  if (!text) return null;
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}

/** `15 min`, `1 h`, `1 day`. */
export function lengthText(seconds: number): string {
  if (seconds % DAY === 0) return seconds === DAY ? '1 day' : `${seconds / DAY} days`;
  if (seconds % HOUR === 0) return `${seconds / HOUR} h`;
  if (seconds % MINUTE === 0) return `${seconds / MINUTE} min`;
  return `${seconds} s`;
}

/** `3 minutes ago`, `in 2 hours`; for how fresh something is. */
export function ago(at: Instant, now: Instant): string {
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
    ['second', 1],
  ];
  const seconds = at - now;
  const [unit, size] = units.find(([, length]) => length <= Math.abs(seconds)) ?? ['second', 1];
  return new Intl.RelativeTimeFormat('en', { numeric: 'always' }).format(Math.trunc(seconds / size), unit);
}

/** The zone the browser runs in. */
export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
