/** What the browser keeps for the person at it; where storage is switched off it lasts until the page is closed. */

import type { SavedFilter } from './review';

class Stored<T> {
  #key: string;
  #value = $state.raw() as T;

  constructor(key: string, initial: T) {
    this.#key = key;
    this.#value = initial;
    try {
      const text = localStorage.getItem(key);
      if (text !== null) this.#value = JSON.parse(text) as T;
    } catch {
      // Storage is switched off, or holds something of an older page.
    }
  }

  get value(): T {
    return this.#value;
  }

  set value(value: T) {
    this.#value = value;
    try {
      localStorage.setItem(this.#key, JSON.stringify(value));
    } catch {
      // Storage is switched off.
    }
  }
}

/** The name decisions are signed with; asked once. */
export const person = new Stored('person', '');

/** Whether single letters act on the review pages (WCAG 2.1.4). */
export const shortcuts = new Stored('shortcuts', true);

/** Filters of the review queue that were given a name. */
export const savedFilters = new Stored<SavedFilter[]>('review-filters', []);
