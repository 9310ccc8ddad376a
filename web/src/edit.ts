/** Edits of intervals before they are proposed: pure, exact, in the order of time. */

import type { Edit, Preview, QualityClass, Readings, Run } from './api';
import { slotCount, slots, type Slot } from './profile';
import { decimalOf, sumOf } from './quantity';
import { addDays, dateIn, fromRfc3339, startOfDate, toRfc3339, type Instant } from './time';

/** New values of one channel by interval start. */
export type Values = ReadonlyMap<Instant, string>;

/** A selected stretch of time, `[from, to)`. */
export interface Span { from: Instant; to: Instant }

/** The whole local days around a span. */
export function daysAround({ from, to }: Span, zone: string): Span {
  return {
    from: startOfDate(dateIn(from, zone), zone),
    to: startOfDate(addDays(dateIn(Math.max(from, to - 1), zone), 1), zone),
  };
}

/** The span from where a selection began to an interval, both included. */
export const spanBetween = (anchor: Instant, at: Instant, step: number): Span => ({
  from: Math.min(anchor, at),
  to: Math.max(anchor, at) + step,
});

/** Interval starts of a span. */
export const startsOf = ({ from, to }: Span, step: number): Instant[] =>
  Array.from({ length: Math.max(0, Math.round((to - from) / step)) }, (_, slot) => from + slot * step);

/** A method's values, or a pasted column, laid over a span; what is `null` or beyond the span is left alone. */
export function laidOver(values: Values, span: Span, step: number, given: (string | null)[]): Map<Instant, string> {
  const next = new Map(values);
  for (const [slot, start] of startsOf(span, step).entries()) {
    const value = given[slot] ?? null;
    if (value !== null) next.set(start, value);
  }
  return next;
}

/** Values without those of a span. */
export const cleared = (values: Values, { from, to }: Span): Map<Instant, string> =>
  new Map([...values].filter(([start]) => start < from || to <= start));

/** The numbers of a pasted column, one a line; `null` where a line is not a number. */
export const pasted = (text: string): (string | null)[] =>
  text.trim().split(/\r?\n/).map((line) => decimalOf(line.split('\t')[0] ?? ''));

/** What the API is asked to check or to propose. */
export const editsOf = (all: ReadonlyMap<number, Values>): Edit[] =>
  [...all]
    .filter(([, values]) => values.size)
    .map(([channel, values]) => ({
      channel: String(channel),
      values: [...values].sort(([a], [b]) => a - b).map(([start, value]) => ({ start: toRfc3339(start), value })),
    }));

/** The methods that give values to at least one of the previewed channels, in the order people are shown them. */
export const usableMethods = (previews: Preview[]): string[] =>
  (previews[0]?.methods ?? [])
    .map(({ method }) => method)
    .filter((method) => previews.some(({ methods }) => methods.some((each) => each.method === method && each.eligible)));

/** The readings as they would be: `raw` holds what is final now, `final` the edited values. */
export function withEdits(readings: Readings, values: Values): Readings {
  const edited = readings.statuses.length;
  const scale = 10 ** readings.exponent;
  const runs = readings.runs.map((run): Run => {
    const start = fromRfc3339(run.start) ?? 0;
    const before = run.final ?? run.raw;
    const typed = before.map((_, slot) => values.get(start + slot * run.interval_seconds));
    const marks = typed.flatMap((value, slot) => (value === undefined ? [] : [[slot, slot + 1, edited] as [number, number, number]]));
    const spans = run.final_quality ?? run.raw_quality;
    return {
      ...run,
      raw: before,
      final: before.map((value, slot) => (typed[slot] === undefined ? value : Number(typed[slot]) / scale)),
      raw_quality: spans,
      final_quality: [...marks, ...spans.flatMap((span) => without(span, typed))],
    };
  });
  return { ...readings, runs, statuses: [...readings.statuses, { class: 'edited', words: 'edited, not proposed yet' }] };
}

/** A span of quality without the edited slots. */
function without([from, to, status]: [number, number, number], typed: (string | undefined)[]): [number, number, number][] {
  const kept: [number, number, number][] = [];
  for (let slot = from; slot < to; slot++) {
    if (typed[slot] !== undefined) continue;
    const last = kept.at(-1);
    if (last && last[1] === slot) last[1] = slot + 1;
    else kept.push([slot, slot + 1, status]);
  }
  return kept;
}

/** A stretch of intervals of one quality that somebody may want to edit. */
export interface Doubt extends Span { quality: QualityClass; words: string; slots: number }

const DOUBTFUL: QualityClass[] = ['missing', 'failed', 'questionable', 'estimated'];

/** Stretches that are missing, failed, questionable or estimated, in the order of time. */
export function doubts(readings: Readings): Doubt[] {
  const found: Doubt[] = [];
  for (const { start, end, finalStatus } of slots(readings, 0, slotCount(readings))) {
    if (!DOUBTFUL.includes(finalStatus.class)) continue;
    const last = found.at(-1);
    if (last && last.to === start && last.quality === finalStatus.class) {
      last.to = end;
      last.slots++;
    } else {
      found.push({ from: start, to: end, quality: finalStatus.class, words: finalStatus.words, slots: 1 });
    }
  }
  return found;
}

/** Stretches whose words say that the power was off. */
export function darkness(all: Slot[]): (Span & { words: string })[] {
  const found: (Span & { words: string })[] = [];
  for (const { start, end, rawStatus, finalStatus } of all) {
    const words = [rawStatus.words, finalStatus.words].find((each) => /outage|power fail|power off/i.test(each));
    if (!words) continue;
    const last = found.at(-1);
    if (last && last.to === start) last.to = end;
    else found.push({ from: start, to: end, words });
  }
  return found;
}

/** The exact total of some slots with the edits over them; missing slots count nothing. */
export const totalOf = (all: Slot[], values: Values): string =>
  sumOf(all.flatMap(({ start, final }) => values.get(start) ?? final ?? []));

/** The height at which every edited slot would lie for the intervals to meet the register: a line in the chart. */
export function registerLevel(measured: string, sumNow: string, now: (string | null)[]): number | null {
  if (!now.length) return null;
  const rest = Number(sumNow) - now.reduce((sum, value) => sum + Number(value ?? 0), 0);
  return (Number(measured) - rest) / now.length;
}
