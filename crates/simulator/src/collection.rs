//! What the head-ends of a utility send, day by day, with the faults of the script.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use model::event::{EndDeviceEvent, EndDeviceEventType};
use model::id::Name;
use model::quantity::Decimal;
use model::reading::{ChannelKey, ChannelReadings, IntervalRun, RegisterRead, Values};
use model::reading_type::ReadingType;

use crate::chance::{Purpose, chance};
use crate::dialect::{self, File};
use crate::load::Flow;
use crate::premises::{HeadEnd, Premises};
use crate::utility::{Day, QUARTER_SECONDS, Utility};

/// Forward and reverse of flowDirection in IEC 61968-9.
pub(crate) const DELIVERED: u16 = 1;
pub(crate) const RECEIVED: u16 = 19;
const POWER_LOST: EndDeviceEventType = EndDeviceEventType { device: 3, domain: 26, sub_domain: 0, event_or_action: 85 };
const POWER_RESTORED: EndDeviceEventType = EndDeviceEventType { event_or_action: 216, ..POWER_LOST };

/// The days of a utility in order, each with what is sent once it is over.
#[derive(Debug)]
pub struct Collection<'u> {
    utility: &'u Utility,
    next: Date,
    /// What has passed each meter since the beginning, its first register included.
    registers: Vec<Flow>,
    /// What comes with a later day, by head-end.
    held_back: BTreeMap<HeadEnd, Vec<ChannelReadings>>,
}

/// What one day brought.
#[derive(Debug, Default)]
pub struct Sent {
    /// What the head-ends sent.
    pub files: Vec<File>,
    /// What truly passed each meter on the day, by number.
    pub truth: Vec<Flow>,
    /// What became of the readings that meters made.
    pub counts: Counts,
}

/// What became of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Made by meters.
    pub made: u64,
    /// Of these, never sent.
    pub lost: u64,
    /// Of these, held back for a later day.
    pub late: u64,
    /// Of these, sent again with the next day.
    pub twice: u64,
}

impl<'u> Collection<'u> {
    /// Begins with a date.
    pub fn from(utility: &'u Utility, first: Date) -> Self {
        let settings = utility.settings();
        let begin = |meter| Flow { delivered: utility.premises(meter).first_register, received: 0 };
        let registers = (0..settings.meters).map(begin).collect();
        Self { utility, next: first, registers, held_back: BTreeMap::new() }
    }

    /// The next day; `None` where [`Utility::day`] has none.
    pub fn next_day(&mut self) -> Option<Sent> {
        let day = self.utility.day(self.next)?;
        self.next = self.next.tomorrow().ok()?;
        let mut sent = Sent::default();
        let mut brought: BTreeMap<HeadEnd, Vec<ChannelReadings>> =
            HeadEnd::ALL.into_iter().map(|head_end| (head_end, self.take_held_back(head_end, &day))).collect();
        let mut events = Vec::new();
        for meter in 0..self.utility.settings.meters {
            let premises = self.utility.premises(meter);
            let flows = self.utility.truth(meter, &day);
            let readings = self.readings(meter, &premises, &day, &flows);
            let readings = self.without_lost(meter, &premises, readings, &mut sent.counts);
            let of_head_end = brought.entry(premises.head_end).or_default();
            match self.fate(meter, premises.head_end, &day) {
                Fate::InTime => of_head_end.extend(readings),
                Fate::Late => {
                    sent.counts.late += count(&readings);
                    self.held_back.entry(premises.head_end).or_default().extend(readings);
                }
                Fate::Twice => {
                    sent.counts.twice += count(&readings);
                    self.held_back.entry(premises.head_end).or_default().extend(readings.iter().cloned());
                    of_head_end.extend(readings);
                }
            }
            if premises.head_end == HeadEnd::Cloud {
                events.extend(self.events(meter, &day));
            }
            sent.truth.push(flows.iter().fold(Flow::default(), |sum, flow| sum.plus(flow)));
        }
        for (head_end, readings) in brought {
            self.send(head_end, readings, &day, &mut sent);
        }
        sent.files.extend(dialect::events(&events, &day));
        Some(sent)
    }

