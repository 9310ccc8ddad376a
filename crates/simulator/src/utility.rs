//! The whole of it: meters at a network under one sky, and a script of what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::{LocalDay, TimeRange};

use crate::load::{Flow, Quarter, flow};
use crate::network::{Lost, Network, UnknownElement};
use crate::premises::{HeadEnd, Premises};
use crate::script::Script;

/// Seconds of the finest interval.
pub const QUARTER_SECONDS: u32 = 900;
/// Meters behind a made-up transformer, and transformers behind a made-up fuse.
const PER_TRANSFORMER: u32 = 8;
const PER_FUSE: u32 = 10;

/// What a utility is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How many meters there are, numbered from 0.
    pub meters: u32,
    /// Its zone; its days begin at midnight there.
    pub zone: TimeZone,
    /// Who collects every meter; each falls to one of them where none is named.
    pub head_end: Option<HeadEnd>,
}

/// A utility that can be asked what was true.
#[derive(Clone, Debug)]
pub struct Utility {
    pub(crate) settings: Settings,
    pub(crate) script: Script,
    /// The loads of the network that meters are spread over.
    loads: Vec<String>,
    /// When each load was dark, and never twice at once.
    dark: BTreeMap<String, Vec<TimeRange>>,
}

/// A local day and its quarter-hours.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day.
    pub local: LocalDay,
    /// Its quarter-hours: 92, 96 or 100 of them.
    pub quarters: Vec<Quarter>,
}

impl Utility {
    /// A utility at a network; meters are spread evenly over its loads.
    ///
    /// # Errors
    /// [`UnknownElement`] where the script opens a device that the network does not have.
    pub fn new(settings: Settings, network: &Network, script: Script) -> Result<Self, UnknownElement> {
        let dark = dark_times(network, &script)?;
        Ok(Self { settings, script, loads: network.loads().map(str::to_owned).collect(), dark })
    }

    /// What it is made of.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The premises of a meter by number.
    pub fn premises(&self, meter: u32) -> Premises {
        let premises = Premises::of(self.settings.seed, meter);
        Premises { head_end: self.settings.head_end.unwrap_or(premises.head_end), ..premises }
    }

    /// A day of the utility; `None` outside the years of the calendar, and where the clock changes by half an hour: some
    /// head-ends send hours, and such a day is no whole number of them.
    pub fn day(&self, date: Date) -> Option<Day> {
        let local = LocalDay::of(date, &self.settings.zone).filter(|day| day.slots(4 * QUARTER_SECONDS).is_some())?;
        let length = i64::from(QUARTER_SECONDS);
        let first = local.range.start.as_second();
        let quarter = |slot: u16| {
            let start = first + i64::from(slot) * length;
            let hour = Timestamp::from_second(start).ok()?.to_zoned(self.settings.zone.clone()).hour();
            Some(Quarter { date, hour, number: start.div_euclid(length) })
        };
        let quarters = (0..local.slots(QUARTER_SECONDS)?).map(quarter).collect::<Option<_>>()?;
        Some(Day { local, quarters })
    }

    /// What truly passed a meter in each quarter-hour of a day.
    pub fn truth(&self, meter: u32, day: &Day) -> Vec<Flow> {
        let premises = self.premises(meter);
        let dark = self.dark(meter);
        let of = |(slot, quarter): (i64, &Quarter)| {
            let full = flow(self.settings.seed, meter, &premises, *quarter);
            match Self::lit_seconds(dark, day.local.range.start.as_second() + slot * i64::from(QUARTER_SECONDS)) {
                lit if lit == i64::from(QUARTER_SECONDS) => full,
                lit => {
                    let part = |quantity: i64| quantity * lit / i64::from(QUARTER_SECONDS);
                    Flow { delivered: part(full.delivered), received: part(full.received) }
                }
            }
        };
        (0..).zip(&day.quarters).map(of).collect()
    }

    /// When a meter was without power.
    pub fn dark(&self, meter: u32) -> &[TimeRange] {
        let load = usize::try_from(meter).unwrap_or(0) * self.loads.len() / self.settings.meters.max(1) as usize;
        self.loads.get(load).and_then(|load| self.dark.get(load)).map_or(&[], Vec::as_slice)
    }

    /// How long there was power in the quarter-hour that begins at an instant (epoch seconds).
    fn lit_seconds(dark: &[TimeRange], start: i64) -> i64 {
        let end = start + i64::from(QUARTER_SECONDS);
        let within = |span: &TimeRange| span.end.as_second().min(end) - span.start.as_second().max(start);
        end - start - dark.iter().map(|span| within(span).max(0)).sum::<i64>()
    }
}

