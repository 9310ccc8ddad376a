//! What a definition's channels measured at a usage point: final interval days, register reads, meters.
//!
//! - Intervals are the received ones with what validation decided laid over them.
//! - Reads of a register belong to the meter that was there, and a meter is a register of its own. Nothing is measured
//!   between two meters, so the first read of a new one holds from the last of the one before, up to [`EXCHANGE`].
//! - A meter whose reads are multiplied by something else from an instant on is another register from then on; the read at
//!   that instant ends the one and begins the other. Without it nobody can tell what was used, and there is no answer.
//! - Damaged or ambiguous inputs are findings: there is no answer beside them.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::finding::Finding;
use model::id::{ChannelNumber, UsagePointId};
use model::lineage::FinalRead;
use model::master::Channel;
use model::quality::Status;
use model::quality::assumed_time::{AssumedTime, Treated};
use model::quantity::Decimal;
use model::reading_type::parse_unit;
use model::register::UNKNOWN_DIALS;
use model::review::Refusal;
use model::time::{LocalDay, TimeRange};
use smol_str::{SmolStr, format_smolstr};
use store::readings::{AsOf, Day, NO_VALUE, RegisterRead};
use store::registry::link::Relation;
use usage::rate::ChannelPlace;
use usage::series::{Reference, StatusSpan};
use usage::{Account, CheckedRate, Read, Register, Run};

use super::Determinants;
use super::sides::{Side, Sides};
use crate::placement::zone_of;
use crate::review::ReviewError;
use crate::validation::full_day::FullDay;

/// Longest time between the last read of a meter and the first of the next.
const EXCHANGE: SignedDuration = SignedDuration::from_hours(24);
/// How far before and after a period the reads around it are looked for.
pub(super) const READS_AROUND: SignedDuration = SignedDuration::from_hours(62 * 24);

/// What a usage point has of a definition's channels over a period.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Every channel that was looked at.
    pub channels: BTreeSet<ChannelNumber>,
    /// The versions of the plans that decided on the intervals.
    pub plan_versions: BTreeSet<u32>,
    /// What stands in the way.
    pub findings: Vec<Finding>,
    series: Vec<Series>,
}

/// A channel of the definition.
#[derive(Debug)]
struct Series {
    name: SmolStr,
    unit: SmolStr,
    exponent: i8,
    runs: Vec<Values>,
    registers: Vec<Reads>,
}

/// Intervals of one length in a row.
#[derive(Debug)]
struct Values {
    start: Timestamp,
    length_seconds: u32,
    values: Vec<i64>,
    statuses: Vec<StatusSpan>,
}

/// The reads of one meter by one multiplier.
#[derive(Debug)]
struct Reads {
    meter: String,
    /// Whether the same meter was there before, with another multiplier.
    counts_on: bool,
    multiplier: Decimal,
    dials: u8,
    reads: Vec<Read>,
}

/// A meter and the time it was at a usage point.
struct Installed {
    meter: String,
    from: Timestamp,
    to: Option<Timestamp>,
}

/// Some of the time of a meter, by one multiplier.
struct Part<'a> {
    installed: &'a Installed,
    /// Whether there is one before it.
    counts_on: bool,
    from: Timestamp,
    /// Where the next one begins.
    changes_at: Option<Timestamp>,
    multiplier: Decimal,
}

