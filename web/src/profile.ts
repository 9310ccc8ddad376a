/** Load profiles as segments to draw and slots to speak of. */

import type { QualityClass, QualitySpan, Readings, Run, StatusWords } from './api';
import { decimalText } from './quantity';
import { fromRfc3339, type Instant } from './time';

/** From harmless to grave: where several share a pixel the later one shows. */
export const QUALITY_CLASSES: QualityClass[] = [
  'measured', 'validated', 'edited', 'estimated', 'questionable', 'failed', 'missing',
];

export const QUALITY_WORDS: Record<QualityClass, string> = {
  measured: 'Measured',
  validated: 'Validated',
  edited: 'Edited',
  estimated: 'Estimated',
  questionable: 'Questionable',
  failed: 'Failed validation',
  missing: 'Missing',
};

export type Layer = 'raw' | 'final';

/** One interval, or one bucket of several, as the status line and the table tell it. */
export interface Slot {
  start: Instant;
  end: Instant;
  raw: string | null;
  final: string | null;
  rawStatus: StatusWords;
  finalStatus: StatusWords;
}

const UNSAID: StatusWords = { class: 'measured', words: 'measured' };
const MISSING: StatusWords = { class: 'missing', words: 'missing' };

const runStart = (run: Run): Instant => fromRfc3339(run.start) ?? 0;
const runEnd = (run: Run): Instant => runStart(run) + run.interval_seconds * run.raw.length;

const lowest = (run: Run, layer: Layer) => (layer === 'final' ? (run.final ?? run.raw) : run.raw);
const highest = (run: Run, layer: Layer) =>
  layer === 'final' ? (run.final_max ?? (run.final ? undefined : run.raw_max)) : run.raw_max;

/** The spans that hold for a layer: final ones where something was decided, else those of the source. */
export const spansOf = (run: Run, layer: Layer): QualitySpan[] =>
  layer === 'final' ? (run.final_quality ?? run.raw_quality) : run.raw_quality;

/** A line to draw: a layer of one channel's readings. */
export interface Line { readings: Readings; layer: Layer }

/** Points for a line chart: `xs` in order, one `ys` per line, `null` where there is a gap. */
export interface Plot { xs: number[]; ys: (number | null)[][] }

/**
 * Steps as points: each stretch between two boundaries of any line gives its two ends, so that lines of
 * different interval lengths share one axis and a gap stays a gap.
 */
export function stepPoints(lines: Line[]): Plot {
  const edges = [...new Set(lines.map(({ readings }) => readings))].map(edgesOf).reduce(merged, []);
  const xs = new Array<number>(2 * Math.max(0, edges.length - 1));
  for (let at = 0; at + 1 < edges.length; at++) {
    xs[2 * at] = edges[at]!;
    xs[2 * at + 1] = edges[at + 1]!;
  }
  return { xs, ys: lines.map((line) => stepHeights(line, edges)) };
}

/** Where the intervals of all runs begin and end, in order. */
function edgesOf(readings: Readings): Instant[] {
  const edges: Instant[] = [];
  for (const run of readings.runs) {
    const start = runStart(run);
    if (edges.at(-1) !== start) edges.push(start);
    for (let slot = 1; slot <= run.raw.length; slot++) edges.push(start + slot * run.interval_seconds);
  }
  return edges;
}

function merged(left: Instant[], right: Instant[]): Instant[] {
  if (!left.length) return right;
  return [...new Set([...left, ...right])].sort((a, b) => a - b);
}

function stepHeights({ readings, layer }: Line, edges: Instant[]): (number | null)[] {
  const scale = 10 ** readings.exponent;
  const heights = new Array<number | null>(2 * Math.max(0, edges.length - 1)).fill(null);
  let at = 0;
  for (const run of readings.runs) {
    const [start, end, seconds] = [runStart(run), runEnd(run), run.interval_seconds];
    const [low, high] = [lowest(run, layer), highest(run, layer)];
    while (at < edges.length && edges[at]! < start) at++;
    for (; at + 1 < edges.length && edges[at]! < end; at++) {
      const slot = Math.floor((edges[at]! - start) / seconds);
      const value = low[slot] ?? null;
      if (value === null) continue;
      heights[2 * at] = value * scale;
      heights[2 * at + 1] = (high?.[slot] ?? value) * scale;
    }
  }
  return heights;
}

function statusAt(readings: Readings, spans: QualitySpan[], slot: number, value: number | null): StatusWords {
  const span = spans.find(([from, to]) => from <= slot && slot < to);
  return (span && readings.statuses[span[2]]) ?? (value === null ? MISSING : UNSAID);
}

function slotOf(readings: Readings, run: Run, slot: number): Slot {
  const start = runStart(run) + slot * run.interval_seconds;
  const text = (value: number | null, top: number | null | undefined) => {
    if (value === null) return null;
    const low = decimalText(value, readings.exponent);
    return top === undefined || top === null || top === value ? low : `${low} to ${decimalText(top, readings.exponent)}`;
  };
  const raw = run.raw[slot] ?? null;
  const final = lowest(run, 'final')[slot] ?? null;
  return {
    start,
    end: start + run.interval_seconds,
    raw: text(raw, run.raw_max?.[slot]),
    final: text(final, highest(run, 'final')?.[slot]),
    rawStatus: statusAt(readings, run.raw_quality, slot, raw),
    finalStatus: statusAt(readings, spansOf(run, 'final'), slot, final),
  };
}

/** How many slots there are in all runs. */
export const slotCount = (readings: Readings): number => readings.runs.reduce((sum, run) => sum + run.raw.length, 0);

/** The slots `[from, to)` counted over all runs, for one page of the table. */
export function slots(readings: Readings, from: number, to: number): Slot[] {
  const page: Slot[] = [];
  let first = 0;
  for (const run of readings.runs) {
    for (let slot = Math.max(0, from - first); slot < Math.min(run.raw.length, to - first); slot++) {
      page.push(slotOf(readings, run, slot));
    }
    first += run.raw.length;
  }
  return page;
}

/** The slot that contains an instant. */
export function slotAt(readings: Readings, at: Instant): Slot | null {
  const run = readings.runs.find((run) => runStart(run) <= at && at < runEnd(run));
  return run ? slotOf(readings, run, Math.floor((at - runStart(run)) / run.interval_seconds)) : null;
}

/** The position, counted over all runs, of the slot that contains an instant or follows it. */
export function positionOf(readings: Readings, at: Instant): number {
  let first = 0;
  for (const run of readings.runs) {
    if (at < runEnd(run)) return first + Math.max(0, Math.floor((at - runStart(run)) / run.interval_seconds));
    first += run.raw.length;
  }
  return Math.max(0, first - 1);
}

/** A stretch of time of one quality. */
export interface Stretch { start: Instant; end: Instant; quality: QualityClass }

/** Everything that is not plainly measured, gravest last, for the strip below the chart. */
export function stretches(readings: Readings, layer: Layer): Stretch[] {
  const found: Stretch[] = [];
  for (const run of readings.runs) {
    const start = runStart(run);
    for (const [from, to, status] of spansOf(run, layer)) {
      const quality = readings.statuses[status]?.class ?? 'measured';
      found.push({ start: start + from * run.interval_seconds, end: start + to * run.interval_seconds, quality });
    }
  }
  return found.sort((a, b) => QUALITY_CLASSES.indexOf(a.quality) - QUALITY_CLASSES.indexOf(b.quality));
}
