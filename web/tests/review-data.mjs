/**
 * A made-up utility for the tests of the review: 50 points where the evening after an outage reads like a spike (V31), three
 * points with a gap of three hours in both quantities (V30), four points whose intervals miss their register (V50).
 *
 * Values are whole watt-hours a quarter-hour, a fixed function of channel and time; what people decide is kept in memory.
 */

const QUARTER = 900;
const SLOTS = 96;
const ZONE = 'America/Toronto';
const OFFSET = '-04:00';
const FIRST = '2026-10-17';
const DAYS = 6;
export const DATE = '2026-10-20';

const RULES = { V30: 'gap', V31: 'spike', V36: 'zero consumption on active', V37: 'static value', V38: 'negative', V50: 'sum check' };
const NEXT_STEPS = {
  V30: 'Ask the meter again; fill the gap if it stays silent.',
  V31: 'Accept it if the power came back just before.',
  V37: 'Ask the head-end to read once more.',
  V50: 'Look for a missing or doubled interval in the span.',
};
const WHY = {
  V31: 'Waits for a person: the values stand, and the plan wants somebody to look.',
  V37: 'For information: estimates stand in the place of failed or missing values.',
};
export const REASONS = [
  ['real-use', 'the values are real use'], ['vacant', 'the premises are vacant'], ['outage', 'supply was interrupted'],
  ['communication', 'the network lost or delayed readings'], ['meter-fault', 'the meter was faulty or exchanged'],
  ['agreed', 'agreed with the customer or the market'], ['other', 'another reason, told in the note'],
].map(([code, words]) => ({ code, words }));

const seconds = (text) => Date.parse(text) / 1000;
export const utc = (at) => new Date(at * 1000).toISOString().replace('.000Z', 'Z');
const local = (at) => `${new Date((at - 4 * 3600) * 1000).toISOString().slice(0, 19)}${OFFSET}`;
const dayStart = (date) => seconds(`${date}T00:00:00${OFFSET}`);
const dateOf = (at) => local(at).slice(0, 10);
export const kwh = (digits) => `${digits < 0 ? '-' : ''}${(Math.abs(digits) / 1000).toFixed(3)}`;
const digitsOf = (decimal) => Math.round(Number(decimal) * 1000);
const [FIRST_AT, LAST_AT] = [dayStart(FIRST), dayStart(FIRST) + DAYS * SLOTS * QUARTER];

/** A night in which a meter lost its clock: an hour stamped with 02:00, which truly began at 04:00. */
const LOST = '2026-10-19';
export const ASSUMED = { channel: 571, from: dayStart(LOST) + 8 * QUARTER, to: dayStart(LOST) + 12 * QUARTER, trueStart: dayStart(LOST) + 16 * QUARTER };

/** What a spike, a gap or a lost interval makes of a point; by its number. */
const situation = (point) => (point <= 50 ? 'spike' : point <= 53 ? 'gap' : 'sum');
const POINTS = Array.from({ length: 57 }, (_, at) => at + 1);
export const points = new Map(POINTS.map((number) => [`point-${number}`, pointOf(number)]));
export const channels = new Map([...points.values()].flatMap((point) => point.channels.map((channel) => [channel.channel, channel])));

function pointOf(number) {
  const name = `UP-${1000 + number}`;
  const point = { id: `point-${number}`, name };
  const channel = (last, suffix, description, unit, interval_seconds) => ({
    channel: number * 10 + last, label: `${name}/${suffix}`, suffix, usage_point: point, meter: { id: `meter-${number}`, name: `M-${7000 + number}` },
    reading_type: '0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0', description, unit, interval_seconds, time_zone: ZONE,
    first_reading: utc(FIRST_AT), last_reading: utc(LAST_AT - QUARTER),
  });
  return {
    id: point.id, kind: 'usage-point', name, time_zone: ZONE, names: [],
    links: [{ what: 'meter', id: `meter-${number}`, name: `M-${7000 + number}`, from: null, to: null }],
    channels: [
      channel(1, 'E1', 'active energy delivered', 'kWh', QUARTER),
      channel(2, 'Q1', 'reactive energy delivered', 'kvarh', QUARTER),
      channel(3, 'R1', 'active energy delivered, register', 'kWh', null),
    ],
  };
}