impl Determinants {
    /// Gathers what a definition's channels measured.
    pub(super) fn gather(
        &self,
        rate: &CheckedRate,
        usage_point: UsagePointId,
        period: TimeRange,
    ) -> Result<Gathered, ReviewError> {
        let mut gathered = Gathered::default();
        for place in &rate.channels {
            let usage_point = match place.usage_point.as_deref().map(|other| self.usage_point(other)).transpose() {
                Ok(other) => other.unwrap_or(usage_point),
                Err(ReviewError::Refused(refusal)) => {
                    gathered.findings.push(elsewhere(place, &refusal));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut channels = self.runtime.block_on(self.registry.channels().of_usage_point(usage_point))?;
            let directory = self.runtime.block_on(self.registry.directory())?;
            channels.retain(|channel| directory.line(channel).iter().any(|one| fits(place, one)));
            let with_intervals = || channels.iter().filter(|channel| channel.interval_seconds.is_some());
            let line: Vec<_> = with_intervals().next().map(|first| directory.line(first)).unwrap_or_default();
            if with_intervals().any(|channel| line.iter().all(|one| one.number != channel.number)) {
                gathered.findings.push(ambiguous(place, &channels));
                continue;
            }
            gathered.channels.extend(channels.iter().map(|channel| channel.number));
            if !channels.is_empty() {
                let series = self.series((place, rate.assumed_time()), &channels, period, &mut gathered)?;
                gathered.series.push(series);
            }
        }
        Ok(gathered)
    }

    fn series(
        &self,
        (place, assumed_time): (&ChannelPlace, AssumedTime),
        channels: &[Channel],
        period: TimeRange,
        gathered: &mut Gathered,
    ) -> Result<Series, ReviewError> {
        let unit = place.unit.clone().unwrap_or_else(|| channels[0].unit.clone());
        let mut series =
            Series { name: place.name.clone(), unit, exponent: 0, runs: Vec::new(), registers: Vec::new() };
        for channel in channels {
            let Some(shift) = shift(&channel.unit, &series.unit) else {
                gathered.findings.push(other_unit(channel, &series.unit));
                continue;
            };
            if channel.interval_seconds.is_some() {
                series.exponent = channel.quantum.saturating_add(shift);
                series.runs.extend(self.runs(channel, assumed_time, period, gathered)?);
            } else {
                series.registers.extend(self.registers(channel, shift, period, gathered)?);
            }
        }
        series.runs.sort_by_key(|run| run.start);
        series.registers.sort_by_key(|register| register.reads.first().map(|read| read.at));
        join_exchanges(&mut series.registers);
        trim(&mut series.registers, period);
        Ok(series)
    }

    fn runs(
        &self,
        channel: &Channel,
        assumed_time: AssumedTime,
        period: TimeRange,
        gathered: &mut Gathered,
    ) -> Result<Vec<Values>, ReviewError> {
        let own = self.runtime.block_on(self.registry.directory())?.own_time(channel);
        let within = TimeRange { start: period.start.max(own.start), end: period.end.min(own.end) };
        if within.end <= within.start {
            return Ok(Vec::new());
        }
        let (start, end) = (within.start.as_second(), within.end.as_second());
        let history = self.readings.read(channel.number, start, end, AsOf::Now)?;
        gathered.findings.extend(history.damaged.iter().map(|damage| damaged(channel, damage)));
        let Ok(zone) = zone_of(&channel.zone) else {
            gathered.findings.push(Finding::new(
                0,
                channel.label.clone(),
                "usage.zone",
                "the channel has no valid zone",
            ));
            return Ok(Vec::new());
        };
        let length = channel.interval_seconds.unwrap_or_default();
        let own: BTreeSet<_> =
            history.days.iter().filter(|day| day.slot_seconds == length).map(|day| day.date).collect();
        let mut runs: Vec<Values> = Vec::new();
        // Where the length changed within a day, validation decided on the channel's own.
        for day in history.days.iter().filter(|day| day.slot_seconds == length || !own.contains(&day.date)) {
            gathered.plan_versions.extend(day.final_day.iter().map(|decided| decided.plan_version));
            let Some(day) = whole(day, &zone, length) else { continue };
            // A silent day of before the channel ended may lie beyond; who goes on from it has the values there.
            let day = self.as_treated(&day, &zone, assumed_time);
            if day.start < end && start < day.end() {
                append(&mut runs, &day);
            }
        }
        Ok(runs)
    }

    /// A day as decided, with the received values where this use accepts those of assumed meter time.
    fn as_treated(&self, day: &Day, zone: &TimeZone, assumed_time: AssumedTime) -> FullDay {
        let mut decided = FullDay::decided(&self.readings, day, zone);
        let received = FullDay::received(&self.readings, day, zone);
        for (at, status) in decided.statuses.iter_mut().enumerate() {
            if assumed_time.treated(*status) == Treated::Received {
                decided.values[at] = received.values[at];
                *status = received.statuses[at] | Status::ASSUMED_TIME;
            }
        }
        decided
    }

    fn registers(
        &self,
        channel: &Channel,
        shift: i8,
        period: TimeRange,
        gathered: &mut Gathered,
    ) -> Result<Vec<Reads>, ReviewError> {
        let around = TimeRange {
            start: period.start.saturating_sub(READS_AROUND).unwrap_or(period.start),
            end: period.end.saturating_add(READS_AROUND).unwrap_or(period.end),
        };
        let (start, end) = (around.start.as_second(), around.end.as_second());
        let history = self.readings.read(channel.number, start, end, AsOf::Now)?;
        gathered.findings.extend(history.damaged.iter().map(|damage| damaged(channel, damage)));
        let read = |read: &RegisterRead| {
            let at = Timestamp::from_second(read.at).ok()?;
            if let Some(decided) = history.final_reads.iter().find(|decided| of_read(decided, read)) {
                return Some(Read { at, value: usable(decided), status: decided.status });
            }
            let value = read.value.map(|value| Decimal::new(value, channel.quantum));
            let status = self.readings.quality(read.quality).map_or(Status::NONE, |quality| quality.status);
            Some(Read { at, value, status })
        };
        let standing = || history.registers.iter().filter(|read| read.is_standing());
        let sides = Sides::of(standing());
        let reads: Vec<(Read, Side)> = standing().filter_map(|one| Some((read(one)?, sides.of_read(one)))).collect();
        let dials = channel.dials.unwrap_or(UNKNOWN_DIALS);
        let directory = self.runtime.block_on(self.registry.directory())?;
        let multipliers = directory.multipliers(channel);
        let meters = self.meters(channel.usage_point)?;
        let parts = meters.iter().flat_map(|installed| installed.by_multiplier(&multipliers));
        let of_part = |part: Part<'_>| {
            let there = |(read, side): &&(Read, Side)| part.holds(read.at, *side);
            let reads: Vec<Read> = reads.iter().filter(there).map(|(read, _)| *read).collect();
            let Part { installed, counts_on, multiplier, .. } = part;
            let multiplier = Decimal::new(multiplier.digits, multiplier.exponent.saturating_add(shift));
            let meter = installed.meter.clone();
            (!reads.is_empty()).then_some(Reads { meter, counts_on, multiplier, dials, reads })
        };
        Ok(parts.filter_map(of_part).collect())
    }

    /// The meters of a usage point; one without name for ever where none is registered.
    fn meters(&self, usage_point: UsagePointId) -> Result<Vec<Installed>, ReviewError> {
        let mut meters = Vec::new();
        for link in self.links_of(usage_point.0)? {
            if link.relation == Relation::MeterAtUsagePoint && link.target == usage_point.0 {
                meters.push(Installed { meter: self.name_of(link.subject)?, from: link.from, to: link.to });
            }
        }
        if meters.is_empty() {
            meters.push(Installed { meter: String::new(), from: Timestamp::MIN, to: None });
        }
        Ok(meters)
    }
}

impl Installed {
    /// The time of the meter in parts of one multiplier, in order.
    fn by_multiplier(&self, multipliers: &[(Timestamp, Decimal)]) -> Vec<Part<'_>> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        for (from, multiplier) in multipliers {
            if self.to.is_some_and(|to| to <= *from) {
                break;
            }
            if let Some(before) = parts.last_mut() {
                before.changes_at = Some(*from);
            }
            parts.retain(|part| part.changes_at.is_none_or(|at| self.from < at));
            let counts_on = !parts.is_empty();
            let from = self.from.max(*from);
            parts.push(Part { installed: self, counts_on, from, changes_at: None, multiplier: *multiplier });
        }
        parts
    }
}

