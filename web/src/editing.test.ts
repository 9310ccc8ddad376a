import { expect, test } from 'vitest';
import type { Preview } from './api';
import { Editing } from './editing.svelte';

const method = (method: string, values: string[]) => ({ method, name: '', words: '', eligible: 0 < values.length, values, total: '0' });
const preview = (channel: number, ...methods: Preview['methods']): Preview => ({
  channel, label: '', unit: 'kWh', from: '', to: '', now: [], methods, shift: null, register: null,
});

const STEP = 900;
const first = { from: 0, to: 2 * STEP };
const second = { from: 2 * STEP, to: 4 * STEP };
const previews = [preview(1, method('E04', ['1', '2']), method('E05', ['3', '4'])), preview(2, method('E04', []), method('E05', ['5', '6']))];
const sourceOf = (editing: Editing) => editing.parts.map(({ source }) => source).join(' ');
const told = (editing: Editing) => [...editing.values].map(([channel, values]) => `${channel}: ${[...values.values()].join(' ')}`).join(', ');

test('a method takes the place of the one before, on every channel it can help', () => {
  const editing = new Editing();
  editing.choose('E05', previews, first, STEP);
  expect([told(editing), sourceOf(editing), editing.method]).toEqual(['1: 3 4, 2: 5 6', 'E05', 'E05']);
  editing.choose('E04', previews, first, STEP);
  expect([told(editing), sourceOf(editing)]).toEqual(['1: 1 2, 2: ', 'E04']);
  editing.undo();
  expect([told(editing), sourceOf(editing), editing.undoable]).toEqual(['1: 3 4, 2: 5 6', 'E05', true]);
});

test('each method is a part of its own', () => {
  const editing = new Editing();
  editing.choose('E05', previews, first, STEP);
  editing.leave();
  expect(editing.method).toBeNull();
  editing.choose('E05', previews, second, STEP);
  expect(sourceOf(editing)).toBe('E05');
  editing.choose('E04', previews, second, STEP);
  expect(sourceOf(editing)).toBe('E05 E04');
});

test('a typed value is a person’s, and taking it away leaves nothing', () => {
  const editing = new Editing();
  editing.write([1], { from: 0, to: STEP }, STEP, ['7']);
  expect([told(editing), sourceOf(editing), editing.empty]).toEqual(['1: 7', 'values', false]);
  editing.write([1], { from: 0, to: STEP }, STEP, []);
  expect([editing.empty, editing.undoable]).toEqual([true, true]);
  editing.clear();
  expect(editing.undoable).toBe(false);
});

test('values of assumed meter time are moved beyond the selection, as one act', () => {
  const editing = new Editing();
  const shift = { to: '1970-01-01T01:00:00Z', eligible: true, words: '', total: '9', values: [{ start: '1970-01-01T00:00:00Z', value: '0' }, { start: '1970-01-01T01:00:00Z', value: '9' }] };
  editing.shift([{ ...preview(1), shift }, preview(2)]);
  expect([told(editing), sourceOf(editing), editing.method]).toEqual(['1: 0 9', 'shift', 'shift']);
  expect([...(editing.values.get(1)?.keys() ?? [])]).toEqual([0, 3600]);
  editing.undo();
  expect([editing.empty, sourceOf(editing)]).toEqual([true, '']);
});

test('an estimate beside a typed value is proposed as what it is', () => {
  const editing = new Editing();
  editing.choose('E05', previews, first, STEP);
  editing.write([1], { from: STEP, to: 2 * STEP }, STEP, ['7']);
  const words = editing.parts.map(({ source, values }) => `${source}: ${[...values].map(([channel, each]) => `${channel} ${[...each.values()].join(' ')}`).join(', ')}`);
  expect(words).toEqual(['E05: 1 3, 2 5 6', 'values: 1 7, 2 ']);
  editing.proposed('E05');
  expect([told(editing), sourceOf(editing)]).toEqual(['1: 7, 2: ', 'values']);
});
