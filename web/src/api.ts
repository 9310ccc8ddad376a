/** The JSON of `/api/v1` (docs/api/openapi.yaml) and the one door to it. */

export interface Named { id: string; name: string }

export interface ChannelBrief {
  channel: number;
  label: string;
  suffix: string;
  usage_point: Named;
  meter: Named | null;
  reading_type: string;
  description: string;
  unit: string;
  interval_seconds: number | null;
  time_zone: string;
  first_reading: string | null;
  last_reading: string | null;
}

/** What tells a channel from the others of its usage point. */
export const shortName = (channel: ChannelBrief): string => channel.suffix || channel.description;

/** What tells a channel from others: less needs to be said where all are of one usage point. */
export const nameAmong = (channel: ChannelBrief, others: ChannelBrief[]): string =>
  others.every(({ usage_point }) => usage_point.id === channel.usage_point.id) ? shortName(channel) : channel.label;

/** What people call a channel; a label that is only numbers of a reading type says less than its words. */
export const fullName = (channel: ChannelBrief): string =>
  channel.suffix ? channel.label : `${channel.usage_point.name}: ${channel.description}`;

export interface ReadRateDay { date: string; expected: number; received: number }

export interface ChannelGap { channel: ChannelBrief; expected: number; missing: number }

export interface ReasonCount { reason: string; title: string; count: number }

export interface Batch {
  id: string;
  name: string;
  source: string;
  format: string;
  received_at: string;
  readings: number;
  duplicates: number;
  quarantined: number;
  findings: number;
}

export interface Subscription {
  id: string;
  name: string;
  address: string;
  format: string;
  state: string;
  lag: number;
  last_delivered_at: string | null;
  last_error: string | null;
}

/** How collecting from a head-end goes. */
export interface HeadEnd {
  name: string;
  state: 'starting' | 'connected' | 'waiting' | 'down' | 'refused' | 'not_stored';
  why: string | null;
  since: string;
  asked_at: string | null;
  next_at: string | null;
  /** When it had nothing more: everything it had until then is stored. */
  caught_up_at: string | null;
  last_delivery: string | null;
  delivered_at: string | null;
  deliveries: number;
  refused: number;
  stored: number;
  /** Requests within the minute that ended when it was asked last. */
  asked_in_minute: number;
  /** By its contract; 0 is without limit. */
  requests_per_minute: number;
}

/** Counts over messages. */
export interface Received { batches: number; stored: number; duplicates: number; quarantined: number }

/** A head-end in a line: one of the settings, or any source that sent something or owns usage points. */
export interface HeadEndBrief {
  name: string;
  /** `null` where it is not one of the settings. */
  health: HeadEnd | null;
  last_received_at: string | null;
  newest_reading: string | null;
  meters: number;
  received: Received;
  /** Whether nothing came for twice as long as is expected; a day where nobody said. */
  is_stale: boolean;
  /** `null` where nothing came since feeds are followed. */
  feed: Feed | null;
  /** `null` where it owns no usage point with intervals. */
  intervals: Complete | null;
}

/** Up to when enough channels of a head-end are without a gap, and how many are not. */
export interface Complete { until: string | null; expected: number; missing: number; missing_per_10000: number }

/** How far the clock of a head-end is ahead of ours, in milliseconds; below 0 it is behind. */
export interface ClockOffset {
  knowledge: 'unknown' | 'known' | 'at_least' | 'unsettled' | 'contradicted';
  milliseconds: number | null;
  within_milliseconds: number | null;
  observations: number;
}

/** Up to when everything of a head-end has come, and how far its clock is off. */
export interface Feed {
  name: string;
  is_asked: boolean;
  watermark: string | null;
  age_seconds: number | null;
  delay_milliseconds: number;
  came_at: string | null;
  /** `null` of who sends by itself while nobody knows. */
  expected_seconds: number | null;
  expected_by: 'settings' | 'default' | 'learned' | null;
  is_stale: boolean;
  stale_since: string | null;
  clock: ClockOffset;
  clock_alarm: string | null;
  /** How stamps of its events are corrected, from a stamp on. */
  correction: { stamps_from: string; milliseconds: number } | null;
  clock_past: { at: string; milliseconds: number }[];
  complete_per_cent: number;
}

/** Something that Amity leans on, and how it is. */
export interface Dependency {
  kind: 'head_end' | 'book' | 'subscriber';
  name: string;
  state: 'up' | 'stale' | 'down' | 'unknown';
  since: string | null;
  why: string | null;
  milliseconds: number | null;
}