/** What was truly used. */
function truth(channel, at) {
  const hour = ((at - FIRST_AT) / 3600) % 24;
  const shape = 180 + 120 * Math.exp(-((hour - 7.5) ** 2) / 3) + 260 * Math.exp(-((hour - 19) ** 2) / 7);
  const hash = Math.sin(channel * 12.9898 + (at / QUARTER) * 78.233) * 43758.5453;
  const noise = (hash - Math.floor(hash)) * 70 - 35;
  return Math.max(20, Math.round((shape + noise) * (channel % 10 === 2 ? 0.3 : 1)));
}

/** What the meter delivered. */
function rawOf(channel, at) {
  const kind = situation(Math.floor(channel / 10));
  const slot = (at - dayStart(DATE)) / QUARTER;
  if (kind === 'spike' && channel % 10 === 1 && slot === 72) return truth(channel, at) * 7;
  if (kind === 'gap' && 8 <= slot && slot < 20) return null;
  if (kind === 'sum' && channel % 10 === 1 && slot === 40) return truth(channel, at) + 2400;
  return truth(channel, at);
}

const ACTS = [];
let exceptions = [];

/** Everything as it was before anybody decided anything. */
export function startOver() {
  ACTS.length = 0;
  exceptions = POINTS.flatMap((point) => {
    const kind = situation(point);
    if (kind === 'spike') {
      const value = kwh(rawOf(point * 10 + 1, dayStart(DATE) + 72 * QUARTER));
      return [exception(point * 10 + 1, 'V31', 72, 73, `${value} kWh stands 3.400 times above the third highest value of the day; 3.000 times is allowed.`)];
    }
    if (kind === 'gap') {
      return [1, 2].map((last) => exception(point * 10 + last, 'V30', 8, 20, '12 intervals were expected and have no value, from 02:00 to 05:00.'));
    }
    return [
      ...[1, 2].map((last) => exception(point * 10 + last, 'V37', 0, 96, 'The value did not move for 96 intervals; 24 are allowed.')),
      exception(point * 10 + 1, 'V50', 0, 96, 'The intervals sum to 2.400 kWh more than the register measured; 0.052000 kWh is allowed.'),
    ];
  });
}

let ids = 0;
function exception(channel, rule, from, to, evidence) {
  const start = dayStart(DATE);
  return {
    id: ++ids, channel, label: channels.get(channel).label, date: DATE, from, to,
    start: local(start + from * QUARTER), end: local(start + to * QUARTER), rule, rule_name: RULES[rule],
    effect: rule === 'V31' ? 'questionable' : rule === 'V37' ? 'estimated' : 'blocked', severity: rule === 'V50' ? 'high' : 'medium', direction: { V31: 'too-high', V50: 'too-high' }[rule] ?? 'other',
    routed: rule !== 'V37', why: WHY[rule] ?? 'Waits for a person: values failed or are missing and nothing stands in their place.', evidence, next_step: NEXT_STEPS[rule], state: 'open',
    assignee: null, comment: null, first_seen: '2026-10-21T06:10:00-04:00', act: null,
  };
}
startOver();

export function found(query) {
  const fits = (name) => !query.get(name) || String(exceptionValue(name)) === query.get(name);
  let exceptionValue;
  return exceptions.filter((each) => {
    exceptionValue = (name) => each[name];
    return ['state', 'rule', 'date', 'channel', 'assignee', 'routed'].every(fits);
  });
}

export function groups(query) {
  const by = query.get('by') ?? 'cause';
  // Nothing here goes on over midnight.
  const parts = { cause: ['rule', 'date'], 'rule-date': ['rule', 'date'], rule: ['rule'], 'rule-date-slots': ['rule', 'date', 'from', 'to'], channel: ['channel'] }[by];
  const state = query.get('state') ?? 'open';
  const all = found(new URLSearchParams({ ...Object.fromEntries(query), state }));
  const grouped = Map.groupBy ? Map.groupBy(all, key) : groupBy(all);
  function key(each) { return parts.map((part) => each[part]).join(' '); }
  function groupBy(list) {
    const map = new Map();
    for (const each of list) map.set(key(each), [...(map.get(key(each)) ?? []), each]);
    return map;
  }
  const told = (name, first) => (parts.includes(name) ? first[name] : null);
  const groups = [...grouped.values()]
    .map((list) => {
      const [first] = list;
      const rule = told('rule', first);
      return {
        rule, rule_name: rule && RULES[rule], date: told('date', first), last: told('date', first), from: Math.min(...list.map(({ from }) => from)), to: Math.max(...list.map(({ to }) => to)),
        channel: told('channel', first), label: parts.includes('channel') ? first.label : null,
        count: list.length, channels: new Set(list.map(({ channel }) => channel)).size, effect: first.effect, severity: first.severity, direction: first.direction,
        routed: list.filter(({ routed }) => routed).length, why: first.why, oldest: first.first_seen, example: first.evidence, next_step: first.next_step,
      };
    })
    .sort((a, b) => (0 < b.routed) - (0 < a.routed) || (b.severity === 'high') - (a.severity === 'high') || b.count - a.count);
  return { groups, total: all.length, routed: all.filter(({ routed }) => routed).length };
}

