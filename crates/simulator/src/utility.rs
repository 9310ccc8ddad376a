//! The whole of it: meters at a network under one sky, and a script of what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::time::{LocalDay, TimeRange};

use crate::load::{Flow, Quarter, flow};
use crate::network::{Lost, Network, UnknownElement};
use crate::plant::Plant;
use crate::premises::{HeadEnd, Premises};
use crate::script::{CollectorNumber, Fault, MeterNumber, Script};
use crate::weather::Sky;

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
    pub(crate) plant: Plant,
}

/// Why a script does not fit a utility.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It opens a device that the network does not have.
    #[error(transparent)]
    Element(#[from] UnknownElement),
    /// It names a meter that there is not.
    #[error("there is no meter {0}; the last of {1} is {last}", last = MeterNumber(.1.saturating_sub(1)))]
    Meter(MeterNumber, u32),
    /// It names a collector that there is not.
    #[error("there is no collector {0}; see `collector` in premises.csv of a run without faults")]
    Collector(CollectorNumber),
}

/// A local day and its quarter-hours.
#[derive(Clone, Debug)]
pub struct Day {
    /// The day.
    pub local: LocalDay,
    /// Its quarter-hours: 92, 96 or 100 of them.
    pub quarters: Vec<Quarter>,
    /// The weather over each of them.
    pub skies: Vec<Sky>,
}

impl Utility {
    /// A utility at a network; meters are spread evenly over its loads.
    ///
    /// # Errors
    /// [`Unfit`] where the script names a device, a meter or a collector that there is not.
    pub fn new(settings: Settings, network: &Network, script: Script) -> Result<Self, Unfit> {
        let dark = dark_times(network, &script)?;
        let loads = network.loads().map(str::to_owned).collect();
        let mut utility = Self { settings, script, loads, dark, plant: Plant::default() };
        utility.check()?;
        utility.plant = utility.plant();
        Ok(utility)
    }

    /// Whether the script names meters and collectors that there are.
    fn check(&self) -> Result<(), Unfit> {
        let meters = self.settings.meters;
        if let Some(unknown) = self.script.fault.iter().filter_map(Fault::meter).find(|meter| meters <= meter.0) {
            return Err(Unfit::Meter(unknown, meters));
        }
        let known: BTreeSet<_> = self.collectors().collect();
        let unknown = self.script.fault.iter().filter_map(Fault::collector).find(|named| !known.contains(named));
        unknown.map_or(Ok(()), |unknown| Err(Unfit::Collector(unknown)))
    }

    /// The zone of a meter: the last meters by number may lie in another.
    pub fn zone(&self, meter: u32) -> &TimeZone {
        match &self.script.west {
            Some(west) if self.first_in_the_west(west.per_mille) <= meter => &west.zone,
            _ => &self.settings.zone,
        }
    }

    fn first_in_the_west(&self, per_mille: u16) -> u32 {
        let meters = u64::from(self.settings.meters);
        u32::try_from(meters - meters * u64::from(per_mille) / 1000).unwrap_or(u32::MAX)
    }

    /// Its zones: the usual one first.
    pub fn zones(&self) -> impl Iterator<Item = &TimeZone> {
        [Some(&self.settings.zone), self.script.west.as_ref().map(|west| &west.zone)].into_iter().flatten()
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

    /// A day of the utility in its usual zone; `None` outside the years of the calendar, and where the clock changes by
    /// half an hour: some head-ends send hours, and such a day is no whole number of them.
    pub fn day(&self, date: Date) -> Option<Day> {
        self.day_in(&self.settings.zone, date)
    }

    /// The same in another of its zones.
    pub fn day_in(&self, zone: &TimeZone, date: Date) -> Option<Day> {
        let local = LocalDay::of(date, zone).filter(|day| day.slots(4 * QUARTER_SECONDS).is_some())?;
        let length = i64::from(QUARTER_SECONDS);
        let first = local.range.start.as_second();
        let quarter = |slot: u16| {
            let start = first + i64::from(slot) * length;
            let hour = Timestamp::from_second(start).ok()?.to_zoned(zone.clone()).hour();
            Some(Quarter { date, hour, number: start.div_euclid(length) })
        };
        let quarters = (0..local.slots(QUARTER_SECONDS)?).map(quarter).collect::<Option<Vec<_>>>()?;
        let skies = quarters.iter().map(|quarter| Sky::over(self.settings.seed, date, quarter.hour)).collect();
        Some(Day { local, quarters, skies })
    }

    /// What truly passed a meter in each quarter-hour of a day.
    pub fn truth(&self, meter: u32, day: &Day) -> Vec<Flow> {
        self.passed(meter, &self.premises(meter), day).0
    }

    /// What passed a meter in each quarter-hour of a day, and how many Wh passed by it.
    pub(crate) fn passed(&self, meter: u32, premises: &Premises, day: &Day) -> (Vec<Flow>, i64) {
        let dark = self.dark(meter);
        let stolen: Vec<_> = self.script.of_meter(meter).filter_map(bypass).collect();
        let mut by = 0;
        let of = |(start, (quarter, sky)): (i64, (&Quarter, &Sky))| {
            let full = flow(self.settings.seed, meter, premises, *quarter, *sky);
            let part = match Self::lit_seconds(dark, start) {
                lit if lit == i64::from(QUARTER_SECONDS) => full,
                lit => {
                    let part = |quantity: i64| quantity * lit / i64::from(QUARTER_SECONDS);
                    Flow { delivered: part(full.delivered), received: part(full.received) }
                }
            };
            let began = |span: &TimeRange| (span.start.as_second()..span.end.as_second()).contains(&start);
            let share = stolen.iter().filter(|(span, _)| began(span)).map(|(_, share)| *share).max().unwrap_or(0);
            let unmetered = part.delivered * share / 1000;
            by += unmetered;
            Flow { delivered: part.delivered - unmetered, ..part }
        };
        let first = day.local.range.start.as_second();
        let starts = (0..).map(|slot| first + slot * i64::from(QUARTER_SECONDS));
        let flows = starts.zip(day.quarters.iter().zip(&day.skies)).map(of).collect();
        (flows, by)
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

/// When energy passes by a meter, and how much of a thousand.
fn bypass(fault: &Fault) -> Option<(TimeRange, i64)> {
    match fault {
        Fault::Bypass { per_mille, .. } => Some((fault.span(), (*per_mille).into())),
        _ => None,
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
        assert_eq!(refused.map(drop), Err(Unfit::Element(UnknownElement("line.none".into()))));
    }
}
