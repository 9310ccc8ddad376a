import { expect, test } from 'vitest';
import { compact, decimalOf, decimalText, difference, grouped, percent, signed, sumOf, trimmed } from './quantity';

test.each([
  [1250, -3, '1.250'], [-5, -2, '-0.05'], [0, -3, '0.000'], [12, 0, '12'], [12, 3, '12000'], [0, 3, '0'], [-120, -1, '-12.0'],
])('%d times ten to the %d is %s', (digits, exponent, text) => expect(decimalText(digits, exponent)).toBe(text));

test('thousands are grouped, decimals are not', () => {
  expect(grouped('1234567.8901')).toBe('1\u202f234\u202f567.8901');
  expect(grouped('-999')).toBe('-999');
  expect(['0.052000', '0.0520001', '1.000', '1.50', '0.000000'].map(grouped)).toEqual(['0.052', '0.0520001', '1.000', '1.50', '0.000']);
  expect(grouped('0.010000 to 1234.5')).toBe('0.010 to 1\u202f234.5');
  expect(compact(9_999_999)).toBe('9\u202f999\u202f999');
  expect(compact(1_681_204_112)).toBe('1\u202f681 M');
});

test('a rate with a gap never reads as 100 %', () => {
  expect(percent(9999, 10_000)).toBe('99.9 %');
  expect(percent(10_000, 10_000)).toBe('100.0 %');
  expect(percent(0, 0)).toBe('–');
});

test('sentences hold no zeros that say nothing', () => {
  expect(trimmed('0.052000 kWh is above 0.050, limit 1.000; seen on 2026-10-20 at 10.0 % or 1.50.')).toBe(
    '0.052 kWh is above 0.05, limit 1; seen on 2026-10-20 at 10 % or 1.5.',
  );
  expect(trimmed('version 1.10.0 of 100 intervals')).toBe('version 1.10.0 of 100 intervals');
});

test('what is typed is a decimal or nothing', () => {
  expect(['1 234,5', ' 0.25', '.5', '-3.', '1.2.3', '', 'abc', '1e3'].map(decimalOf)).toEqual([
    '1234.5', '0.25', '0.5', '-3', null, null, null, null,
  ]);
});

test('sums are exact where floats are not', () => {
  expect(sumOf(['0.1', '0.2', '0'])).toBe('0.3');
  expect(sumOf(['9007199254740993', '0.001'])).toBe('9007199254740993.001');
  expect(sumOf(['-0.5', '0.25'])).toBe('-0.25');
  expect(sumOf([])).toBe('0');
  expect(difference('21.110', '24.31')).toBe('-3.200');
  expect(difference('1', '-0.5')).toBe('1.5');
  expect(['-3.200', '1.2', '0.000', '-0'].map(signed)).toEqual(['−3.2', '+1.2', '0', '0']);
});
