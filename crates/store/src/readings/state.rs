//! What is in memory: the open days, and where everything else lies.
//!
//! A channel-day is found in layers: the live arena, the frozen one that is being sealed, then segments from new
//! to old. The first layer that has the channel tells everything about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arena::{Arena, Arrival};
use super::block::Kind;
use super::day::DayNumber;
use super::error::{Damage, Error};
use super::feed::{BatchChanges, ChangeKind, Feed, Span, Subject};
use super::final_read;
use super::record::{Body, Item, Run};
use super::segment::Segment;
use super::take_back::{Ahead, Place, Sealed};
use super::version::{Effect, FinalVersion, Placed};

/// Everything that a batch changes.
#[derive(Default)]
pub(super) struct State {
    pub(super) days: BTreeMap<DayNumber, DayState>,
    /// Complete months, by `DayNumber::month`.
    pub(super) months: BTreeMap<i32, Arc<Segment>>,
    /// The last batch that is placed.
    pub(super) applied: u64,
    pub(super) feed: Feed,
    /// The latest moment of arrival.
    pub(super) received_max: i64,
    /// Source to position.
    pub(super) positions: BTreeMap<String, String>,
    pub(super) damage: DamageList,
    /// Memory of the arenas as last counted.
    pub(super) arena_bytes: u64,
}

/// Damage that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DamageList {
    /// What someone has to see to.
    pub(super) open: Vec<Damage>,
    /// What was fetched again or given up. It may be met again and is nothing new then.
    pub(super) settled: Vec<Damage>,
}

impl DamageList {
    /// Notes a damage once.
    pub(super) fn note(&mut self, damage: Damage) {
        if !self.open.contains(&damage) && !self.settled.contains(&damage) {
            self.open.push(damage);
        }
    }

    /// Takes a damage from the open ones.
    pub(super) fn settle(&mut self, damage: &Damage) {
        self.open.retain(|other| other != damage);
        if !self.settled.contains(damage) {
            self.settled.push(damage.clone());
        }
    }
}

/// One local day.
#[derive(Default)]
pub(super) struct DayState {
    pub(super) live: Option<Arena>,
    /// Being sealed, or waiting for space to be; with the last batch that is in it.
    pub(super) frozen: Option<(Arc<Arena>, u64)>,
    /// Batches up to this one are sealed.
    pub(super) sealed_through: u64,
    /// Memory of the arenas as last counted.
    counted: u64,
    /// Newest first; what the month segment does not have.
    pub(super) segments: Vec<Arc<Segment>>,
    /// The day as the month segment has it, kept for scans of the day.
    pub(super) rolled: Option<Arc<Segment>>,
}

/// What the book did with a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The place of the batch in the log.
    pub sequence: u64,
    /// When it counts as received, epoch microseconds.
    pub received_at: i64,
    /// The key was there before: nothing of this batch was stored, and its sequence is that of the first.
    pub repeated: bool,
    /// Values for slots that had none.
    pub created: u64,
    /// Values that replaced another one.
    pub changed: u64,
    /// Values that were there already.
    pub duplicates: u64,
    /// Older revisions, kept but not current.
    pub superseded: u64,
    /// Values for days that were sealed already.
    pub late: u64,
    /// What validation decided.
    pub finals: u64,
}

