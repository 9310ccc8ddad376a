//! What is in memory: the open days, and where everything else lies.
//!
//! A channel-day is found in layers: the live arena, the frozen one that is being sealed, then segments from new
//! to old. The first layer that has the channel tells everything about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arena::{Arena, Arrival};
use super::day::DayNumber;
use super::error::{Damage, Error};
use super::feed::{BatchChanges, ChangeKind, Feed, Span, Subject};
use super::record::{Body, Item, Register, Run};
use super::version::{Effect, FinalVersion, Placed};

/// Everything that a batch changes.
#[derive(Default)]
pub(super) struct State {
    pub(super) days: BTreeMap<DayNumber, DayState>,
    /// The last batch that is placed.
    pub(super) applied: u64,
    pub(super) feed: Feed,
    /// Source to position.
    pub(super) positions: BTreeMap<String, String>,
    /// Damage found so far.
    pub(super) damage: Vec<Damage>,
}

/// One local day.
#[derive(Default)]
pub(super) struct DayState {
    pub(super) live: Option<Arena>,
    /// Being sealed, or waiting for space to be.
    pub(super) frozen: Option<Arc<Arena>>,
    /// Batches up to this one are sealed.
    pub(super) sealed_through: u64,
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
    pub(super) fn apply(&mut self, sequence: u64, received_at: i64, body: &[u8]) -> Result<Receipt, Error> {
        let arrival = Arrival { sequence, received_at };
        let mut receipt = Receipt { sequence, received_at, ..Receipt::default() };
        let mut changes = BatchChanges { sequence, spans: Vec::new() };
        let mut placed = Placed::default();
        let mut body = Body::new(body);
        while let Some(item) = body.next().expect("the body was encoded here or passed its checksum") {
            match item {
                Item::Run(run) => {
                    let count = body.values.len() as u64;
                    let Some(day) = self.open_day(run.day, sequence) else { continue };
                    receipt.late += if day.sealed_through > 0 { count } else { 0 };
                    placed += day.place_run(&run, &body, arrival, &mut changes)?;
                }
                Item::Register(register) => {
                    let Some(day) = self.open_day(register.day, sequence) else { continue };
                    receipt.late += u64::from(day.sealed_through > 0);
                    day.place_register(&register, arrival, &mut placed, &mut changes)?;
                }
                Item::Final { channel, day: number, bytes } => {
                    let Some(day) = self.open_day(number, sequence) else { continue };
                    let version = FinalVersion { sequence, received_at, bytes: bytes.into() };
                    receipt.finals += day.place_final(channel.0, number, version, &mut changes)?;
                }
            }
        }
        receipt.created = placed.created;
        receipt.changed = placed.changed;
        receipt.duplicates = placed.duplicates;
        receipt.superseded = placed.superseded;
        self.feed.push(changes);
        self.applied = sequence;
        Ok(receipt)
    }

    /// The day, ready to take a batch; `None` where the batch is sealed in it already.
    fn open_day(&mut self, day: DayNumber, sequence: u64) -> Option<&mut DayState> {
        let state = self.days.entry(day).or_default();
        if sequence <= state.sealed_through {
            return None;
        }
        state.live.get_or_insert_with(|| Arena::new(day, sequence));
        Some(state)
    }

    /// Memory of the open days and the feed.
    pub(super) fn bytes(&self) -> u64 {
        self.days.values().map(DayState::bytes).sum::<u64>() + self.feed.bytes()
    }
}

impl DayState {
    fn bytes(&self) -> u64 {
        self.live.as_ref().map_or(0, Arena::bytes) + self.frozen.as_ref().map_or(0, |frozen| frozen.bytes())
    }

    fn place_run(
        &mut self,
        run: &Run,
        body: &Body<'_>,
        arrival: Arrival,
        changes: &mut BatchChanges,
    ) -> Result<Placed, Error> {
        let arena = self.live.as_mut().expect("the day was opened");
        let mut span = Span {
            channel: run.channel,
            channels: 1,
            day: run.day,
            first: 0,
            end: 0,
            subject: Subject::Intervals,
            kind: ChangeKind::Created,
        };
        Ok(arena.place(run, &body.values, &body.qualities, arrival, |first, end, effect| {
            (span.first, span.end) = (first, end);
            push(changes, span, effect);
        }))
    }

    fn place_register(
        &mut self,
        register: &Register,
        arrival: Arrival,
        placed: &mut Placed,
        changes: &mut BatchChanges,
    ) -> Result<(), Error> {
        let arena = self.live.as_mut().expect("the day was opened");
        let effect = arena.place_register(register, arrival, placed);
        push(changes, whole_day(register.channel, register.day, Subject::Registers), effect);
        Ok(())
    }

    fn place_final(
        &mut self,
        channel: u32,
        day: DayNumber,
        version: FinalVersion,
        changes: &mut BatchChanges,
    ) -> Result<u64, Error> {
        let arena = self.live.as_mut().expect("the day was opened");
        let effect = arena.place_final(channel, version);
        push(changes, whole_day(channel, day, Subject::Final), effect);
        Ok(u64::from(effect != Effect::None))
    }
}

fn whole_day(channel: u32, day: DayNumber, subject: Subject) -> Span {
    Span { channel, channels: 1, day, first: 0, end: 0, subject, kind: ChangeKind::Created }
}

fn push(changes: &mut BatchChanges, span: Span, effect: Effect) {
    match effect {
        Effect::None => {}
        Effect::Created => changes.push(Span { kind: ChangeKind::Created, ..span }),
        Effect::Changed => changes.push(Span { kind: ChangeKind::Changed, ..span }),
    }
}