impl Part<'_> {
    /// Whether a read of an instant is one of the part: the one at a change of the multiplier belongs to both sides.
    fn holds(&self, at: Timestamp, side: Side) -> bool {
        let is_last = side == Side::MeterThatGoes;
        (self.from < at || self.from == at && !is_last)
            && self.installed.to.is_none_or(|to| at < to || at == to && is_last)
            && self.changes_at.is_none_or(|changes_at| at <= changes_at)
    }
}

impl Gathered {
    /// Lets a function see what was gathered as an account.
    pub(super) fn with_account<T>(&self, references: &[Reference<'_>], see: impl FnOnce(&Account<'_>) -> T) -> T {
        let runs: Vec<Vec<Run<'_>>> =
            self.series.iter().map(|one| one.runs.iter().map(Values::as_run).collect()).collect();
        let registers: Vec<Vec<Register<'_>>> =
            self.series.iter().map(|one| one.registers.iter().map(Reads::as_register).collect()).collect();
        let borrowed = self.series.iter().zip(runs.iter().zip(&registers));
        let channels: Vec<_> = borrowed
            .map(|(series, (runs, registers))| usage::Channel {
                name: &series.name,
                unit: &series.unit,
                exponent: series.exponent,
                runs,
                registers,
            })
            .collect();
        see(&Account { channels: &channels, references })
    }
}

impl Values {
    fn as_run(&self) -> Run<'_> {
        Run {
            start: self.start,
            length_seconds: self.length_seconds,
            values: &self.values,
            status: Status::NONE,
            exceptions: &self.statuses,
        }
    }

    fn end(&self) -> i64 {
        self.start.as_second() + i64::from(self.length_seconds) * self.values.len() as i64
    }

    fn push(&mut self, day: &FullDay) {
        for (value, status) in day.values.iter().zip(&day.statuses) {
            let at = self.values.len();
            self.values.push(*value);
            match self.statuses.last_mut() {
                _ if *status == Status::NONE => {}
                Some(last) if last.to == at && last.status == *status => last.to += 1,
                _ => self.statuses.push(StatusSpan { from: at, to: at + 1, status: *status }),
            }
        }
    }
}

impl Reads {
    fn as_register(&self) -> Register<'_> {
        Register { meter: &self.meter, multiplier: self.multiplier, dials: self.dials, reads: &self.reads }
    }
}

