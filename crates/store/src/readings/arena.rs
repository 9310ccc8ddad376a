//! One open day in memory: `[channel][slot]` values and stamps, filled in any order.
//!
//! A slot takes 8 bytes: its value in 32 bits (wider ones lie aside) and the number of its [`Stamp`], `0` where
//! nothing arrived. A stamp says batch, arrival, revision and quality at once; most runs of a batch share one.
//!
//! What the arena holds of a channel is complete: before a late value is placed over a sealed day, all that is
//! sealed of that channel-day is taken back into the arena, so that the newest layer always tells everything.

use std::collections::{BTreeMap, HashMap};

use super::block::Kind;
use super::day::DayNumber;
use super::plane::Plane;
use super::quality::QualityId;
use super::record::{Register, Run, Shape};
use super::register_reads::RegisterReads;
use super::stamps::Stamps;
use super::version::{Effect, FinalVersion, IntervalDay, Placed, RegisterVersion, Stamp, Superseded};
use super::{NO_VALUE, version::push_span};

/// The value lies in `Arena::wide`.
const WIDE: i32 = i32::MIN;
/// A version that says that there is no value.
const HOLE: i32 = i32::MIN + 1;
/// Channels are found through pages of this many.
const PAGE_CHANNELS: usize = 1024;

/// A batch as the arena sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) sequence: u64,
    pub(super) received_at: i64,
}

/// One open day.
#[derive(Debug)]
pub(super) struct Arena {
    pub(super) day: DayNumber,
    /// The first batch that is in this arena and perhaps nowhere else but in the log.
    pub(super) first_sequence: u64,
    /// Channel to row + 1.
    pages: Vec<Option<Box<[u32; PAGE_CHANNELS]>>>,
    rows: Vec<Row>,
    planes: Vec<Plane>,
    stamps: Stamps,
    wide: HashMap<(u32, u16), i64>,
    superseded: HashMap<u32, Vec<Superseded>>,
    registers: RegisterReads,
    finals: BTreeMap<u32, Vec<FinalVersion>>,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    channel: u32,
    /// Row + 1 of the same channel with another shape.
    next: u32,
    plane: u32,
    /// Position in the plane.
    place: u32,
}