export const change = (ids, what) => exceptions.filter(({ id }) => ids.includes(id)).map((each) => Object.assign(each, what)).length;

/** The final value of a slot, and its status: what was approved lies over what was received. */
function finalOf(channel, at, asOf = Infinity) {
  for (const act of [...ACTS].reverse()) {
    const holds = act.state === 'approved' && seconds(act.decided_at) <= asOf;
    const day = holds && act.days.find((each) => each.channel === channel && seconds(each.start) <= at && at < seconds(each.end));
    if (!day) continue;
    if (act.kind === 'accept') return [rawOf(channel, at), { class: 'edited', words: `accepted by ${act.proposed_by}` }];
    const value = day.after[(at - seconds(day.start)) / QUARTER];
    if (value !== null) return [digitsOf(value), { class: 'edited', words: `edited by ${act.proposed_by}` }];
  }
  const raw = rawOf(channel, at);
  if (raw === null) return [null, { class: 'missing', words: at < dayStart(DATE) + 11 * QUARTER ? 'missing, power outage' : 'missing' }];
  return [raw, raw > 1500 ? { class: 'failed', words: 'failed validation' } : { class: 'validated', words: 'validated' }];
}

export function readings(channel, query) {
  const from = Math.max(FIRST_AT, Math.ceil(seconds(query.get('from')) / QUARTER) * QUARTER);
  const to = Math.min(LAST_AT, seconds(query.get('to')));
  const asOf = query.get('as_of') ? seconds(query.get('as_of')) : Infinity;
  const statuses = [];
  const status = (wanted) => {
    const at = statuses.findIndex(({ words }) => words === wanted.words);
    return at < 0 ? statuses.push(wanted) - 1 : at;
  };
  const [raw, final, rawQuality, finalQuality, classes] = [[], [], [], [], new Map()];
  for (let at = from; at < to; at += QUARTER) {
    const slot = raw.length;
    const [value, words] = finalOf(channel.channel, at, asOf);
    raw.push(rawOf(channel.channel, at));
    final.push(value);
    rawQuality.push([slot, slot + 1, status(raw.at(-1) === null ? { class: 'missing', words: 'missing' } : { class: 'measured', words: 'measured' })]);
    finalQuality.push([slot, slot + 1, status(words)]);
    classes.set(words.class, (classes.get(words.class) ?? 0) + 1);
  }
  const sum = (list) => kwh(list.reduce((total, each) => total + (each ?? 0), 0));
  const present = final.map((value, slot) => ({ value, at: utc(from + slot * QUARTER) })).filter(({ value }) => value !== null).sort((a, b) => a.value - b.value);
  const told = (each) => each && { at: each.at, value: kwh(each.value) };
  return {
    channel: channel.channel, from: query.get('from'), to: query.get('to'), as_of: query.get('as_of'), resolution: 'interval', unit: channel.unit, exponent: -3, statuses,
    runs: raw.length ? [{ start: utc(from), interval_seconds: QUARTER, raw, final, raw_quality: rawQuality, final_quality: finalQuality }] : [],
    summary: {
      expected: raw.length, received: raw.filter((each) => each !== null).length, raw_sum: sum(raw), final_sum: sum(final),
      lowest: told(present[0]), highest: told(present.at(-1)), classes: [...classes].map(([name, count]) => ({ class: name, count })),
    },
  };
}