/// Whether a channel is one that a definition means.
pub(crate) fn fits(place: &ChannelPlace, channel: &Channel) -> bool {
    let of_type = |wanted: &SmolStr| channel.reading_type.to_string() == **wanted;
    (place.suffixes.is_empty() || place.suffixes.contains(&channel.suffix))
        && place.reading_type.as_ref().is_none_or(of_type)
}

/// The power of ten from one unit to another of the same quantity.
fn shift(from: &str, to: &str) -> Option<i8> {
    if from == to {
        return Some(0);
    }
    let ((from, unit), (to, wanted)) = (parse_unit(from)?, parse_unit(to)?);
    (unit == wanted).then(|| from.saturating_sub(to))
}

/// A stored day with all its slots, also where nothing of it arrived; `None` where it has none.
fn whole(day: &Day, zone: &TimeZone, length: u32) -> Option<Day> {
    if day.slot_seconds != 0 {
        return Some(day.clone());
    }
    let local = LocalDay::of(day.date, zone)?;
    let values = vec![NO_VALUE; local.slots(length)?.into()];
    Some(Day { day_start: local.range.start.as_second(), slot_seconds: length, values, ..day.clone() })
}

/// Adds a day at the end, to the run before where it goes on.
fn append(runs: &mut Vec<Values>, day: &FullDay) {
    let goes_on = |run: &&mut Values| run.end() == day.start && run.length_seconds == day.slot_seconds;
    if let Some(run) = runs.last_mut().filter(goes_on) {
        return run.push(day);
    }
    let Ok(start) = Timestamp::from_second(day.start) else { return };
    let mut run = Values { start, length_seconds: day.slot_seconds, values: Vec::new(), statuses: Vec::new() };
    run.push(day);
    runs.push(run);
}

/// Whether validation decided of this read.
fn of_read(decided: &FinalRead, read: &RegisterRead) -> bool {
    (decided.at.as_second(), decided.period_start.map(Timestamp::as_second)) == (read.at, read.period_start)
}

/// The final value of a read; `None` where a rule failed it and nothing took its place, so that it counts as missing.
fn usable(decided: &FinalRead) -> Option<Decimal> {
    decided.value.filter(|_| !decided.status.intersects(Status::FAILED | Status::ESTIMATE_NEEDED))
}

/// Lets the first read of each meter hold from the last of the one before. What one meter counted while its multiplier changed
/// is not left out that way.
fn join_exchanges(registers: &mut [Reads]) {
    let mut last: Option<Timestamp> = None;
    for register in registers {
        if let (Some(last), Some(first)) = (last, register.reads.first_mut())
            && !register.counts_on
            && last < first.at
            && first.at.duration_since(last) <= EXCHANGE
        {
            first.at = last;
        }
        last = register.reads.last().map(|read| read.at);
    }
}

/// Keeps the reads from the last at or before the period to the first at or after it.
fn trim(registers: &mut Vec<Reads>, period: TimeRange) {
    let moments = |registers: &[Reads]| -> Vec<Timestamp> {
        registers.iter().flat_map(|register| &register.reads).map(|read| read.at).collect()
    };
    let all = moments(registers);
    let first = all.iter().copied().filter(|at| *at <= period.start).max().unwrap_or(Timestamp::MIN);
    let last = all.iter().copied().filter(|at| period.end <= *at).min().unwrap_or(Timestamp::MAX);
    for register in registers.iter_mut() {
        register.reads.retain(|read| first <= read.at && read.at <= last);
    }
    registers.retain(|register| !register.reads.is_empty());
}

fn ambiguous(place: &ChannelPlace, channels: &[Channel]) -> Finding {
    let labels: Vec<&str> = channels.iter().map(|channel| channel.label.as_str()).collect();
    let message = format!(
        "{} fit channel `{}` of the definition, expected one with intervals; name a suffix or a reading type",
        labels.join(", "),
        place.name
    );
    Finding::new(0, format_smolstr!("channels.{}", place.name), "rate.ambiguous", message)
}

fn elsewhere(place: &ChannelPlace, refusal: &Refusal) -> Finding {
    let field = format_smolstr!("channels.{}.usage_point", place.name);
    Finding::new(0, field, "rate.usage_point", format!("{refusal}; register it or correct the definition"))
}

fn other_unit(channel: &Channel, unit: &str) -> Finding {
    let message =
        format!("the channel is in {}, which is not a unit like {unit}; correct the definition", channel.unit);
    Finding::new(0, channel.label.clone(), "usage.unit", message)
}

fn damaged(channel: &Channel, damage: &store::readings::Damage) -> Finding {
    let message = format!("{damage}; fetch the readings again, or settle the damage with `amity doctor`");
    Finding::new(0, channel.label.clone(), "usage.damaged", message)
}