/// When the loads of a network are without any phase, each load's times in order and apart.
fn dark_times(network: &Network, script: &Script) -> Result<BTreeMap<String, Vec<TimeRange>>, UnknownElement> {
    let mut instants: Vec<Timestamp> = script.opened().flat_map(|(_, span)| [span.start, span.end]).collect();
    instants.sort_unstable();
    instants.dedup();
    let mut times: BTreeMap<String, Vec<TimeRange>> = BTreeMap::new();
    for pair in instants.windows(2) {
        let span = TimeRange { start: pair[0], end: pair[1] };
        let open: BTreeSet<&str> =
            script.opened().filter(|(_, opened)| opened.contains(span.start)).map(|(element, _)| element).collect();
        for (load, _) in network.dark(&open)?.into_iter().filter(|(_, lost)| *lost == Lost::All) {
            let spans = times.entry(load.to_owned()).or_default();
            match spans.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => spans.push(span),
            }
        }
    }
    Ok(times)
}

impl Network {
    /// A network for so many meters: transformers `transformer.N` of eight meters, ten of them behind each `line.fuseN`.
    pub fn made_up(meters: u32) -> Self {
        let transformers = meters.div_ceil(PER_TRANSFORMER).max(1);
        let mut edges = String::from("element,bus_a,bus_b,node_pairs,normally_open\n");
        let mut customers = String::from("load,bus,nodes\n");
        let line = |text: std::fmt::Arguments<'_>, table: &mut String| {
            table.write_fmt(text).expect("a text grows");
        };
        for fuse in 1..=transformers.div_ceil(PER_FUSE) {
            line(format_args!("line.fuse{fuse},source,street{fuse},1-1 2-2 3-3,0\n"), &mut edges);
        }
        for number in 1..=transformers {
            let (street, phase) = ((number - 1) / PER_FUSE + 1, number % 3 + 1);
            line(format_args!("transformer.{number},street{street},house{number},{phase}-1 {phase}-2,0\n"), &mut edges);
            line(format_args!("{number:06},house{number},1.2\n"), &mut customers);
        }
        Self::read(&edges, &customers, "source").expect("the tables above are whole")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn utility(zone: &str, script: &str) -> Utility {
        let zone = TimeZone::get(zone).expect("a zone");
        let settings = Settings { seed: 7, meters: 160, zone, head_end: None };
        Utility::new(settings, &Network::made_up(160), script.parse().expect("a script")).expect("a utility")
    }

    #[test]
    fn days_have_the_quarters_of_their_clock() {
        let utility = utility("America/Toronto", "");
        let hours = |date| -> Vec<i8> {
            let day = utility.day(date).expect("a day");
            day.quarters.chunks(4).map(|hour| hour[0].hour).collect()
        };
        assert_eq!(hours(date(2026, 3, 8))[..4], [0, 1, 3, 4], "the clock jumps from two to three");
        assert_eq!(hours(date(2026, 11, 1))[..4], [0, 1, 1, 2], "one o'clock comes twice");
        assert_eq!(utility.day(date(2026, 11, 1)).expect("a day").quarters.len(), 100);
        let half_an_hour = self::utility("Australia/Lord_Howe", "").day(date(2026, 4, 5));
        assert!(half_an_hour.is_none(), "24.5 hours");
    }

    #[test]
    fn nothing_passes_without_power() {
        // Fuse 1 feeds transformers 1 to 10, which are meters 0 to 79.
        let open = "[[fault]]\nkind = \"open\"\nelement = \"line.fuse1\"\n\
                    from = \"2026-02-03T14:05:00Z\"\nto = \"2026-02-03T16:00:00Z\"";
        let (whole, cut) = (utility("UTC", ""), utility("UTC", open));
        let day = cut.day(date(2026, 2, 3)).expect("a day");
        let of = |utility: &Utility, meter| -> Vec<i64> {
            utility.truth(meter, &day).iter().map(|flow| flow.delivered).collect()
        };
        let (before, after) = (of(&whole, 79), of(&cut, 79));
        assert_eq!(after[56], before[56] * 300 / 900, "five minutes of the quarter from 14:00");
        assert!(after[57..64].iter().all(|delivered| *delivered == 0));
        assert_eq!((&after[..56], &after[64..]), (&before[..56], &before[64..]));
        assert_eq!(of(&whole, 80), of(&cut, 80), "behind another fuse");
    }

    #[test]
    fn times_without_power_that_overlap_are_one() {
        let open = |element: &str, from: &str, to: &str| {
            format!(
                "[[fault]]\nkind = \"open\"\nelement = \"{element}\"\n\
                 from = \"2026-02-03T{from}:00Z\"\nto = \"2026-02-03T{to}:00Z\"\n"
            )
        };
        let utility =
            utility("UTC", &(open("line.fuse1", "14:00", "16:00") + &open("transformer.1", "15:00", "17:00")));
        let minutes = |meter| -> Vec<i64> { utility.dark(meter).iter().map(|span| span.seconds() / 60).collect() };
        assert_eq!((minutes(0), minutes(8), minutes(80)), (vec![180], vec![120], vec![]));
        let unknown = "[[fault]]\nkind = \"open\"\nelement = \"line.none\"\n\
                       from = \"2026-02-03T14:05:00Z\"\nto = \"2026-02-03T16:00:00Z\"";
        let script = unknown.parse().expect("a script");
        let refused = Utility::new(utility.settings.clone(), &Network::made_up(160), script);
        assert_eq!(refused.map(drop), Err(UnknownElement("line.none".into())));
    }
}