impl Arena {
    pub(super) fn new(day: DayNumber, first_sequence: u64) -> Self {
        Self {
            day,
            first_sequence,
            pages: Vec::new(),
            rows: Vec::new(),
            planes: Vec::new(),
            stamps: Stamps::default(),
            wide: HashMap::new(),
            superseded: HashMap::new(),
            registers: RegisterReads::default(),
            finals: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Memory in use, nearly.
    pub(super) fn bytes(&self) -> u64 {
        let small = self.rows.capacity() * size_of::<Row>() + self.wide.capacity() * 24;
        self.bytes + small as u64 + self.stamps.bytes() + self.registers.bytes()
    }

    /// Places a run whose channel, if sealed, was taken back before; tells each stretch of slots and its effect.
    pub(super) fn place(
        &mut self,
        run: &Run,
        values: &[i64],
        qualities: &[(u16, u16, QualityId)],
        arrival: Arrival,
        mut tell: impl FnMut(u16, u16, Effect),
    ) -> Placed {
        let row = self.row(run.channel, run.shape);
        let end = run.first + values.len() as u16;
        let one_quality = match qualities {
            [] => Some(QualityId(0)),
            &[(from, to, quality)] if (from, to) == (run.first, end) => Some(quality),
            _ => None,
        };
        if let Some(quality) = one_quality
            && run.narrow
            && !run.has_holes
            && self.is_untouched(row, run.first, end)
        {
            let stamp = self.stamps.number(arrival.stamp(run.revision, quality));
            self.fill(row, run.first, values, stamp);
            tell(run.first, end, Effect::Created);
            return Placed { created: values.len() as u64, ..Placed::default() };
        }
        self.place_each(row, run, values, qualities, arrival, &mut tell)
    }

    fn place_each(
        &mut self,
        row: u32,
        run: &Run,
        values: &[i64],
        qualities: &[(u16, u16, QualityId)],
        arrival: Arrival,
        tell: &mut impl FnMut(u16, u16, Effect),
    ) -> Placed {
        let mut placed = Placed::default();
        let mut spans = qualities.iter().peekable();
        let mut told = (run.first, Effect::None);
        for (slot, &value) in (run.first..).zip(values) {
            spans.next_if(|(_, to, _)| *to <= slot);
            let quality = spans.peek().filter(|(from, ..)| *from <= slot).map_or(QualityId(0), |span| span.2);
            let nothing_said = value == NO_VALUE && quality == QualityId(0);
            let effect = if nothing_said {
                Effect::None
            } else {
                self.place_one(row, slot, value, arrival.stamp(run.revision, quality), &mut placed)
            };
            if effect != told.1 {
                if told.1 != Effect::None {
                    tell(told.0, slot, told.1);
                }
                told = (slot, effect);
            }
        }
        if told.1 != Effect::None {
            tell(told.0, run.first + values.len() as u16, told.1);
        }
        placed
    }

    fn place_one(&mut self, row: u32, slot: u16, value: i64, stamp: Stamp, placed: &mut Placed) -> Effect {
        let Some((old_value, old)) = self.current(row, slot) else {
            let number = self.stamps.number(stamp);
            self.set(row, slot, value, number);
            placed.created += 1;
            return Effect::Created;
        };
        if (value, stamp.quality) == (old_value, old.quality) {
            placed.duplicates += 1;
            return self.place_again(row, Superseded { slot, value, stamp }, old);
        }
        if old.rank() <= stamp.rank() {
            self.supersede(row, Superseded { slot, value: old_value, stamp: old });
            let number = self.stamps.number(stamp);
            self.set(row, slot, value, number);
            placed.changed += 1;
            return Effect::Changed;
        }
        let known = self.same_superseded(row, slot, value, stamp.quality).next().is_some();
        *(if known { &mut placed.duplicates } else { &mut placed.superseded }) += 1;
        self.place_older(row, Superseded { slot, value, stamp })
    }

    /// Places the current value of a slot again.
    fn place_again(&mut self, row: u32, again: Superseded, current: Stamp) -> Effect {
        if current.covers(&again.stamp) {
            return Effect::None;
        }
        if again.stamp.rank() < current.rank() {
            return self.place_older(row, again);
        }
        let confirmed = current.confirmed_by(&again.stamp);
        if confirmed.first_rank().0 != current.first_rank().0 {
            self.supersede(row, Superseded { stamp: current, ..again });
        }
        let number = self.stamps.number(confirmed);
        self.set(row, again.slot, again.value, number);
        Effect::None
    }

    /// Places what ranks below the current version.
    fn place_older(&mut self, row: u32, older: Superseded) -> Effect {
        let Superseded { slot, value, stamp } = older;
        if self.same_superseded(row, slot, value, stamp.quality).any(|known| known.stamp.covers(&stamp)) {
            return Effect::None;
        }
        self.supersede(row, older);
        Effect::Older
    }

    fn same_superseded(
        &self,
        row: u32,
        slot: u16,
        value: i64,
        quality: QualityId,
    ) -> impl Iterator<Item = &Superseded> {
        let all = self.superseded.get(&row).into_iter().flatten();
        all.filter(move |old| (old.slot, old.value, old.stamp.quality) == (slot, value, quality))
    }

    fn supersede(&mut self, row: u32, old: Superseded) {
        self.superseded.entry(row).or_default().push(old);
        self.bytes += size_of::<Superseded>() as u64;
    }

    /// Places a register read whose channel, if sealed, was taken back before.
    pub(super) fn place_register(&mut self, register: &Register, arrival: Arrival, placed: &mut Placed) -> Effect {
        let version = RegisterVersion {
            at: register.at,
            period_start: register.period_start,
            value: register.value,
            stamp: arrival.stamp(register.revision, register.quality),
        };
        self.registers.place(register.channel, &version, &mut self.stamps, placed)
    }

    /// Adds a final day; the same one again is nothing new.
    pub(super) fn place_final(&mut self, channel: u32, version: FinalVersion) -> Effect {
        let versions = self.finals.entry(channel).or_default();
        if versions.iter().any(|other| other.bytes == version.bytes) {
            return Effect::None;
        }
        self.bytes += (size_of::<FinalVersion>() + version.bytes.len()) as u64;
        versions.push(version);
        Effect::Changed
    }

    /// Takes back what is sealed of a channel's intervals.
    pub(super) fn restore_intervals(&mut self, channel: u32, day: &IntervalDay) {
        let row = self.row(channel, day.shape);
        for (slot, (&value, stamp)) in (0..).zip(day.values.iter().zip(&day.stamps)) {
            if let Some(stamp) = stamp {
                let number = self.stamps.number(*stamp);
                self.set(row, slot, value, number);
            }
        }
        for old in &day.superseded {
            self.supersede(row, *old);
        }
    }

    /// Takes back what is sealed of a channel's registers.
    pub(super) fn restore_registers(&mut self, channel: u32, versions: &[RegisterVersion]) {
        self.registers.restore(channel, versions, &mut self.stamps);
    }

    /// Takes back the sealed final days of a channel.
    pub(super) fn restore_finals(&mut self, channel: u32, versions: Vec<FinalVersion>) {
        self.bytes += versions.iter().map(|version| version.bytes.len() as u64 + 40).sum::<u64>();
        self.finals.insert(channel, versions);
    }

    /// Whether anything of a kind is here of a channel; if so, everything known of it is.
    pub(super) fn has(&self, channel: u32, kind: Kind) -> bool {
        match kind {
            Kind::Intervals => self.row_of(channel).is_some(),
            Kind::Registers => self.registers.has(channel),
            Kind::Finals => self.finals.contains_key(&channel),
        }
    }

    /// Takes back what another arena of the day has of a channel.
    pub(super) fn take_back(&mut self, channel: u32, kind: Kind, other: &Self) {
        match kind {
            Kind::Intervals => other.intervals(channel).iter().for_each(|day| self.restore_intervals(channel, day)),
            Kind::Registers => self.restore_registers(channel, &other.registers(channel).unwrap_or_default()),
            Kind::Finals => self.restore_finals(channel, other.finals(channel).unwrap_or_default().to_vec()),
        }
    }

    /// The channels with anything here, in order.
    pub(super) fn channels(&self) -> Vec<u32> {
        let mut channels = self.interval_channels();
        channels.extend(self.registers.channels().chain(self.finals.keys().copied()));
        channels.sort_unstable();
        channels.dedup();
        channels
    }

    /// The channels with intervals here, in order.
    pub(super) fn interval_channels(&self) -> Vec<u32> {
        let mut channels: Vec<u32> = self.rows.iter().map(|row| row.channel).collect();
        channels.sort_unstable();
        channels.dedup();
        channels
    }

    /// The intervals of a channel: one entry for each shape of the day.
    pub(super) fn intervals(&self, channel: u32) -> Vec<IntervalDay> {
        let mut days = Vec::new();
        let mut next = self.row_of(channel);
        while let Some(row) = next {
            days.push(self.interval_day(row));
            next = self.rows[row as usize].next.checked_sub(1);
        }
        days.sort_by_key(|day| day.shape);
        days
    }

    /// The versions of a channel's register reads in order of arrival; `None` where the arena has none.
    pub(super) fn registers(&self, channel: u32) -> Option<Vec<RegisterVersion>> {
        self.registers.of(channel, &self.stamps)
    }

    /// The final days of a channel in order of arrival; `None` where the arena has none.
    pub(super) fn finals(&self, channel: u32) -> Option<&[FinalVersion]> {
        self.finals.get(&channel).map(Vec::as_slice)
    }

    /// Calls back with the current values and quality spans of a channel, for each shape.
    pub(super) fn visit_current(
        &self,
        channel: u32,
        buffer: &mut (Vec<i64>, Vec<(u16, u16, QualityId)>),
        mut visit: impl FnMut(Shape, &[i64], &[(u16, u16, QualityId)]),
    ) {
        let mut next = self.row_of(channel);
        while let Some(row) = next {
            let (values, spans) = &mut *buffer;
            values.clear();
            spans.clear();
            let (narrow, numbers) = self.cells(row);
            for (slot, (&value, &number)) in (0..).zip(narrow.iter().zip(numbers)) {
                values.push(if number == 0 { NO_VALUE } else { self.widened(row, slot, value) });
                if number != 0 {
                    push_span(spans, slot, self.stamps.of(number - 1).quality);
                }
            }
            visit(self.planes[self.rows[row as usize].plane as usize].shape, values, spans);
            next = self.rows[row as usize].next.checked_sub(1);
        }
    }

    fn interval_day(&self, row: u32) -> IntervalDay {
        let (narrow, numbers) = self.cells(row);
        let mut values = Vec::with_capacity(narrow.len());
        let mut stamps = Vec::with_capacity(narrow.len());
        for (slot, (&value, &number)) in (0..).zip(narrow.iter().zip(numbers)) {
            let stamp = number.checked_sub(1).map(|number| self.stamps.of(number));
            values.push(if stamp.is_some() { self.widened(row, slot, value) } else { NO_VALUE });
            stamps.push(stamp);
        }
        IntervalDay {
            shape: self.planes[self.rows[row as usize].plane as usize].shape,
            values,
            stamps,
            superseded: self.superseded.get(&row).cloned().unwrap_or_default(),
        }
    }

    fn row_of(&self, channel: u32) -> Option<u32> {
        let page = self.pages.get(channel as usize / PAGE_CHANNELS)?.as_ref()?;
        page[channel as usize % PAGE_CHANNELS].checked_sub(1)
    }

    /// The row of a channel and shape, a new one where there is none.
    fn row(&mut self, channel: u32, shape: Shape) -> u32 {
        let first = self.row_of(channel);
        let mut next = first;
        while let Some(row) = next {
            let head = self.rows[row as usize];
            if self.planes[head.plane as usize].shape == shape {
                return row;
            }
            next = head.next.checked_sub(1);
        }
        let plane = self.planes.iter().position(|plane| plane.shape == shape).unwrap_or_else(|| {
            self.planes.push(Plane::new(shape));
            self.planes.len() - 1
        });
        let (place, allocated) = self.planes[plane].add_row();
        self.bytes += allocated;
        let row = self.rows.len() as u32;
        let next = first.map_or(0, |first| first + 1);
        self.rows.push(Row { channel, next, plane: plane as u32, place });
        let page = channel as usize / PAGE_CHANNELS;
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let page = self.pages[page].get_or_insert_with(|| {
            self.bytes += (PAGE_CHANNELS * 4) as u64;
            Box::new([0; PAGE_CHANNELS])
        });
        page[channel as usize % PAGE_CHANNELS] = row + 1;
        row
    }

    fn cells(&self, row: u32) -> (&[i32], &[u32]) {
        let Row { plane, place, .. } = self.rows[row as usize];
        self.planes[plane as usize].cells(place)
    }

    fn cells_mut(&mut self, row: u32) -> (&mut [i32], &mut [u32]) {
        let Row { plane, place, .. } = self.rows[row as usize];
        self.planes[plane as usize].cells_mut(place)
    }

    fn is_untouched(&self, row: u32, first: u16, end: u16) -> bool {
        self.cells(row).1[usize::from(first)..usize::from(end)].iter().all(|&number| number == 0)
    }

    fn fill(&mut self, row: u32, first: u16, values: &[i64], stamp: u32) {
        let range = usize::from(first)..usize::from(first) + values.len();
        let (narrow, numbers) = self.cells_mut(row);
        for (cell, &value) in narrow[range.clone()].iter_mut().zip(values) {
            *cell = value as i32;
        }
        numbers[range].fill(stamp + 1);
    }

    fn current(&self, row: u32, slot: u16) -> Option<(i64, Stamp)> {
        let (narrow, numbers) = self.cells(row);
        let number = numbers[usize::from(slot)].checked_sub(1)?;
        Some((self.widened(row, slot, narrow[usize::from(slot)]), self.stamps.of(number)))
    }

    fn widened(&self, row: u32, slot: u16, value: i32) -> i64 {
        match value {
            WIDE => self.wide.get(&(row, slot)).copied().unwrap_or(NO_VALUE),
            HOLE => NO_VALUE,
            narrow => i64::from(narrow),
        }
    }

    fn set(&mut self, row: u32, slot: u16, value: i64, stamp: u32) {
        let cell = match i32::try_from(value) {
            _ if value == NO_VALUE => HOLE,
            Ok(narrow) if narrow != WIDE && narrow != HOLE => narrow,
            _ => {
                self.wide.insert((row, slot), value);
                WIDE
            }
        };
        let (values, stamps) = self.cells_mut(row);
        values[usize::from(slot)] = cell;
        stamps[usize::from(slot)] = stamp + 1;
    }
}

impl Arrival {
    fn stamp(self, revision: Option<i64>, quality: QualityId) -> Stamp {
        Stamp { sequence: self.sequence, received_at: self.received_at, revision, quality }
    }
}