    /// What waited for a day on which its head-end speaks.
    fn take_held_back(&mut self, head_end: HeadEnd, day: &Day) -> Vec<ChannelReadings> {
        if self.utility.script.silent(head_end, day.local.range.end) {
            return Vec::new();
        }
        self.held_back.remove(&head_end).unwrap_or_default()
    }

    fn send(&mut self, head_end: HeadEnd, readings: Vec<ChannelReadings>, day: &Day, sent: &mut Sent) {
        if self.utility.script.silent(head_end, day.local.range.end) {
            sent.counts.late += count(&readings);
            self.held_back.entry(head_end).or_default().extend(readings);
        } else if !readings.is_empty() {
            sent.files.push(dialect::file(head_end, &readings, day));
        }
    }

    /// What a meter recorded over a day, in the manner of its head-end; its registers go on.
    pub(crate) fn readings(
        &mut self,
        meter: u32,
        premises: &Premises,
        day: &Day,
        flows: &[Flow],
    ) -> Vec<ChannelReadings> {
        let mut directions = vec![(DELIVERED, delivered as fn(&Flow) -> i64)];
        if premises.panels_kw != 0 {
            directions.push((RECEIVED, received));
        }
        let start = self.registers[meter as usize];
        self.registers[meter as usize] = flows.iter().fold(start, |sum, flow| sum.plus(flow));
        let end = self.registers[meter as usize];
        let mut readings = Vec::new();
        for (direction, of) in directions {
            match premises.head_end {
                HeadEnd::Cloud => {
                    let values = flows.iter().map(of).collect();
                    readings.push(interval_piece(meter, direction, QUARTER_SECONDS, values, day));
                    let midnight = RegisterRead { at: day.local.range.end, ..shown(of(&end)) };
                    readings.push(register_piece(meter, direction, vec![midnight]));
                }
                HeadEnd::Hourly => {
                    let mut counter = of(&start);
                    let reads = (1..).zip(flows.chunks(4)).filter_map(|(hour, flows)| {
                        counter += flows.iter().map(of).sum::<i64>();
                        let at = day.local.range.start.as_second() + hour * 4 * i64::from(QUARTER_SECONDS);
                        Some(RegisterRead { at: Timestamp::from_second(at).ok()?, ..shown(counter) })
                    });
                    readings.push(register_piece(meter, direction, reads.collect()));
                }
                HeadEnd::Folder => {
                    let values = flows.chunks(4).map(|flows| flows.iter().map(of).sum()).collect();
                    readings.push(interval_piece(meter, direction, 4 * QUARTER_SECONDS, values, day));
                }
            }
        }
        readings
    }

    /// Takes out the readings that the script loses on their way.
    fn without_lost(
        &self,
        meter: u32,
        premises: &Premises,
        mut readings: Vec<ChannelReadings>,
        counts: &mut Counts,
    ) -> Vec<ChannelReadings> {
        let made = count(&readings);
        let is_lost = |at: Timestamp| {
            let share = self.utility.script.lost(premises.head_end, at);
            self.utility.script.dead(meter, at)
                || chance(self.utility.settings.seed, meter.into(), at.as_second(), Purpose::Lost) % 1000 < share.into()
        };
        for piece in &mut readings {
            match &mut piece.values {
                Values::Intervals(run) => {
                    let starts = (0..).map(|at| run.start.as_second() + at * i64::from(run.length_seconds));
                    for (value, start) in run.values.iter_mut().zip(starts) {
                        if Timestamp::from_second(start).is_ok_and(&is_lost) {
                            *value = IntervalRun::MISSING;
                        }
                    }
                }
                Values::Registers(reads) => reads.retain(|read| !is_lost(read.at)),
            }
        }
        counts.made += made;
        counts.lost += made - count(&readings);
        readings
    }

    fn fate(&self, meter: u32, head_end: HeadEnd, day: &Day) -> Fate {
        let end = day.local.range.end;
        let falls = |share: u16, purpose| {
            chance(self.utility.settings.seed, meter.into(), end.as_second(), purpose) % 1000 < share.into()
        };
        let script = &self.utility.script;
        match () {
            () if falls(script.late(head_end, end), Purpose::Late) => Fate::Late,
            () if falls(script.twice(head_end, end), Purpose::Twice) => Fate::Twice,
            () => Fate::InTime,
        }
    }