const startsOf = (from, to) => Array.from({ length: (to - from) / QUARTER }, (_, slot) => from + slot * QUARTER);
const sumOf = (channel, starts, edited = new Map()) =>
  starts.reduce((sum, at) => sum + (edited.get(at) ?? finalOf(channel, at)[0] ?? 0), 0);
const measured = (channel, date) => startsOf(dayStart(date), dayStart(date) + SLOTS * QUARTER).reduce((sum, at) => sum + truth(channel, at), 0);

/** The hour of the lost clock at its true time, and zeros where it was. */
function shifted(channel, starts) {
  if (channel !== ASSUMED.channel || starts[0] !== ASSUMED.from || starts.length !== 4) return null;
  const moved = starts.map((at) => ({ start: utc(at - ASSUMED.from + ASSUMED.trueStart), value: kwh(truth(channel, at)) }));
  return {
    to: local(ASSUMED.trueStart), eligible: true, words: 'the values as measured at their true time, zeros before it, while supply was off',
    values: [...starts.map((at) => ({ start: utc(at), value: kwh(0) })), ...moved],
    total: kwh(starts.reduce((sum, at) => sum + truth(channel, at), 0)),
  };
}

export function preview(channel, query) {
  const [from, to] = [seconds(query.get('from')), seconds(query.get('to'))];
  const starts = startsOf(from, to);
  const ends = [finalOf(channel.channel, from - QUARTER)[0], finalOf(channel.channel, to)[0]];
  const straight = starts.map((_, slot) => Math.round(ends[0] + ((ends[1] - ends[0]) * (slot + 1)) / (starts.length + 1)));
  const like = starts.map((at) => Math.round(([1, 2, 3].reduce((sum, days) => sum + truth(channel.channel, at - days * SLOTS * QUARTER), 0)) / 3));
  const day = startsOf(dayStart(dateOf(from)), dayStart(dateOf(from)) + SLOTS * QUARTER);
  const now = starts.map((at) => finalOf(channel.channel, at)[0]);
  const short = to - from <= 2 * 3600;
  const register = channel.unit === 'kWh' ? measured(channel.channel, dateOf(from)) : null;
  const rest = sumOf(channel.channel, day) - now.reduce((sum, each) => sum + (each ?? 0), 0);
  const flat = register === null ? null : starts.map((_, slot) => Math.floor((register - rest + slot) / starts.length));
  const method = (id, name, eligible, words, values) => ({
    method: id, name, eligible, words, values: values && eligible ? values.map(kwh) : starts.map(() => null),
    total: kwh(values && eligible ? values.reduce((sum, each) => sum + each, 0) : 0),
  });
  const methods = [
    method('E04', 'linear interpolation', short, short ? 'A straight line between the good values on both sides.' : `The gap is ${(to - from) / 3600} h long; 2.0 h are allowed.`, straight),
    method('E05', 'reference-day average', true, 'Average of 2026-10-19, 2026-10-18 and 2026-10-17 at the same time of day.', like),
    method('E14', 'flat line from register', flat !== null && flat[0] >= 0, flat === null ? 'No register of this quantity is known.' : 'What the register measured, spread evenly over the slots.', flat),
    method('E16', 'zero substitution', true, 'Zero in every slot; right only where the power was off.', starts.map(() => 0)),
  ];
  return {
    channel: channel.channel, label: channel.label, unit: channel.unit, from: utc(from), to: utc(to), now: now.map((each) => (each === null ? null : kwh(each))), methods,
    shift: shifted(channel.channel, starts),
    register: register === null ? null : {
      measured: kwh(register), sum_now: kwh(rest + now.reduce((sum, each) => sum + (each ?? 0), 0)),
      by_method: Object.fromEntries(methods.filter(({ eligible }) => eligible).map(({ method: id, total }) => [id, kwh(rest + digitsOf(total))])),
    },
  };
}

function editedDays(edits) {
  return edits.flatMap(({ channel: text, values }) => {
    const channel = Number(text);
    const byStart = new Map(values.map(({ start, value }) => [seconds(start), digitsOf(value)]));
    return [...new Set([...byStart.keys()].map(dateOf))].map((date) => ({ channel, date, byStart }));
  });
}

