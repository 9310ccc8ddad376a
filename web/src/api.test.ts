import { expect, test, vi } from 'vitest';
import { postOnce } from './api';

test('what is sent again after no answer has the same key, and a new one once it was answered', async () => {
  const keys: string[] = [];
  let answers = false;
  vi.stubGlobal('fetch', (_: string, { body }: { body: string }) => {
    keys.push((JSON.parse(body) as { key: string }).key);
    return answers ? Promise.resolve(new Response('{"act":1}')) : Promise.reject(new TypeError('no network'));
  });
  const accept = (id: number) => postOnce('review/accept', { exceptions: [id] });
  await expect(accept(7)).rejects.toThrow('did not answer');
  await expect(accept(8)).rejects.toThrow('did not answer');
  answers = true;
  await accept(7);
  await accept(7);
  expect(keys[2]).toBe(keys[0]);
  expect(new Set(keys).size).toBe(3);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
});