export interface Dependencies { as_of: string; items: Dependency[] }

/** How reliable everything was over a month that Amity leans on. */
export interface Reliability {
  first: string;
  last: string;
  made_at: string;
  items: {
    kind: Dependency['kind'];
    name: string;
    looks: number;
    up: number;
    stale: number;
    down: number;
    available_per_10000: number;
    milliseconds_mean: number | null;
    milliseconds_max: number | null;
    attempts: { attempts: number; answered: number; not_usable: number; refused: number } | null;
    received: Received | null;
  }[];
  zones: { zone: string; days: number; expected: number; in_time: number; late: number; missing: number }[];
}

/** An excursion of the voltage of a feeder. */
export interface FeederEvent {
  feeder: string;
  side: 'high' | 'low';
  start: string;
  end: string;
  first_told: string;
  last_told: string;
  devices: string[];
  points_of_feeder: number;
  head_ends: string[];
  is_settled: boolean;
  /** Head-ends of the feeder that have not told everything until its end. */
  missing: string[];
  changed_at: string;
}

export interface FeederEvents {
  as_of: string;
  from: string;
  to: string;
  window_seconds: number;
  devices_min: number;
  items: FeederEvent[];
  not_placed: number;
  untimed: number;
  is_cut: boolean;
}

export interface HeadEndDetail extends HeadEndBrief {
  as_of: string;
  position: string | null;
  quarantine: ReasonCount[];
  arrivals_from: string;
  arrivals: (Received & { hour: string })[];
}

/** A part of the board, or why it is not there. */
export interface Part<T> { value: T | null; problem: string | null }

export interface Board {
  as_of: string;
  version: string;
  channels: number;
  collection: Part<{ report: Collection; components: number; next_deadlines: { zone: string; at: string }[] }>;
  exceptions: Part<ReviewGroups>;
  approvals: Part<{ waiting: number; is_cut: boolean; oldest: string | null }>;
  quarantine: Part<{ open: number; reasons: ReasonCount[] }>;
  head_ends: Part<HeadEndBrief[]>;
  subscriptions: Part<Subscription[]>;
}

export type Reporting = 'reporting' | 'silent' | 'never';

export interface RollOutCounts { installed: number; reporting: number; silent: number; never: number }

export type RollOutGroup = RollOutCounts & { name: string | null };

/** Meters with a known position, in cells of equal width and height. */
export interface RollOutMap {
  south: number; west: number; north: number; east: number;
  columns: number; rows: number;
  cells: (RollOutCounts & { column: number; row: number })[];
  elsewhere: number;
}

export interface RollOutMeter {
  meter: string;
  name: string;
  usage_point: string;
  usage_point_name: string;
  head_end: string | null;
  area: string | null;
  position: string | null;
  state: Reporting;
  installed_at: string | null;
  last_value: string | null;
}

export interface RollOut extends Page<RollOutMeter> {
  as_of: string;
  silent_hours: number;
  total: RollOutCounts;
  head_ends: RollOutGroup[];
  areas: RollOutGroup[];
  map: RollOutMap | null;
  items_count: number;
}

export type OrderState = 'open' | 'asked' | 'answered' | 'refused' | 'given_up' | 'cancelled';

/** What a head-end is asked to do, and how far that is. */
export interface Order {
  id: number;
  kind: 'read' | 'read_now' | 'ping';
  why: 'gap' | 'on_demand' | 'schedule';
  asked_by: string;
  route: { head_end: string; device: string; refused: string | null };
  next_at: string;
  deadline: string;
  state: OrderState;
  tries: number;
  ordered_at: string;
  asked_at: string | null;
  closed_at: string | null;
  outcome: string;
}

/** What a device told, once, whoever told it. */
export interface DeviceEvent {
  sequence: number;
  type: string | null;
  name: string | null;
  occurred_at: string | null;
  received_at: string;
  time_doubtful: boolean;
  sources: string[];
  reports: { told_type: string }[];
}

/** What one message brought of a channel. */
export interface Arrival { received_at: string; sequence: number; source: string | null; values: number; from: string; to: string }

export interface Fleet {
  as_of: string;
  version: string;
  counts: { usage_points: number; meters: number; channels: number; readings: number; batches: number };
  newest_reading: string | null;
  read_rate: ReadRateDay[];
  gaps: { from: string | null; to: string | null; missing: number; channels: number; worst: ChannelGap[] };
  /** Channels that gave nothing for 35 days before the newest reading; they are no longer expected. */
  silent: number;
  quarantine: { open: number; reasons: ReasonCount[] };
  batches: Batch[];
  subscriptions: Subscription[];
  head_ends: HeadEnd[];
}