impl State {
    /// Places a batch. `body` has passed its checksum.
    pub(super) fn apply(
        &mut self,
        sequence: u64,
        received_at: i64,
        body: &[u8],
        mut ahead: Ahead,
    ) -> Result<Receipt, Error> {
        let arrival = Arrival { sequence, received_at };
        let mut receipt = Receipt { sequence, received_at, ..Receipt::default() };
        let mut changes = BatchChanges { sequence, spans: Vec::new() };
        let mut placed = Placed::default();
        let mut touched: Vec<DayNumber> = Vec::new();
        let mut body = Body::new(body);
        while let Some(item) = body.next().expect("the body was encoded here or passed its checksum") {
            let (channel, number, kind, readings) = match &item {
                Item::Run(run) => (run.channel, run.day, Kind::Intervals, body.values.len() as u64),
                Item::Register(register) => (register.channel, register.day, Kind::Registers, 1),
                Item::Final { channel, day, .. } => (channel.0, *day, Kind::Finals, 0),
            };
            let Some((arena, is_sealed)) = self.open_day((channel, number, kind), sequence, &mut ahead)? else {
                continue;
            };
            touched.extend((touched.last() != Some(&number)).then_some(number));
            receipt.late += if is_sealed { readings } else { 0 };
            match item {
                Item::Run(run) => placed += place_run(arena, &run, &body, arrival, &mut changes),
                Item::Register(register) => {
                    let effect = arena.place_register(&register, arrival, &mut placed);
                    push(&mut changes, whole_day(channel, number, Subject::Registers), effect);
                }
                Item::Final { bytes, .. } => {
                    let version = FinalVersion { sequence, received_at, bytes: bytes.into() };
                    let effect = arena.place_final(channel, version);
                    let is_of_reads = final_read::is_of_reads(bytes);
                    let subject = if is_of_reads { Subject::FinalReads } else { Subject::Final };
                    push(&mut changes, whole_day(channel, number, subject), effect);
                    receipt.finals += u64::from(effect != Effect::None);
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        touched.into_iter().for_each(|day| self.recount(day));
        // Behind the others, whose places in the feed are known to readers.
        changes.spans.sort_by_key(|span| span.subject == Subject::Versions);
        receipt.created = placed.created;
        receipt.changed = placed.changed;
        receipt.duplicates = placed.duplicates;
        receipt.superseded = placed.superseded;
        self.feed.push(changes);
        self.applied = sequence;
        self.received_max = self.received_max.max(received_at);
        Ok(receipt)
    }

    /// The live arena of a day with all that is known of the channel in it, and whether the day was sealed before;
    /// `None` where the batch is sealed in it already.
    fn open_day(
        &mut self,
        place: Place,
        sequence: u64,
        ahead: &mut Ahead,
    ) -> Result<Option<(&mut Arena, bool)>, Error> {
        let (channel, day, kind) = place;
        let state = self.days.entry(day).or_default();
        if sequence <= state.sealed_through {
            return Ok(None);
        }
        let arena = state.live.get_or_insert_with(|| Arena::new(day, sequence));
        if state.sealed_through == 0 && state.frozen.is_none() {
            return Ok(Some((arena, false)));
        }
        if !arena.has(channel, kind) {
            let frozen = state.frozen.as_ref().map(|(frozen, _)| &**frozen).filter(|frozen| frozen.has(channel, kind));
            if let Some(frozen) = frozen {
                arena.take_back(channel, kind, frozen);
            } else {
                let sealed = ahead.take(place).unwrap_or_else(|| {
                    let month = day.month().and_then(|month| self.months.get(&month));
                    let segments: Vec<Arc<Segment>> = state.segments.iter().chain(month).cloned().collect();
                    Sealed::of(place, &segments)
                });
                match sealed {
                    // What is damaged cannot be read either; it is told, and the channel-day begins anew.
                    Err(Error::Damaged(damage)) => self.damage.note(damage),
                    sealed => sealed?.restore(arena, channel),
                }
            }
        }
        Ok(Some((arena, state.sealed_through > 0)))
    }

    /// Everything that a reader of one channel's day looks through after the arenas, newest first.
    pub(super) fn segments_of(&self, day: DayNumber) -> Vec<Arc<Segment>> {
        let of_day = self.days.get(&day).into_iter().flat_map(|day| &day.segments);
        let month = day.month().and_then(|month| self.months.get(&month));
        of_day.chain(month).cloned().collect()
    }

    /// Notes how far a source was read.
    pub(super) fn note_position(&mut self, source: &str, position: &str) {
        if !position.is_empty() {
            self.positions.insert(source.into(), position.into());
        }
    }

    /// The first batch that the log has to keep once the frozen arenas of some days are sealed.
    pub(super) fn first_unsealed(&self, sealing: &[DayNumber]) -> u64 {
        let kept = self.days.iter().flat_map(|(number, day)| {
            let frozen = day.frozen.iter().map(|(frozen, _)| &**frozen).filter(|_| !sealing.contains(number));
            day.live.iter().chain(frozen)
        });
        kept.map(|arena| arena.first_sequence).min().unwrap_or(u64::MAX)
    }

    /// Memory of the open days and the feed.
    pub(super) fn bytes(&self) -> u64 {
        self.arena_bytes + self.feed.bytes()
    }

    /// Counts the memory of a day anew.
    pub(super) fn recount(&mut self, day: DayNumber) {
        if let Some(day) = self.days.get_mut(&day) {
            let bytes = day.bytes();
            self.arena_bytes = self.arena_bytes - day.counted + bytes;
            day.counted = bytes;
        }
    }
}

impl DayState {
    /// Memory of the arenas.
    pub(super) fn bytes(&self) -> u64 {
        let frozen = self.frozen.as_ref().map_or(0, |(frozen, _)| frozen.bytes());
        self.live.as_ref().map_or(0, Arena::bytes) + frozen
    }

    /// The arenas, newest first.
    pub(super) fn arenas(&self) -> impl Iterator<Item = &Arena> {
        self.live.iter().chain(self.frozen.iter().map(|(frozen, _)| &**frozen))
    }
}

fn place_run(arena: &mut Arena, run: &Run, body: &Body<'_>, arrival: Arrival, changes: &mut BatchChanges) -> Placed {
    let mut span = whole_day(run.channel, run.day, Subject::Intervals);
    arena.place(run, &body.values, &body.qualities, arrival, |first, end, effect| {
        (span.first, span.end) = (first, end);
        push(changes, span, effect);
    })
}

fn whole_day(channel: u32, day: DayNumber, subject: Subject) -> Span {
    Span { channel, channels: 1, day, first: 0, end: 0, subject, kind: ChangeKind::Created }
}

fn push(changes: &mut BatchChanges, span: Span, effect: Effect) {
    match effect {
        Effect::None => {}
        Effect::Created => changes.push(Span { kind: ChangeKind::Created, ..span }),
        Effect::Changed => changes.push(Span { kind: ChangeKind::Changed, ..span }),
        Effect::Older => changes.push(Span { subject: Subject::Versions, kind: ChangeKind::Changed, ..span }),
    }
}
