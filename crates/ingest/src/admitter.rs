//! Between a reader and a batch: resolves each piece of a message, checks it, places it.
//!
//! What cannot be admitted is collected by channel and reason, for quarantine.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::id::{ChannelNumber, UsagePointId};
use model::master::Channel;
use model::quality::Quality;
use model::reading::{ChannelReadings, IntervalRun, QualitySpan, RegisterRead, Values};
use model::time::TimeRange;
use smol_str::SmolStr;
use store::readings::{Batch, DayRun, NO_VALUE, QualityId, ReadingsBook, RegisterEntry};
use store::registry::directory::Directory;

use crate::admission::arrivals::{self, Arrival, Arrivals};
use crate::admission::{self, Lacking, Limits, OTHER_LENGTH, Positions, Scale, Target, ValuesAgain};
use crate::came_since::CameSince;
use crate::exchanged;
use crate::flags::FlagMap;
use crate::given_twice::{Given, VALUE_TWICE};
use crate::inventory::FINDINGS_MAX;
use crate::kept_first;
use crate::malformed::{self, ByCause};
use crate::placement::{Calendar, Piece, pieces};
use crate::registration::Unregistered;

/// Items of one channel that were not admitted for one reason.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// Position of the first such piece in its message.
    pub item: u32,
    /// The channel in the words of the message.
    pub channel: String,
    /// Why, and where in the input.
    pub finding: Finding,
    /// How many readings wait.
    pub readings: u64,
    /// Where they are intervals of another length than that of their channel: the channel, and from when to when they are.
    pub other_length: Option<(ChannelNumber, TimeRange)>,
}

/// Admits the pieces of one message into a batch.
pub struct Admitter<'a> {
    directory: &'a Directory,
    book: &'a ReadingsBook,
    limits: &'a Limits,
    source: &'a str,
    now: Timestamp,
    calendar: Calendar,
    placed: Placed<'a>,
    given: Given,
    positions: Positions,
    item: u32,
    /// What was admitted since it was last taken.
    pub batch: Batch,
    /// What was not admitted, by channel and reason.
    pub rejected: HashMap<(String, SmolStr), Rejected>,
    /// What readers left out.
    pub malformed: ByCause,
    came: CameSince,
    received: HashMap<UsagePointId, Arrivals>,
    unregistered: Unregistered,
    lacking: Lacking,
    /// The first findings that do not cost a reading.
    pub findings: Vec<Finding>,
    /// How many findings there were.
    pub findings_count: u64,
}

/// Buffers that are used again for every piece.
#[derive(Default)]
struct Placed<'a> {
    pieces: Vec<Piece>,
    values: Vec<i64>,
    qualities: Vec<(u16, u16, QualityId)>,
    known_qualities: HashMap<Quality, QualityId>,
    /// What the flags of the source mean.
    flags: Option<FlagMap<'a>>,
    /// The texts of flags that were told of.
    told_flags: HashSet<SmolStr>,
    /// What is to be told of it: flags met for the first time, values given twice.
    told: Vec<Finding>,
}

impl<'a> Admitter<'a> {
    /// An admitter for a message of `source`.
    pub fn new(
        directory: &'a Directory,
        book: &'a ReadingsBook,
        limits: &'a Limits,
        source: &'a str,
        now: Timestamp,
    ) -> Self {
        Self {
            directory,
            book,
            limits,
            source,
            now,
            calendar: Calendar::default(),
            placed: Placed::default(),
            given: Given::default(),
            positions: Positions::default(),
            item: 0,
            batch: Batch::default(),
            rejected: HashMap::new(),
            malformed: ByCause::new(),
            came: CameSince::default(),
            received: HashMap::new(),
            unregistered: Unregistered::default(),
            lacking: Lacking::default(),
            findings: Vec::new(),
            findings_count: 0,
        }
    }

    /// The same, for a source whose flags become statuses.
    #[must_use]
    pub fn with_flags(mut self, flags: Option<FlagMap<'a>>) -> Self {
        self.placed.flags = flags;
        self
    }

    /// The same, with why channels of the message could not be registered.
    #[must_use]
    pub fn with_unregistered(mut self, unregistered: Unregistered) -> Self {
        self.unregistered = unregistered;
        self
    }

    /// The same, with the usage points of which the message leaves out channels that may not be missing.
    #[must_use]
    pub fn with_lacking(mut self, lacking: Lacking) -> Self {
        self.lacking = lacking;
        self
    }