/** Mean temperatures of local days at the weather station of a usage point. */
export interface Weather { days: { date: string; start: string; end: string; station: string; mean_celsius: string }[] }

export interface Tally { expected: number; in_time: number; late: number; estimated: number; missing: number; time_in_doubt: number }

export type CollectionReason =
  | 'source_silent' | 'meter_silent' | 'not_received' | 'late' | 'in_quarantine' | 'estimated_by_source' | 'no_value' | 'damaged';

export type Verdict = 'met' | 'open' | 'not_met';

export interface CollectionMiss {
  component: string;
  channel: string;
  source: string | null;
  zone: string;
  from: string;
  to: string;
  readings: number;
  reason: CollectionReason;
}

/** What was collected of a day by its deadline. */
export interface Collection {
  date: string;
  made_at: string;
  rules: { per_cent: number; deadline: string };
  total: Tally;
  verdict: Verdict;
  zones: (Tally & { zone: string; deadline: string; verdict: Verdict; evidence: string })[];
  sources: (Tally & { source: string | null; usage_points: number })[];
  reasons: { reason: CollectionReason; readings: number; components: number }[];
  misses: CollectionMiss[];
  misses_count: number;
  /** Of how many meters all of them are. */
  components_count: number;
  /** Numbers of the shown channels, and their meters, by label. */
  channels: Record<string, number>;
  meters: Record<string, string>;
}

export type ItemVerdict = 'met' | 'open' | 'not_met' | 'told' | 'nothing' | 'no_source';

/** One of the fourteen items of the status of a day. */
export interface StatusItem {
  id: string;
  title: string;
  verdict: ItemVerdict;
  figures: { name: string; value: string }[];
  rows: { component: string; zone: string; from: string | null; to: string | null; reason: string }[];
  rows_count: number;
}

/** The status of a day. */
export interface StatusReport { date: string; made_at: string; items: StatusItem[] }

export interface Page<Item> { items: Item[]; next: string | null }

export interface PointBrief { id: string; name: string; kind: 'usage-point' | 'meter'; channels: number; partner: Named | null }

export interface Point {
  id: string;
  kind: 'usage-point' | 'meter';
  name: string;
  names: { authority: string; kind: string; value: string }[];
  time_zone: string | null;
  links: { what: string; id: string; name: string; from: string | null; to: string | null }[];
  channels: ChannelBrief[];
  /** How its usage point is now; `null` where a meter is at none. */
  state: {
    connection: string | null;
    connection_since: string | null;
    head_end: string | null;
    health: HeadEnd | null;
  } | null;
}

/** What a status set looks like at a glance; the words say it exactly. */
export type QualityClass = 'measured' | 'validated' | 'edited' | 'estimated' | 'questionable' | 'failed' | 'missing';

export interface StatusWords { class: QualityClass; words: string }

/** `[from, to, index into statuses]` of slots of a run. */
export type QualitySpan = [number, number, number];

export interface Run {
  start: string;
  interval_seconds: number;
  raw: (number | null)[];
  /** Absent where nothing was decided: the raw values stand. */
  final?: (number | null)[];
  raw_quality: QualitySpan[];
  final_quality?: QualitySpan[];
  /** Highest value of each bucket when `resolution` is `bucket`; `raw` and `final` hold the lowest. */
  raw_max?: (number | null)[];
  final_max?: (number | null)[];
}

export interface Readings {
  channel: number;
  from: string;
  to: string;
  as_of: string | null;
  resolution: 'interval' | 'bucket';
  unit: string;
  exponent: number;
  statuses: StatusWords[];
  runs: Run[];
  summary: {
    expected: number;
    received: number;
    raw_sum: string;
    final_sum: string;
    lowest: { at: string; value: string } | null;
    highest: { at: string; value: string } | null;
    classes: { class: QualityClass; count: number }[];
  };
}

export interface DayQuality {
  date: string;
  start: string;
  end: string;
  hours: string;
  expected: number;
  received: number;
  raw_sum: string;
  final_sum: string;
  status: StatusWords;
  run: number | null;
  decided_at: string | null;
  plan_version: number | null;
  estimates: { method: string; count: number }[];
  failures: { rule: string; from: string; to: string; blocks: boolean; evidence: string }[];
}

export interface SumCheck {
  start: string;
  end: string;
  register: string;
  interval_sum: string | null;
  register_amount: string | null;
  difference: string | null;
  tolerance: string | null;
  outcome: 'passed' | 'failed' | 'incomplete';
  /** Why it could not be compared, or why a register cannot be right. */
  reason: string | null;
}

