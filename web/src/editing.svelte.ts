/** What is being edited on the editor page: values not proposed yet, how they came about, and the way back. */

import type { Preview } from './api';
import { cleared, laidOver, type Span, type Values } from './edit';
import type { Instant } from './time';

type All = ReadonlyMap<number, Values>;

export class Editing {
  values = $state.raw<All>(new Map());
  /** The method chosen last for the selection. */
  method = $state<string | null>(null);
  /** Everything that made values so far; `typed` for a person's own. */
  #sources = $state.raw(new Set<string>());
  #before = $state.raw<{ values: All; method: string | null; sources: Set<string> }[]>([]);

  get empty(): boolean {
    return [...this.values.values()].every((values) => !values.size);
  }

  get undoable(): boolean {
    return 0 < this.#before.length;
  }

  /** The one method that made every value; `null` where several did, or a person. */
  get source(): string | null {
    const [only, ...others] = this.#sources;
    return only !== undefined && only !== 'typed' && !others.length ? only : null;
  }

  #change(values: All, source: string | null): void {
    this.#before = [...this.#before, { values: this.values, method: this.method, sources: this.#sources }];
    this.values = values;
    if (source) this.#sources = new Set([...this.#sources, source]);
  }

  /** Lays a method's values over the span of every channel it can help; a choice for the same span replaces the last. */
  choose(method: string, previews: Preview[], span: Span, step: number): void {
    if (this.method !== null) this.#sources = new Set([...this.#sources].filter((source) => source !== this.method));
    const next = new Map(this.values);
    for (const preview of previews) {
      const told = preview.methods.find((each) => each.method === method);
      const kept = cleared(next.get(preview.channel) ?? new Map(), span);
      next.set(preview.channel, told?.eligible ? laidOver(kept, span, step, told.values) : kept);
    }
    this.#change(next, method);
    this.method = method;
  }

  /** Writes what a person typed or pasted, from an interval on. */
  write(channel: number, span: Span, step: number, given: (string | null)[]): void {
    this.#change(new Map(this.values).set(channel, laidOver(this.values.get(channel) ?? new Map(), span, step, given)), 'typed');
  }

  erase(channel: number, at: Instant): void {
    this.#change(new Map(this.values).set(channel, cleared(this.values.get(channel) ?? new Map(), { from: at, to: at + 1 })), null);
  }

  undo(): void {
    const last = this.#before.at(-1);
    if (!last) return;
    this.#before = this.#before.slice(0, -1);
    this.values = last.values;
    this.method = last.method;
    this.#sources = last.sources;
  }

  clear(): void {
    this.values = new Map();
    this.method = null;
    this.#sources = new Set();
    this.#before = [];
  }
}