    /// The same, for a message that arrived before, at a moment in epoch microseconds.
    #[must_use]
    pub fn first_received_at(mut self, moment: Option<i64>) -> Self {
        self.batch.first_received_at = moment;
        self
    }

    /// What was admitted since it was last taken.
    pub fn take_batch(&mut self) -> Batch {
        self.given = Given::default();
        let first_received_at = self.batch.first_received_at;
        let batch = std::mem::take(&mut self.batch);
        self.batch.first_received_at = first_received_at;
        batch
    }

    /// Admits one piece of a message, or notes why not.
    pub fn admit(&mut self, readings: &ChannelReadings) {
        self.item += 1;
        let at = admission::span(readings).map_or(self.now, |(first, _)| first);
        let channel = match exchanged::resolve(self.directory, readings, at) {
            Ok(channel) => channel,
            Err(reason) => {
                let finding = match self.unregistered.why(&readings.channel) {
                    Some(contradiction) => admission::not_registered(readings, contradiction),
                    None => admission::unknown_point(readings, &reason),
                };
                return self.reject(readings, finding);
            }
        };
        let meter = registered_meter(self.directory, channel, readings, at);
        let usage_point = channel.usage_point;
        let target = Target {
            channel,
            states: self.directory.states(usage_point),
            owner: admission::owner(self.directory, usage_point, readings, self.source),
            meter: meter.as_deref(),
        };
        // What is refused came all the same and leaves no hole.
        let out_of_order = self.positions.add(channel, readings);
        let findings = admission::check(readings, &target, self.limits, self.source, self.now);
        let (blocking, told): (Vec<Finding>, Vec<Finding>) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Error);
        if let Some(blocking) = blocking.iter().find(|finding| finding.code != admission::NUMBER) {
            self.reject(readings, blocking.clone());
            return self.note_other_length(readings, blocking, channel.number);
        }
        if let Some(lacking) = self.lacking.of(usage_point).cloned() {
            return self.reject(readings, Finding { line: readings.line, ..lacking });
        }
        let parts = match blocking.first() {
            None => Cow::Borrowed(std::slice::from_ref(readings)),
            Some(wrong) => {
                let parts = admission::parted(readings, channel, self.limits);
                parts.iter().filter(|(fits, _)| !fits).for_each(|(_, part)| self.reject(part, wrong.clone()));
                parts.into_iter().filter_map(|(fits, part)| fits.then_some(part)).collect()
            }
        };
        told.into_iter().for_each(|finding| self.note(finding));
        if (self.limits.report_missing_siblings || self.limits.report_short_spans)
            && let Some((start, end)) = admission::span(readings)
        {
            let arrival = Arrival { interval_seconds: channel.interval_seconds, start, end };
            arrivals::add(self.received.entry(usage_point).or_default(), &channel.label, arrival);
        }
        for part in parts.iter() {
            if let Err(finding) = self.place(part, channel) {
                self.reject(part, finding);
            }
        }
        let told = std::mem::take(&mut self.placed.told);
        // What is given twice with different values is told with these values.
        let is_told = told.iter().any(|finding| finding.code == VALUE_TWICE);
        let is_asked = |finding: &Finding| self.limits.report_missing_values || finding.severity != Severity::Note;
        out_of_order.filter(|finding| !is_told && is_asked(finding)).into_iter().for_each(|finding| self.note(finding));
        for finding in told {
            self.note(Finding { line: readings.line, ..finding });
        }
    }

    /// Notes what the message as a whole lacks (V08, V09, V13, V15); for its end.
    pub fn note_whole_message(&mut self) {
        if self.limits.report_missing_values {
            std::mem::take(&mut self.positions).holes().into_iter().for_each(|finding| self.note(finding));
        }
        for (usage_point, received) in std::mem::take(&mut self.received) {
            let name = self.directory.usage_point_names(usage_point).first().map_or("?", |name| name.value.as_str());
            if self.limits.report_short_spans {
                let short = admission::short_spans(name, &received, self.limits.span_hours_min);
                short.into_iter().for_each(|finding| self.note(finding));
            }
            if self.limits.report_missing_siblings {
                let channels = self.directory.of_usage_point(usage_point);
                let registered: Vec<_> = channels.map(|channel| channel.label.clone()).collect();
                let apart = admission::siblings_of_other_periods(name, &received);
                let missing = admission::missing_channels(name, &received, &registered);
                apart.into_iter().chain(missing).for_each(|finding| self.note(finding));
            }
        }
    }

    /// Notes a finding of the reader; what it left out waits, unless the message came before and its source sent that since.
    ///
    /// What a flag means that the reader does not know is told by the status map of the source, where one is bound to it.
    pub fn note_read(&mut self, finding: Finding) {
        if let (Some(flag), Some(flags)) = (&finding.unknown_flag, &self.placed.flags) {
            let told =
                if self.placed.told_flags.insert(flag.as_ref().clone()) { flags.told_of(flag) } else { Vec::new() };
            return told.into_iter().for_each(|told| self.note(Finding { line: finding.line, ..told }));
        }
        if let Some(left_out) = &finding.left_out
            && let Ok(channel) = self.directory.resolve(&left_out.channel, left_out.from)
        {
            self.positions.leave_out(channel, left_out.from, left_out.to);
        }
        if finding.severity == Severity::Error && !self.came_since(&finding) {
            let item = &mut self.item;
            malformed::note(&mut self.malformed, &finding, || {
                *item += 1;
                *item
            });
        }
        self.note(finding);
    }

    fn came_since(&mut self, finding: &Finding) -> bool {
        let Some((left_out, moment)) = finding.left_out.as_ref().zip(self.batch.first_received_at) else {
            return false;
        };
        self.came.is_there(left_out, self.directory, self.book, moment)
    }

    /// Notes a finding that does not cost a reading.
    pub fn note(&mut self, finding: Finding) {
        self.findings_count += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
    }

    fn reject(&mut self, readings: &ChannelReadings, finding: Finding) {
        let count = match &readings.values {
            Values::Intervals(run) => run.values.len(),
            Values::Registers(reads) => reads.len(),
        } as u64;
        let label = readings.channel.label();
        self.rejected
            .entry((label.clone(), finding.code.clone()))
            .and_modify(|rejected| rejected.readings += count)
            .or_insert(Rejected { item: self.item, channel: label, finding, readings: count, other_length: None });
    }

    /// Notes for which time of a channel values of another length were rejected.
    fn note_other_length(&mut self, readings: &ChannelReadings, finding: &Finding, channel: ChannelNumber) {
        let span = admission::span(readings).filter(|_| finding.code == OTHER_LENGTH);
        let rejected = self.rejected.get_mut(&(readings.channel.label(), finding.code.clone()));
        if let (Some((start, end)), Some(rejected)) = (span, rejected) {
            let (_, known) = rejected.other_length.unwrap_or((channel, TimeRange { start, end }));
            let range = TimeRange { start: known.start.min(start), end: known.end.max(end) };
            rejected.other_length = Some((channel, range));
        }
    }

    fn place(&mut self, readings: &ChannelReadings, channel: &Channel) -> Result<(), Finding> {
        let at_line = |code: &'static str, message: String| Finding::new(readings.line, "time", code, message);
        let scale = Scale::of(readings, channel)
            .ok_or_else(|| Finding::new(readings.line, "unit", "V06", "the unit does not fit the channel"))?;
        let revision = readings.revision.map(Timestamp::as_second);
        match &readings.values {
            Values::Intervals(run) => {
                let zone =
                    self.calendar.zone(&channel.zone).map_err(|error| at_line("zone.unknown", error.to_string()))?;
                pieces(zone, run.start.as_second(), run.length_seconds, run.values.len(), &mut self.placed.pieces)
                    .map_err(|error| at_line("V08", error.to_string()))?;
                self.placed.scale_values(run, scale).map_err(|error| at_line("V10", error))?;
                if self.limits.values_again == ValuesAgain::Keep {
                    let placed = (&self.placed.pieces[..], &self.placed.values[..]);
                    kept_first::of_run(self.book, channel, placed).map_err(|other| at_line("V12", other))?;
                }
                for at in 0..self.placed.pieces.len() {
                    let piece = self.placed.pieces[at];
                    self.placed.place_qualities(self.book, &run.qualities, &piece);
                    let day_run = DayRun {
                        channel: channel.number,
                        date: piece.day.date,
                        day_start: piece.day.start,
                        slots: piece.slots,
                        slot_seconds: run.length_seconds,
                        first: piece.first,
                        values: &self.placed.values[piece.from..piece.to],
                        qualities: &self.placed.qualities,
                        revision,
                    };
                    self.batch.push_run(&day_run).map_err(|error| at_line("V08", error.to_string()))?;
                    let twice = self.given.intervals(channel, &day_run, readings.line);
                    self.placed.told.extend(twice);
                }
            }
            Values::Registers(reads) => {
                let openings = exchanged::openings(self.directory, channel, readings);
                let entries = reads.iter().map(|read| {
                    let entry = self.register_entry(channel.number, read, scale, revision)?;
                    let opens = openings.contains(&read.at).then_some(entry.at);
                    Ok(RegisterEntry { period_start: entry.period_start.or(opens), ..entry })
                });
                let entries: Result<Vec<_>, _> = entries.collect();
                let entries = entries.map_err(|error| at_line("V10", error))?;
                if self.limits.values_again == ValuesAgain::Keep {
                    kept_first::of_reads(self.book, channel, &entries).map_err(|other| at_line("V12", other))?;
                }
                for entry in entries {
                    self.batch.push_register(&entry).map_err(|error| at_line("V08", error.to_string()))?;
                    let twice = self.given.read(channel, &entry, readings.line);
                    self.placed.told.extend(twice);
                }
            }
        }
        Ok(())
    }

    fn register_entry(
        &mut self,
        channel: ChannelNumber,
        read: &RegisterRead,
        scale: Scale,
        revision: Option<i64>,
    ) -> Result<RegisterEntry, String> {
        let value = read.value.map(|value| scale.stored(value.digits, value.exponent)).transpose();
        Ok(RegisterEntry {
            channel,
            at: read.at.as_second(),
            period_start: read.period_start.map(Timestamp::as_second),
            value: value.map_err(|error| error.to_string())?,
            quality: self.placed.quality_id(self.book, &read.quality),
            revision,
        })
    }
}

