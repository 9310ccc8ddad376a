import { expect, test } from 'vitest';
import type { ReviewException, ReviewGroup } from './api';
import { addressOf, belongs, clockSpan, editAddress, filterOf, groupKey, groupQuery, groupTitle, moved, queuesOf, withFilter } from './review';

const group: ReviewGroup = {
  rule: 'V30', rule_name: 'gap', date: '2026-10-20', last: '2026-10-20', from: 8, to: 20, channel: null, label: null, count: 50, channels: 50,
  effect: 'blocked', severity: 'medium', direction: 'other', routed: 50, why: '', oldest: '', example: '', next_step: '',
};

test('a filter survives the address', () => {
  const filter = filterOf(new URLSearchParams('rule=V30&date=2026-10-20&channel=&other=1'));
  expect(filter).toEqual({ rule: 'V30', date: '2026-10-20' });
  expect(addressOf(filter)).toBe('/review?rule=V30&date=2026-10-20');
  expect(addressOf({})).toBe('/review');
});

test('a group asks for its own exceptions within the filter', () => {
  expect(groupQuery(group, { assignee: 'Ann', rule: 'V31' })).toEqual({
    state: 'open', routed: 'true', rule: 'V30', date: '2026-10-20', last: '2026-10-20', channel: undefined, assignee: 'Ann',
  });
  expect(groupQuery({ ...group, routed: 0 }, {}).routed).toBe('false');
  expect(groupQuery(group, { state: 'edited' }).routed).toBeUndefined();
  expect(groupTitle(group)).toBe('V30 gap, 2026-10-20');
  expect(groupTitle({ ...group, rule: null, rule_name: null, date: null, channel: 3, label: 'Mill 7' })).toBe('Mill 7');
  expect(groupKey(group)).not.toBe(groupKey({ ...group, from: 9 }));
  expect(groupKey(group)).not.toBe(groupKey({ ...group, routed: 0 }));
});

test('a failure that goes on over days is one group', () => {
  const days = { ...group, last: '2026-10-22' };
  expect(groupTitle(days)).toBe('V30 gap, 2026-10-20 to 2026-10-22');
  expect(groupQuery(days, {})).toMatchObject({ date: '2026-10-20', last: '2026-10-22' });
  expect(groupQuery(group, {}).last).toBe('2026-10-20');
  expect(groupQuery(days, { date: '2026-10-20' }).last).toBeUndefined();
  expect(groupQuery(days, { by: 'rule-date' }).last).toBeUndefined();
  expect(groupKey(days)).not.toBe(groupKey(group));
});

test('there are two queues of what is open, and one list of what is settled', () => {
  expect(queuesOf({})).toEqual(['true', 'false']);
  expect(queuesOf({ routed: 'false' })).toEqual(['false']);
  expect(queuesOf({ state: 'accepted' })).toEqual([undefined]);
});

test('slots decide where they are grouped by', () => {
  const exception = { from: 8, to: 20 } as ReviewException;
  expect(belongs(exception, group, 'rule-date-slots')).toBe(true);
  expect(belongs({ ...exception, to: 21 }, group, 'rule-date-slots')).toBe(false);
  expect(belongs({ ...exception, to: 21 }, group, 'rule-date')).toBe(true);
});

test('the editor opens on the channels and the widest time of what is chosen', () => {
  const at = (channel: number, start: string, end: string) => ({ channel, start, end });
  const address = editAddress([
    at(4, '2026-10-20T02:00:00-04:00', '2026-10-20T05:00:00-04:00'),
    at(5, '2026-10-20T01:00:00-04:00', '2026-10-20T03:00:00-04:00'),
    at(4, '2026-10-20T02:00:00-04:00', '2026-10-20T02:15:00-04:00'),
  ]);
  expect(decodeURIComponent(address)).toBe('/review/edit?channel=4,5&from=2026-10-20T05:00:00Z&to=2026-10-20T09:00:00Z');
});

test('a span says the end of the day and another offset', () => {
  expect(clockSpan('2026-10-20T23:00:00-04:00', '2026-10-21T00:00:00-04:00')).toBe('23:00 to 24:00');
  expect(clockSpan('2026-11-01T00:30:00-04:00', '2026-11-01T01:30:00-05:00')).toBe('00:30 to 01:30 -05:00');
});

test('moving stays inside the list', () => {
  expect([moved(0, -1, 3), moved(1, 1, 3), moved(2, 1, 3), moved(0, 1, 0)]).toEqual([0, 2, 2, 0]);
});

test('a saved filter replaces the one of the same name', () => {
  const saved = withFilter([{ name: 'gaps', filter: { rule: 'V30' } }], 'mine', { assignee: 'Ann' });
  expect(withFilter(saved, 'gaps', { rule: 'V31' })).toEqual([
    { name: 'mine', filter: { assignee: 'Ann' } },
    { name: 'gaps', filter: { rule: 'V31' } },
  ]);
});
