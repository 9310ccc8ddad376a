/** Single-key shortcuts: they leave alone whoever types, a dialog, and the browser's own combinations. */

import { shortcuts } from './stored.svelte';

/** One shortcut: the key as `KeyboardEvent.key` says it, what it does in words, and the doing. */
export interface Shortcut { key: string; words: string; act: () => void; also?: string[] }

export function pressed(all: Shortcut[], event: KeyboardEvent): void {
  const typing = event.target instanceof Element && event.target.matches('input:not([type=checkbox], [type=radio]), select, textarea');
  if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (!shortcuts.value && event.key !== '?') return;
  const shortcut = all.find(({ key, also }) => key === event.key || also?.includes(event.key));
  if (!shortcut) return;
  event.preventDefault();
  shortcut.act();
}