export function checked(edits) {
  return editedDays(edits).map(({ channel, date, byStart }) => {
    const starts = startsOf(dayStart(date), dayStart(date) + SLOTS * QUARTER);
    const values = starts.map((at) => byStart.get(at) ?? finalOf(channel, at)[0]);
    const missing = values.filter((each) => each === null).length;
    const high = values.filter((each) => each !== null && 1500 < each);
    const low = values.filter((each) => each !== null && each < 0);
    const gap = channels.get(channel).unit === 'kWh' ? values.reduce((sum, each) => sum + (each ?? 0), 0) - measured(channel, date) : null;
    const result = (rule, failed, evidence) => ({ rule, verdict: failed ? 'failed' : 'passed', evidence: failed ? evidence : '' });
    return {
      channel, date,
      results: [
        result('V30', missing, `${missing} intervals were expected and have no value.`),
        result('V31', high.length, `${kwh(high[0] ?? 0)} kWh stands above 1.500 kWh, three times the third highest value of the day.`),
        result('V36', values.every((each) => each === 0), 'The day has no use at all.'),
        result('V37', false, ''),
        result('V38', low.length, `${kwh(low[0] ?? 0)} kWh is below zero.`),
        gap === null
          ? { rule: 'V50', verdict: 'not-applicable', evidence: 'no register of this quantity is known' }
          : result('V50', 400 < Math.abs(gap), `The intervals miss the register by ${kwh(gap)} kWh; 0.400 kWh is allowed.`),
      ],
      sum: kwh(values.reduce((sum, each) => sum + (each ?? 0), 0)), register_difference: gap === null ? null : kwh(gap),
    };
  });
}

/** One more instant for each act, so that "as of" can tell them apart. */
const clock = () => utc(seconds('2026-10-21T12:00:00Z') + 60 * ++ticks);
let ticks = 0;

function recorded(kind, days, { by, reason, note, method }) {
  const act = {
    act: ACTS.length + 1, kind, state: kind === 'accept' ? 'approved' : 'proposed', reason, note: note ?? null, method: method ?? null,
    proposed_by: by, proposed_at: clock(), decided_by: kind === 'accept' ? by : null, decided_at: null, undone_by: null, undone_at: null, days,
  };
  if (kind === 'accept') act.decided_at = act.proposed_at;
  ACTS.push(act);
  return act;
}

export function accepted(ids, body) {
  const chosen = exceptions.filter(({ id }) => ids.includes(id));
  const days = chosen.map((each) => ({ ...dayPart(each.channel, seconds(each.start), seconds(each.end)), after: [] }));
  const act = recorded('accept', days.map((day) => ({ ...day, after: day.before })), body);
  for (const each of chosen) Object.assign(each, { state: 'accepted', act: act.act });
  return { act: act.act, accepted: chosen.length };
}

function dayPart(channel, from, to) {
  const { label, unit } = channels.get(channel);
  const slot = (at) => (at - dayStart(dateOf(from))) / QUARTER;
  return {
    channel, label, unit, date: dateOf(from), from: slot(from), to: slot(to), start: local(from), end: local(to),
    before: startsOf(from, to).map((at) => finalOf(channel, at)[0]).map((each) => (each === null ? null : kwh(each))),
  };
}

export function proposed(edits, body) {
  const days = editedDays(edits).map(({ channel, date, byStart }) => {
    const starts = [...byStart.keys()].filter((at) => dateOf(at) === date).sort((a, b) => a - b);
    const part = dayPart(channel, starts[0], starts.at(-1) + QUARTER);
    return { ...part, after: startsOf(starts[0], starts.at(-1) + QUARTER).map((at) => (byStart.has(at) ? kwh(byStart.get(at)) : null)) };
  });
  const act = recorded('set', days, body);
  return { act: act.act, state: act.state };
}

export const proposals = (state) => ACTS.filter((act) => !state || act.state === state).reverse();
export const actOf = (number) => ACTS.find(({ act }) => act === number);

/** Decides on an act; exceptions it covers follow. */
export function decide(act, what, by) {
  act.state = { approve: 'approved', reject: 'rejected', undo: 'undone' }[what];
  if (what === 'undo') Object.assign(act, { undone_by: by, undone_at: clock() });
  else Object.assign(act, { decided_by: by, decided_at: clock() });
  for (const each of exceptions) {
    const covered = act.days.some((day) => day.channel === each.channel && day.from <= each.from && each.to <= day.to);
    if (what === 'undo' && each.act === act.act) Object.assign(each, { state: 'open', act: null });
    if (what === 'approve' && covered && each.state === 'open') Object.assign(each, { state: 'edited', act: act.act });
  }
  return { act: act.act, state: act.state };
}

