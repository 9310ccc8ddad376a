import { expect, test } from 'vitest';
import type { Readings, Run } from './api';
import { positionOf, slotAt, slots, stepPoints, stretches } from './profile';
import { fromRfc3339 } from './time';

const at = (text: string) => fromRfc3339(text)!;

function readings(...runs: Run[]): Readings {
  return {
    channel: 1, from: '', to: '', as_of: null, resolution: 'interval', unit: 'kWh', exponent: -3,
    statuses: [
      { class: 'measured', words: 'measured' },
      { class: 'estimated', words: 'estimated, interpolated' },
      { class: 'missing', words: 'missing' },
    ],
    runs,
    summary: { expected: 0, received: 0, raw_sum: '0', final_sum: '0', lowest: null, highest: null, classes: [] },
  };
}

const quarters = readings({
  start: '2026-01-01T00:00:00Z', interval_seconds: 900,
  raw: [250, null, null, 500], final: [250, 300, null, 500],
  raw_quality: [[0, 1, 0], [1, 3, 2], [3, 4, 0]], final_quality: [[0, 1, 0], [1, 2, 1], [2, 3, 2], [3, 4, 0]],
});

test('steps keep their height to the end of the interval and gaps stay gaps', () => {
  const { xs, ys } = stepPoints([{ readings: quarters, layer: 'final' }, { readings: quarters, layer: 'raw' }]);
  const start = at('2026-01-01T00:00:00Z');
  expect(xs.map((x) => (x - start) / 900)).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
  expect(ys[0]).toEqual([0.25, 0.25, 0.3, 0.3, null, null, 0.5, 0.5]);
  expect(ys[1]).toEqual([0.25, 0.25, null, null, null, null, 0.5, 0.5]);
});

test('lines of different interval lengths share one axis', () => {
  const hour = readings({ start: '2026-01-01T00:00:00Z', interval_seconds: 1800, raw: [7], raw_quality: [] });
  const { xs, ys } = stepPoints([{ readings: quarters, layer: 'raw' }, { readings: hour, layer: 'raw' }]);
  expect(xs.length).toBe(8);
  expect(ys[1]).toEqual([0.007, 0.007, 0.007, 0.007, null, null, null, null]);
});

test('buckets draw from their lowest to their highest value', () => {
  const bucket = readings({ start: '2026-01-01T00:00:00Z', interval_seconds: 86400, raw: [10], raw_max: [90], raw_quality: [] });
  expect(stepPoints([{ readings: bucket, layer: 'final' }]).ys[0]).toEqual([0.01, 0.09]);
  expect(slots(bucket, 0, 1)[0]?.raw).toBe('0.010 to 0.090');
});

test('a slot tells value and quality in words', () => {
  const slot = slotAt(quarters, at('2026-01-01T00:20:00Z'))!;
  expect([slot.raw, slot.final, slot.rawStatus.words, slot.finalStatus.words]).toEqual([null, '0.300', 'missing', 'estimated, interpolated']);
  expect(slotAt(quarters, at('2026-01-01T01:00:00Z'))).toBeNull();
  expect(positionOf(quarters, at('2026-01-01T00:45:00Z'))).toBe(3);
  expect(slots(quarters, 2, 9).map((each) => each.final)).toEqual([null, '0.500']);
});

test('graver stretches are drawn last', () => {
  expect(stretches(quarters, 'final').map(({ quality }) => quality)).toEqual(['measured', 'measured', 'estimated', 'missing']);
});
