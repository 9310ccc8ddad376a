import { expect, test } from 'vitest';
import { compact, decimalText, grouped, percent } from './quantity';

test.each([
  [1250, -3, '1.250'], [-5, -2, '-0.05'], [0, -3, '0.000'], [12, 0, '12'], [12, 3, '12000'], [0, 3, '0'], [-120, -1, '-12.0'],
])('%d times ten to the %d is %s', (digits, exponent, text) => expect(decimalText(digits, exponent)).toBe(text));

test('thousands are grouped, decimals are not', () => {
  expect(grouped('1234567.8901')).toBe('1\u202f234\u202f567.8901');
  expect(grouped('-999')).toBe('-999');
  expect(['0.052000', '0.0520001', '1.000', '1.50', '0.000000'].map(grouped)).toEqual(['0.052', '0.0520001', '1.000', '1.50', '0.000']);
  expect(compact(9_999_999)).toBe('9\u202f999\u202f999');
  expect(compact(1_681_204_112)).toBe('1\u202f681 M');
});

test('a rate with a gap never reads as 100 %', () => {
  expect(percent(9999, 10_000)).toBe('99.9 %');
  expect(percent(10_000, 10_000)).toBe('100.0 %');
  expect(percent(0, 0)).toBe('–');
});