impl Placed<'_> {
    fn scale_values(&mut self, run: &IntervalRun, scale: Scale) -> Result<(), String> {
        self.values.clear();
        if let Some(factor) = scale.factor(run.exponent) {
            // Plain multiplication for the usual case; an overflow shows as `None` and is named below.
            let scaled = run.values.iter().map(|value| match *value {
                IntervalRun::MISSING => Some(NO_VALUE),
                value => value.checked_mul(factor),
            });
            for value in scaled {
                self.values.push(value.ok_or("a value is too large for the quantum of the channel")?);
            }
            return Ok(());
        }
        for value in &run.values {
            self.values.push(match *value {
                IntervalRun::MISSING => NO_VALUE,
                value => scale.stored(value, run.exponent).map_err(|error| error.to_string())?,
            });
        }
        Ok(())
    }

    /// The spans of a run that lie in a piece, as slots of its day.
    fn place_qualities(&mut self, book: &ReadingsBook, spans: &[QualitySpan], piece: &Piece) {
        self.qualities.clear();
        for span in spans {
            let from = piece.from.max(span.from as usize);
            let to = piece.to.min(span.to as usize);
            if to <= from {
                continue;
            }
            let slot = |position: usize| u16::try_from(position - piece.from).map(|offset| piece.first + offset);
            if let (Ok(from), Ok(to)) = (slot(from), slot(to)) {
                let quality = self.quality_id(book, &span.quality);
                if quality != QualityId::default() {
                    self.qualities.push((from, to, quality));
                }
            }
        }
    }

    fn quality_id(&mut self, book: &ReadingsBook, quality: &Quality) -> QualityId {
        if let Some(id) = self.known_qualities.get(quality) {
            return *id;
        }
        let id = match &self.flags {
            Some(flags) => {
                let (meant, told) = flags.meant(quality);
                if self.told_flags.insert(quality.flag.clone()) {
                    self.told.extend(told);
                }
                book.quality_id(&meant)
            }
            None => book.quality_id(quality),
        };
        self.known_qualities.insert(quality.clone(), id);
        id
    }
}

/// The registered meter to hold against the one a message names (V14): the same one where it is there.
fn registered_meter(
    directory: &Directory,
    channel: &Channel,
    readings: &ChannelReadings,
    at: Timestamp,
) -> Option<SmolStr> {
    let named = &readings.channel.meter.as_ref()?.value;
    let mut registered = None;
    for meter in exchanged::meters(directory, channel, readings, at) {
        for name in directory.meter_names(meter) {
            if &name.value == named {
                return Some(named.clone());
            }
            registered.get_or_insert_with(|| name.value.clone());
        }
    }
    registered
}