    /// Power lost and restored on a day, by the clock of the meter.
    fn events(&self, meter: u32, day: &Day) -> Vec<EndDeviceEvent> {
        let of_day = |(at, event_type): (Timestamp, EndDeviceEventType)| {
            day.local.range.contains(at).then(|| EndDeviceEvent {
                mrid: format!("{}-{meter}-{}", event_type.event_or_action, at.as_second()).into(),
                created: Some(at),
                event_type,
                device: Some(meter_name(meter)),
                usage_point: Some(usage_point_name(meter)),
                issuer: HeadEnd::Cloud.name().into(),
                ..EndDeviceEvent::default()
            })
        };
        let both = |span: &model::time::TimeRange| [(span.start, POWER_LOST), (span.end, POWER_RESTORED)];
        self.utility.dark(meter).iter().flat_map(both).filter_map(of_day).collect()
    }
}

/// What becomes of a meter's readings of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    InTime,
    Late,
    Twice,
}

/// How many readings there are, those without a value left out.
fn count(readings: &[ChannelReadings]) -> u64 {
    let of_piece = |piece: &ChannelReadings| match &piece.values {
        Values::Intervals(run) => run.values.iter().filter(|value| **value != IntervalRun::MISSING).count(),
        Values::Registers(reads) => reads.len(),
    };
    readings.iter().map(of_piece).sum::<usize>() as u64
}

fn delivered(flow: &Flow) -> i64 {
    flow.delivered
}

fn received(flow: &Flow) -> i64 {
    flow.received
}

/// What a register shows of so many Wh: kWh with two decimals, the rest not yet.
pub(crate) fn shown(watt_hours: i64) -> RegisterRead {
    let value = Some(Decimal::new(watt_hours.div_euclid(10), -2));
    RegisterRead { at: Timestamp::UNIX_EPOCH, period_start: None, value, quality: Default::default() }
}

fn interval_piece(meter: u32, direction: u16, length_seconds: u32, values: Vec<i64>, day: &Day) -> ChannelReadings {
    // measuringPeriod: 2 is fifteen minutes, 7 an hour; accumulation 4 is the amount of each interval.
    let measuring_period = if length_seconds == QUARTER_SECONDS { 2 } else { 7 };
    let run = IntervalRun { start: day.local.range.start, length_seconds, values, exponent: -3, qualities: Vec::new() };
    piece(meter, ReadingType { measuring_period, accumulation: 4, ..energy(direction) }, Values::Intervals(run))
}

pub(crate) fn register_piece(meter: u32, direction: u16, reads: Vec<RegisterRead>) -> ChannelReadings {
    // accumulation 1: what has been counted since the register began.
    piece(meter, ReadingType { accumulation: 1, ..energy(direction) }, Values::Registers(reads))
}

/// Electric energy in kWh through the secondary side of a meter.
fn energy(flow_direction: u16) -> ReadingType {
    ReadingType {
        flow_direction,
        commodity: 1,
        measurement_kind: 12,
        multiplier: 3,
        unit: 72,
        ..ReadingType::default()
    }
}

fn piece(meter: u32, reading_type: ReadingType, values: Values) -> ChannelReadings {
    let channel = ChannelKey {
        usage_point: Some(usage_point_name(meter)),
        meter: Some(meter_name(meter)),
        suffix: Default::default(),
        reading_type,
    };
    ChannelReadings { channel, unit: "kWh".into(), values, revision: None, line: 0 }
}

/// What the usage point of a meter is called.
pub fn usage_point_name(meter: u32) -> Name {
    Name::new("UsagePoint", format!("UP-{meter:06}"))
}

/// What a meter is called.
pub fn meter_name(meter: u32) -> Name {
    Name::new("Meter", format!("M-{meter:06}"))
}

impl Flow {
    fn plus(self, other: &Self) -> Self {
        Self { delivered: self.delivered + other.delivered, received: self.received + other.received }
    }
}
