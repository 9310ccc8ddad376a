//! A utility as time goes on: what its head-ends have to say that they did not say before.
//!
//! A meter is read when an interval has ended, and one that cannot be reached from where it was left, once it can. Events are
//! told when their head-end knows of them. What the script does to readings under way is for whole days, see [`Collection`].
//!
//! [`Collection`]: crate::Collection

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use model::reading::ChannelReadings;
use model::time::TimeRange;

use crate::answer::{Answers, Asked, day_so_far};
use crate::collection::{due, meter_name};
use crate::dialect::{self, File};
use crate::happening::{Happening, Installed};
use crate::journey::every_seconds;
use crate::premises::HeadEnd;
use crate::utility::{Day, Utility};

/// From the end of an interval until its head-end has it.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(60);

/// How far everything is told.
#[derive(Debug)]
pub struct Live {
    /// The day on which the registers began.
    pub(crate) first: Date,
    /// From when on it is told as time goes on.
    pub(crate) begin: Timestamp,
    /// Until when it was told.
    pub(crate) told: Timestamp,
    /// Until when each meter was read.
    pub(crate) read: Vec<Timestamp>,
    /// What comes late of the days before.
    pub(crate) held_back: BTreeMap<Date, Vec<(HeadEnd, ChannelReadings)>>,
    pub(crate) held_back_events: BTreeMap<Date, Vec<Happening>>,
    /// How far the events of each head-end are numbered.
    pub(crate) numbers: BTreeMap<HeadEnd, u64>,
    /// How many files there were.
    pub(crate) files: u32,
}

impl Live {
    /// What the head-ends of the utility have to say at an instant, a file for each kind of it.
    pub fn until(&mut self, utility: &Utility, now: Timestamp) -> Vec<File> {
        let Some(day) = day_so_far(utility, now) else { return Vec::new() };
        let mut late: BTreeMap<HeadEnd, Vec<ChannelReadings>> = BTreeMap::new();
        for (head_end, piece) in due(&mut self.held_back, day.local.date) {
            late.entry(head_end).or_default().push(piece);
        }
        let mut happenings = due(&mut self.held_back_events, day.local.date);
        happenings.extend(self.happenings(utility, now));
        self.told = now;
        let mut files = Vec::new();
        for head_end in HeadEnd::ALL {
            if let Some(late) = late.get(&head_end) {
                files.push(dialect::file(head_end, late, &utility.script, &day, 1));
            }
            files.extend(self.readings(utility, head_end, now));
            files.extend(self.events(utility, head_end, &happenings, &day));
        }
        files.into_iter().map(|file| self.named(file, now)).collect()
    }

    /// A name that sorts by time after those of the days before.
    fn named(&mut self, file: File, now: Timestamp) -> File {
        self.files += 1;
        let ending = file.name.rsplit('.').next().unwrap_or_default();
        let name = format!("{}.{:06}.{ending}", now.strftime("%Y-%m-%dT%H%M%SZ"), self.files);
        File { name, ..file }
    }

    /// The readings of meters that can be reached, those together that were left at the same instant.
    fn readings(&mut self, utility: &Utility, head_end: HeadEnd, now: Timestamp) -> Vec<File> {
        let every = every_seconds(head_end);
        let ended = (now - UNDER_WAY).as_second().div_euclid(every) * every;
        let Ok(ended) = Timestamp::from_second(ended) else { return Vec::new() };
        let answers = Answers::new(utility, head_end, self.first);
        let mut left: BTreeMap<Timestamp, Vec<u32>> = BTreeMap::new();
        for (meter, read) in (0..).zip(&mut self.read) {
            let is_ours = || utility.premises(meter).head_end == head_end;
            if *read < ended && is_ours() && answers.is_reached(meter, now) {
                left.entry(std::mem::replace(read, ended)).or_default().push(meter);
            }
        }
        let file = |(start, meters): (Timestamp, Vec<u32>)| {
            let names: Vec<_> = meters.into_iter().map(|meter| meter_name(meter).value).collect();
            let asked = Asked::Read(TimeRange { start, end: ended });
            answers.file(names.iter().map(|name| name.as_str()), asked, ("live", now))
        };
        left.into_iter().filter_map(file).collect()
    }

    /// What head-ends came to know since the last time.
    fn happenings(&self, utility: &Utility, now: Timestamp) -> Vec<Happening> {
        let span = TimeRange { start: self.begin, end: now };
        let of_meter = |meter| {
            let premises = utility.premises(meter);
            let module = utility.module_of(meter, &premises);
            let clock = utility.clock(meter, &module, premises.head_end);
            let installed = Installed { meter, head_end: premises.head_end, module: &module, clock: &clock };
            utility.happenings(installed, span)
        };
        let of_collectors = utility.collectors().flat_map(|collector| utility.collector_happenings(collector, span));
        let all = (0..utility.settings.meters).flat_map(of_meter).chain(of_collectors);
        let is_new = |happening: &Happening| {
            let is_told = happening.head_end == HeadEnd::Cloud || utility.script.field.events_of_all;
            let reached = happening.journey.reached.filter(|_| is_told);
            reached.is_some_and(|reached| self.told < reached && reached <= now)
        };
        all.filter(is_new).collect()
    }

    /// The events of a head-end, numbered on.
    fn events(&mut self, utility: &Utility, head_end: HeadEnd, all: &[Happening], day: &Day) -> Option<File> {
        let number = self.numbers.entry(head_end).or_default();
        let numbered = all.iter().filter(|happening| happening.head_end == head_end).map(|happening| {
            *number += 1;
            (*number, happening.clone())
        });
        let events: Vec<_> = numbered.collect();
        (!events.is_empty()).then(|| dialect::events(head_end, &events, &utility.script, day, 1))
    }
}
