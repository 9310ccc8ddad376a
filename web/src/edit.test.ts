import { expect, test } from 'vitest';
import type { Preview, Readings } from './api';
import {
  cleared, darkness, daysAround, doubts, editsOf, laidOver, pasted, registerLevel, spanBetween, startsOf, totalOf, usableMethods, withEdits,
} from './edit';
import { slots } from './profile';
import { fromRfc3339, toRfc3339 } from './time';

const at = (text: string) => fromRfc3339(text)!;
const start = at('2026-10-20T04:00:00Z');

const readings: Readings = {
  channel: 7, from: '', to: '', as_of: null, resolution: 'interval', unit: 'kWh', exponent: -3,
  statuses: [
    { class: 'validated', words: 'validated' },
    { class: 'missing', words: 'missing, power outage' },
    { class: 'failed', words: 'failed validation' },
  ],
  runs: [{
    start: '2026-10-20T04:00:00Z', interval_seconds: 3600,
    raw: [250, null, null, 500, 900], raw_quality: [[0, 1, 0], [1, 3, 1], [3, 4, 0], [4, 5, 2]],
  }],
  summary: { expected: 0, received: 0, raw_sum: '0', final_sum: '0', lowest: null, highest: null, classes: [] },
};

test('days around a span are whole local days, 25 hours in autumn', () => {
  const span = { from: at('2026-11-01T12:00:00Z'), to: at('2026-11-01T13:00:00Z') };
  const days = daysAround(span, 'America/Toronto');
  expect([toRfc3339(days.from), toRfc3339(days.to)]).toEqual(['2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z']);
  const midnight = daysAround({ from: start, to: start }, 'America/Toronto');
  expect((midnight.to - midnight.from) / 3600).toBe(24);
});

test('a selection grows to both sides of where it began', () => {
  expect(spanBetween(7200, 3600, 900)).toEqual({ from: 3600, to: 8100 });
  expect(spanBetween(3600, 3600, 900)).toEqual({ from: 3600, to: 4500 });
  expect(startsOf({ from: 0, to: 2700 }, 900)).toEqual([0, 900, 1800]);
});

test('values are laid over a span and taken away again', () => {
  const span = { from: start + 3600, to: start + 3 * 3600 };
  const values = laidOver(new Map(), span, 3600, ['0.3', null, '9']);
  expect([...values]).toEqual([[start + 3600, '0.3']]);
  expect(totalOf(slots(readings, 0, 9), values)).toBe('1.950');
  expect(editsOf(new Map([[7, values], [8, new Map()]]))).toEqual([
    { channel: '7', values: [{ start: '2026-10-20T05:00:00Z', value: '0.3' }] },
  ]);
  expect(cleared(values, span).size).toBe(0);
});

test('the chart gets before and after as two layers of one reading', () => {
  const edited = withEdits(readings, new Map([[start + 3600, '0.3']]));
  expect(edited.runs[0]?.raw).toEqual([250, null, null, 500, 900]);
  expect(edited.runs[0]?.final).toEqual([250, 300, null, 500, 900]);
  const [, typed, gap] = slots(edited, 0, 3);
  expect([typed?.finalStatus.class, gap?.finalStatus.class, typed?.rawStatus.class]).toEqual(['edited', 'missing', 'missing']);
});

test('stretches to look at, and where the power was off', () => {
  expect(doubts(readings).map(({ quality, slots }) => `${quality} ${slots}`)).toEqual(['missing 2', 'failed 1']);
  expect(darkness(slots(readings, 0, 9))).toEqual([{ from: start + 3600, to: start + 3 * 3600, words: 'missing, power outage' }]);
});

test('a pasted column becomes values line by line', () => {
  expect(pasted('0,25\r\n0.5\tkWh\nx\n')).toEqual(['0.25', '0.5', null]);
});

test('the register line is where the edited slots would have to lie', () => {
  // 24 measured, 20 in all others: two slots share 4.
  expect(registerLevel('24', '20', [null, null])).toBe(2);
  expect(registerLevel('24', '23', ['1', '2'])).toBe(2);
  expect(registerLevel('24', '20', [])).toBeNull();
});

test('a method is usable where one of the channels can take it', () => {
  const preview = (...eligible: string[]) =>
    ({ methods: ['E04', 'E05', 'E14'].map((method) => ({ method, eligible: eligible.includes(method) })) }) as unknown as Preview;
  expect(usableMethods([preview('E14'), preview('E04')])).toEqual(['E04', 'E14']);
  expect(usableMethods([])).toEqual([]);
});
