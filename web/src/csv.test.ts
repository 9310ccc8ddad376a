import { expect, test } from 'vitest';
import { csvCell, csvOf } from './csv';

test.each([
  ['14\u202f424', '14424'],
  ['HES-1', 'HES-1'],
  ['-12.5', '-12.5'],
  ['=1+1', "'=1+1"],
  ['-rm', "'-rm"],
  ['a, "b"', '"a, ""b"""'],
  ['two\n  lines', 'two lines'],
])('%j is the cell %j', (text, expected) => expect(csvCell(text)).toBe(expected));

test('a row is a line', () => expect(csvOf([['Head-end', 'Readings'], ['a', '1\u202f000']])).toBe('Head-end,Readings\na,1000\n'));
