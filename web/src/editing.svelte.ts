/** What is being edited on the editor page: values not proposed yet, what made them, and the way back. */

import type { Preview } from './api';
import { cleared, laidOver, type Span, type Values } from './edit';
import { fromRfc3339, type Instant } from './time';

type All = ReadonlyMap<number, Values>;

/** What makes values that were moved from assumed stamps to their true time. */
export const SHIFT = 'shift';
/** What makes a value that no method made. */
const TYPED = 'values';

interface State { values: All; sources: All; method: string | null }

const NOTHING: State = { values: new Map(), sources: new Map(), method: null };

export class Editing {
  #state = $state.raw(NOTHING);
  #before = $state.raw<State[]>([]);

  get values(): All {
    return this.#state.values;
  }

  /** The method whose values the selection holds. */
  get method(): string | null {
    return this.#state.method;
  }

  get empty(): boolean {
    return [...this.values.values()].every((values) => !values.size);
  }

  get undoable(): boolean {
    return 0 < this.#before.length;
  }

  /** The values by what made them: each method, and a person. Each part is an act of its own, so that an estimate stays one. */
  get parts(): { source: string; values: All }[] {
    const sources = new Set([...this.#state.sources.values()].flatMap((sources) => [...sources.values()]));
    return [...sources].map((source) => ({ source, values: this.#keep((made) => made === source).values }));
  }

  /** Forgets the values of a part that was proposed. */
  proposed(source: string): void {
    this.#state = this.#keep((made) => made !== source);
    this.#before = [];
  }

  /** Lays a method's values over the span of every channel it can help, in place of what was there. */
  choose(method: string, previews: Preview[], span: Span, step: number): void {
    const given = previews.map(({ channel, methods }) => {
      const told = methods.find((each) => each.method === method);
      return { channel, values: told?.eligible ? told.values : [] };
    });
    this.#change(given, span, step, method, method);
  }

  /** Moves values of assumed meter time to their true time in every channel that has some. */
  shift(previews: Preview[]): void {
    const [values, sources] = [new Map(this.#state.values), new Map(this.#state.sources)];
    for (const { channel, shift } of previews) {
      if (!shift?.eligible) continue;
      const given = shift.values.map(({ start, value }) => [fromRfc3339(start) ?? 0, value] as const);
      values.set(channel, new Map([...(values.get(channel) ?? []), ...given]));
      sources.set(channel, new Map([...(sources.get(channel) ?? []), ...given.map(([start]) => [start, SHIFT] as const)]));
    }
    this.#before = [...this.#before, this.#state];
    this.#state = { values, sources, method: SHIFT };
  }

  /** Writes what a person typed or pasted; an empty list takes values away. */
  write(channels: number[], span: Span, step: number, values: (string | null)[]): void {
    this.#change(channels.map((channel) => ({ channel, values })), span, step, TYPED, null);
  }

  /** A new selection holds no method's values yet. */
  leave(): void {
    if (this.#state.method !== null) this.#state = { ...this.#state, method: null };
  }

  undo(): void {
    const last = this.#before.at(-1);
    if (!last) return;
    this.#before = this.#before.slice(0, -1);
    this.#state = last;
  }

  clear(): void {
    this.#state = NOTHING;
    this.#before = [];
  }

  #keep(isMeant: (source: string) => boolean): State {
    const kept = (values: Values | undefined, channel: number): Map<Instant, string> =>
      new Map([...(values ?? [])].filter(([start]) => isMeant(this.#state.sources.get(channel)?.get(start) ?? TYPED)));
    const both = (all: All): All => new Map([...all].map(([channel, values]) => [channel, kept(values, channel)]));
    return { ...this.#state, values: both(this.#state.values), sources: both(this.#state.sources) };
  }

  #change(given: { channel: number; values: (string | null)[] }[], span: Span, step: number, source: string, method: string | null): void {
    const [values, sources] = [new Map(this.#state.values), new Map(this.#state.sources)];
    for (const { channel, values: next } of given) {
      values.set(channel, replaced(values.get(channel), span, step, next));
      sources.set(channel, replaced(sources.get(channel), span, step, next.map((value) => value && source)));
    }
    this.#before = [...this.#before, this.#state];
    this.#state = { values, sources, method };
  }
}

function replaced(values: Values | undefined, span: Span, step: number, next: (string | null)[]): Map<Instant, string> {
  return laidOver(cleared(values ?? new Map(), span), span, step, next);
}