export function explained(channel, date) {
  const { results } = checked([{ channel: channel.channel, values: [{ start: utc(dayStart(date)), value: kwh(finalOf(channel.channel, dayStart(date))[0] ?? 0) }] }])[0];
  return {
    channel: channel.channel, label: channel.label, unit: channel.unit, date, run: 3, plan_name: 'residential', plan_version: 2, decided_at: '2026-10-21T10:10:00Z', is_current: true,
    results: results.map(({ rule, verdict, evidence }) => ({ rule, name: RULES[rule], verdict, evidence, slots_checked: SLOTS, slots_failed: 0 })),
    estimations: [],
    assumed_time: channel.channel === ASSUMED.channel && date === LOST ? [outage()] : [],
    values: startsOf(dayStart(date), dayStart(date) + SLOTS * QUARTER).map((at, slot) => explainedValue(channel.channel, at, slot)),
    decisions: ACTS.filter((act) => act.days.some((day) => day.channel === channel.channel && day.date === date) && act.decided_at)
      .map((act) => ({ act: act.act, kind: act.kind, by: act.proposed_by, at: act.decided_at, reason: act.reason, note: act.note, state: act.state, undone_by: act.undone_by, undone_at: act.undone_at })),
  };
}

function outage() {
  const measured = kwh(startsOf(ASSUMED.from, ASSUMED.to).reduce((sum, at) => sum + truth(ASSUMED.channel, at), 0));
  return {
    from: local(ASSUMED.from), to: local(ASSUMED.to), left_out_to: local(ASSUMED.trueStart + 4 * QUARTER), measured, zeroed: measured, elsewhere: '0', unplaced: measured,
    words: 'no event tells when the clock was set, so it is the gap up to the next value received',
  };
}

function explainedValue(channel, at, slot) {
  const [raw, [value, status]] = [rawOf(channel, at), finalOf(channel, at)];
  const failed = exceptions.filter((each) => each.channel === channel && each.state === 'open' && seconds(each.start) <= at && at < seconds(each.end));
  return {
    slot, start: local(at), raw: raw === null ? null : kwh(raw), final: value === null ? null : kwh(value), statuses: [status.words],
    rules: failed.map(({ rule, direction, severity, evidence }) => ({ rule, direction, severity, evidence })),
    method: status.class === 'edited' ? 'E22' : null, inputs_hash: null, act: status.class === 'edited' ? 42 : null,
  };
}

export function days(channel, query) {
  const items = Array.from({ length: DAYS }, (_, at) => dateOf(FIRST_AT + at * SLOTS * QUARTER)).reverse().map((date) => {
    const start = dayStart(date);
    const told = readings(channel, new URLSearchParams({ from: utc(start), to: utc(start + SLOTS * QUARTER) })).summary;
    const failures = exceptions.filter((each) => each.channel === channel.channel && each.date === date && each.state === 'open');
    return {
      date, start: utc(start), end: utc(start + SLOTS * QUARTER), hours: '24', expected: told.expected, received: told.received,
      raw_sum: told.raw_sum, final_sum: told.final_sum, status: failures.length ? { class: 'failed', words: 'failed validation' } : { class: 'validated', words: 'validated' },
      run: 3, decided_at: null, plan_version: 2, estimates: [],
      failures: failures.map((each) => ({ rule: each.rule, from: utc(seconds(each.start)), to: utc(seconds(each.end)), blocks: each.effect === 'blocked', evidence: each.evidence })),
    };
  });
  const wanted = ({ start, end }) => seconds(query.get('from')) < seconds(end) && seconds(start) < seconds(query.get('to'));
  return { unit: channel.unit, items: items.filter(wanted), next: null };
}

export const fleet = () => ({
  as_of: '2026-10-23T12:00:00Z', version: 'test',
  counts: { usage_points: points.size, meters: points.size, channels: channels.size, readings: 2 * points.size * DAYS * SLOTS, batches: 0 },
  newest_reading: utc(LAST_AT), read_rate: [], gaps: { from: null, to: null, missing: 72, channels: 6, worst: [] }, silent: 0,
  quarantine: { open: 0, reasons: [] }, batches: [], subscriptions: [], head_ends: [],
});