export interface Days extends Page<DayQuality> { unit: string }

export interface SumChecks extends Page<SumCheck> { unit: string; passed: number; failed: number; incomplete: number }

export interface RegisterRead {
  at: string;
  period_start: string | null;
  /** As received. */
  raw: string | null;
  /** What counts. */
  value: string | null;
  status: StatusWords;
  /** The method that made the value. */
  method: string | null;
  failures: { rule: string; evidence: string }[];
}

export interface Registers extends Page<RegisterRead> { unit: string }

export interface Version {
  version: number;
  kind: 'raw' | 'final';
  recorded_at: string;
  value: string | null;
  status: StatusWords;
  current: boolean;
  source: string;
}

export interface Versions { start: string; end: string; unit: string; versions: Version[] }

export interface QuarantineItem {
  id: string;
  reason: string;
  title: string;
  subject: string;
  batch: string;
  line: number;
  field: string;
  message: string;
  received_at: string;
  state: string;
}

export interface Closing { at: string; by: string | null; reason: string; note: string; replaced_by: string | null }

export interface Place { line: number; field: string; message: string }

export interface QuarantineDetail extends QuarantineItem {
  explanation: string;
  remedy: string;
  tries: number;
  cause: string;
  closing: Closing | null;
  detail: { records?: number; places?: Place[] };
  record: { line: number; text: string; bytes: number; is_cut: boolean } | null;
  drop_reasons: { code: string; words: string }[];
}

export interface QuarantinePage extends Page<QuarantineItem> { reasons: ReasonCount[] }

export interface ReplayOutcome { replayed: number; released: number; kept: number; stored: number; messages: string[] }

/** What became of the values: nothing stands in their place, estimates do, or they stand with doubt. */
export type Effect = 'blocked' | 'estimated' | 'questionable';
/** How much a failed rule matters, as the plan says. */
export type RuleSeverity = 'low' | 'medium' | 'high';
/** What a failed rule says of the values. */
export type Direction = 'too-high' | 'too-low' | 'other';

export type ExceptionState = 'open' | 'accepted' | 'edited' | 'resolved';

/** Exceptions of one cause; `rule`, `date` and `channel` are `null` where the grouping does not fix them. */
export interface ReviewGroup {
  rule: string | null;
  rule_name: string | null;
  /** The local day, or the first and the last of those that it goes on. */
  date: string | null;
  last: string | null;
  /** The lowest first slot and the highest end. */
  from: number;
  to: number;
  channel: number | null;
  label: string | null;
  count: number;
  channels: number;
  /** The gravest. */
  effect: Effect;
  /** The highest. */
  severity: RuleSeverity;
  direction: Direction;
  /** How many wait for a person. */
  routed: number;
  /** Why they wait, or why nobody is asked. */
  why: string;
  oldest: string;
  example: string;
  next_step: string;
}

/** `routed` of the `total` wait for a person. */
export interface ReviewGroups { groups: ReviewGroup[]; total: number; routed: number }

/** One failed rule over the slots `[from, to)` of a local day, from `start` to `end` with the local offset. */
export interface ReviewException {
  id: number;
  channel: number;
  label: string;
  date: string;
  from: number;
  to: number;
  /** `null` where the zone of the channel is not known. */
  start: string | null;
  end: string | null;
  rule: string;
  rule_name: string;
  effect: Effect;
  severity: RuleSeverity;
  direction: Direction;
  routed: boolean;
  why: string;
  evidence: string;
  next_step: string;
  state: ExceptionState;
  assignee: string | null;
  comment: string | null;
  first_seen: string;
  act: number | null;
}

export interface ReviewExceptions { exceptions: ReviewException[]; next: number | null }

export interface Reason { code: string; words: string }

/** What a method would write for the previewed slots, or why it cannot. */
export interface MethodPreview {
  method: string;
  name: string;
  eligible: boolean;
  words: string;
  values: (string | null)[];
  total: string;
}

export interface Preview {
  channel: number;
  label: string;
  unit: string;
  from: string;
  to: string;
  now: (string | null)[];
  methods: MethodPreview[];
  /** Values moved to their true time; `null` where the span holds no interval of assumed meter time. */
  shift: ShiftPreview | null;
  /** What the register measured over its span, and what the intervals of the span sum to, now and by method. */
  register: { measured: string; sum_now: string | null; by_method: Record<string, string | null> } | null;
}

