import { expect, test } from 'vitest';
import { clockOf } from './head-end';

test('a clock is told with its way and how well it is known', () => {
  const told = (knowledge: 'known' | 'at_least' | 'unknown', milliseconds: number | null, within: number | null) =>
    clockOf({ knowledge, milliseconds, within_milliseconds: within, observations: 16 });
  expect(told('known', 7020, 480)).toBe('7.0 s ahead ± 480 ms');
  expect(told('known', -3000, 39)).toBe('3.0 s behind ± 39 ms');
  expect(told('known', 20, 510)).toBe('right ± 510 ms');
  expect(told('known', 100, 4500)).toBe('0.1 s ahead ± 4.5 s');
  expect(told('at_least', 6600, null)).toBe('6.6 s ahead at least');
  expect(told('unknown', null, null)).toBe('not known');
});
