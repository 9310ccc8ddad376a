import { expect, test } from 'vitest';
import {
  addMonths, clockIn, dateIn, endClock, fromRfc3339, HOUR, instantOf, offsetText, repeated, stamp, startOfDate, toRfc3339, addDays,
} from './time';

// Instants and day lengths are published facts of the zone database, worked out by hand from UTC.
test.each([
  ['America/Toronto', '2024-03-10', '2024-03-10T05:00:00Z', 23],
  ['America/Toronto', '2024-11-03', '2024-11-03T04:00:00Z', 25],
  ['America/Toronto', '2024-06-01', '2024-06-01T04:00:00Z', 24],
  ['Europe/Amsterdam', '2024-10-27', '2024-10-26T22:00:00Z', 25],
  ['Australia/Lord_Howe', '2024-04-07', '2024-04-06T13:00:00Z', 24.5],
  ['Australia/Lord_Howe', '2024-10-06', '2024-10-05T13:30:00Z', 23.5],
  ['Asia/Kolkata', '2024-01-01', '2023-12-31T18:30:00Z', 24],
  ['Asia/Kathmandu', '2024-01-01', '2023-12-31T18:15:00Z', 24],
  // Midnight does not exist: the clock goes from 23:59:59 to 01:00.
  ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00Z', 23],
  // Midnight happens once, but 23:00 to 24:00 of the day before twice.
  ['America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00Z', 25],
  // The hour from 00:00 to 01:00 happens twice: the day starts at its first pass.
  ['America/Havana', '2024-11-03', '2024-11-03T04:00:00Z', 25],
  ['UTC', '2024-03-10', '2024-03-10T00:00:00Z', 24],
])('%s %s starts at %s and has %d hours', (zone, date, start, hours) => {
  const from = startOfDate(date, zone);
  expect(toRfc3339(from)).toBe(start);
  expect((startOfDate(addDays(date, 1), zone) - from) / HOUR).toBe(hours);
});

test('the repeated hour is told apart by its offset', () => {
  const first = fromRfc3339('2024-11-03T05:30:00Z')!;
  expect(stamp(first, 'America/Toronto')).toBe('2024-11-03 01:30 -04:00');
  expect(stamp(first + HOUR, 'America/Toronto')).toBe('2024-11-03 01:30 -05:00');
  expect(stamp(first, 'UTC')).toBe('2024-11-03 05:30 Z');
  expect(endClock(first, first + HOUR, 'America/Toronto')).toBe('01:30 -05:00');
  expect(endClock(first, first + HOUR, 'UTC')).toBe('06:30');
});

test('zones off the hour', () => {
  const at = fromRfc3339('2024-01-01T00:00:00Z')!;
  expect([clockIn(at, 'Asia/Kathmandu'), offsetText(at, 'Asia/Kathmandu')]).toEqual(['05:45', '+05:45']);
  expect([dateIn(at, 'America/St_Johns'), offsetText(at, 'America/St_Johns')]).toEqual(['2023-12-31', '-03:30']);
});

test('a wall-clock text becomes the first instant that shows it', () => {
  const zone = 'America/Toronto';
  expect(toRfc3339(instantOf('2024-11-03T01:30', zone)!)).toBe('2024-11-03T05:30:00Z');
  expect(toRfc3339(instantOf('2024-07-01', zone)!)).toBe('2024-07-01T04:00:00Z');
  // 02:30 does not exist on that night; the offset before the change decides.
  expect(toRfc3339(instantOf('2024-03-10T02:30', zone)!)).toBe('2024-03-10T07:30:00Z');
  expect(instantOf('nonsense', zone)).toBeNull();
});

test('months keep within the month', () => {
  expect(addMonths('2024-03-31', -1)).toBe('2024-02-29');
  expect(addMonths('2023-12-31', 2)).toBe('2024-02-29');
  expect(addMonths('2024-01-15', -1)).toBe('2023-12-15');
});

test('an hour that comes twice is known from both sides', () => {
  const zone = 'America/Toronto';
  const at = (text: string) => Date.parse(text) / 1000;
  const rows = ['2025-11-02T04:30:00Z', '2025-11-02T05:00:00Z', '2025-11-02T05:45:00Z', '2025-11-02T06:00:00Z', '2025-11-02T07:00:00Z', '2026-03-08T06:30:00Z', '2026-03-08T07:30:00Z'];
  expect(rows.map((row) => repeated(at(row), zone))).toEqual([false, true, true, true, false, false, false]);
});