/** What moving the values of assumed meter time to their true time would write: at the true time, and zeros before it. */
export interface ShiftPreview { to: string | null; eligible: boolean; words: string; values: { start: string; value: string }[]; total: string }

/** The channel by number, mRID or label. */
export interface Edit { channel: string; values: { start: string; value: string }[] }

export interface RuleResult { rule: string; verdict: 'passed' | 'failed' | 'not-applicable'; evidence: string }

export interface CheckedDay {
  channel: number;
  date: string;
  results: RuleResult[];
  sum: string;
  register_difference: string | null;
}

export type ActState = 'proposed' | 'approved' | 'rejected' | 'undone';

export interface ProposalDay {
  channel: number;
  label: string;
  date: string;
  from: number;
  to: number;
  /** As of an exception. */
  start: string | null;
  end: string | null;
  unit: string;
  before: (string | null)[];
  after: (string | null)[];
}

export interface Proposal {
  act: number;
  kind: 'accept' | 'set';
  state: ActState;
  reason: string;
  note: string;
  method: string | null;
  proposed_by: string;
  proposed_at: string;
  decided_by: string | null;
  decided_at: string | null;
  undone_by: string | null;
  undone_at: string | null;
  days: ProposalDay[];
}

export interface Explained {
  channel: number;
  label: string;
  unit: string;
  date: string;
  /** `null` before the first run. */
  run: number | null;
  plan_name: string | null;
  plan_version: number | null;
  decided_at: string | null;
  /** Whether a run today decides the same. */
  is_current: boolean;
  results: RuleResult[];
  /** Where the energy of each outage with assumed meter time went. */
  assumed_time: OutageBalance[];
  values: ExplainedValue[];
  decisions: Decision[];
}

/** Measured while the meter assumed the time: taken away there, placed elsewhere, or neither. Amounts are decimal texts. */
export interface OutageBalance {
  from: string;
  to: string;
  left_out_to: string | null;
  words: string;
  measured: string;
  zeroed: string;
  elsewhere: string;
  unplaced: string;
}

/** Where the value of a slot comes from. */
export interface ExplainedValue {
  slot: number;
  start: string;
  raw: string | null;
  final: string | null;
  statuses: string[];
  rules: { rule: string; direction: Direction; severity: RuleSeverity; evidence: string }[];
  method: string | null;
  inputs_hash: string | null;
  act: number | null;
}

/** What a person decided about a day, whether it counts or not. */
export interface Decision {
  act: number;
  kind: 'accept' | 'set';
  state: ActState;
  by: string;
  at: string | null;
  undone_by: string | null;
  undone_at: string | null;
  reason: string;
  note: string;
}

/** An RFC 9457 problem, or what the browser said when there was no answer at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
  ) {
    super(detail);
  }
}

async function answer<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Problem(0, 'No answer', 'Amity did not answer', 'Check that `amity serve` still runs, then try again.');
  }
  if (response.ok) return (await response.json()) as T;
  const body = (await response.json().catch(() => ({}))) as Partial<Record<'title' | 'detail' | 'remedy', string>>;
  throw new Problem(
    response.status,
    body.title ?? `Answer ${response.status}`,
    body.detail ?? response.statusText,
    body.remedy ?? '',
  );
}

type Query = Record<string, string | number | null | undefined>;

/** A path below `/api/v1` with its query; empty values are left out. */
export function apiPath(path: string, query: Query = {}): string {
  const present = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(present.map(([key, value]) => [key, String(value)])).toString();
  return `/api/v1/${path}${text ? `?${text}` : ''}`;
}

export const get = <T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> =>
  answer<T>(apiPath(path, query), { headers: { accept: 'application/json' }, signal: signal ?? null });

export const post = <T>(path: string, body: unknown): Promise<T> =>
  answer<T>(apiPath(path), {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Sends a file as it is. */
export const send = <T>(path: string, query: Record<string, string>, file: Blob): Promise<T> =>
  answer<T>(apiPath(path, query), {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/octet-stream' },
    body: file,
  });

/** Keys of what was sent and not answered yet, by what it says. */
const unanswered = new Map<string, string>();

/** Sends what must count once: the same again, after no answer, has the same key, by which Amity knows it. */
export async function postOnce<T>(path: string, body: object): Promise<T> {
  const words = `${path} ${JSON.stringify(body)}`;
  const key = unanswered.get(words) ?? newKey();
  unanswered.set(words, key);
  const told = await post<T>(path, { ...body, key });
  unanswered.delete(words);
  return told;
}

/** `crypto.randomUUID` is only there on secure origins. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
