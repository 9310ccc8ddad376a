//! `amity head-ends`: how collecting goes.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use headend::clock::Offset;
use ingest::collector::{self, Health, State};
use ingest::feeds::FeedStatus;
use serde::Serialize;

use crate::clock;
use crate::head_ends::look;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;
use crate::settings::{HeadEnd, Kind};

/// Show the head-ends of the settings: how collecting from each goes while `amity serve` runs, and where it goes on.
///
/// Exits with 1 where one is in trouble.
#[derive(Debug, Args)]
pub struct HeadEnds {
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Let collecting go on after a position, where a head-end does not know the one it had any more.
    GoOn {
        /// The head-end.
        name: String,
        /// The position after which it goes on; what lies before is not asked for again.
        #[arg(long, value_name = "POSITION")]
        after: String,
        /// Your name.
        #[arg(long = "as", value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
}

/// A head-end, for people and programs.
#[derive(Debug, Serialize)]
struct Told {
    name: String,
    kind: &'static str,
    place: String,
    /// Where it goes on.
    position: Option<String>,
    /// How collecting goes; null while nothing serves.
    health: Option<Health>,
    /// Up to when everything of it has come, and how far its clock is off.
    feed: Option<FeedStatus>,
}

impl HeadEnds {
    /// Asks whoever serves and prints.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        if let Some(Action::GoOn { name, after, by, note }) = &self.action {
            return go_on(&installation, (name, after), (by, note));
        }
        let healths = installation.head_ends.get().map(look).unwrap_or_default();
        let now = clock::now();
        let feeds = installation.events_lane()?.feeds().look(now);
        let told: Vec<Told> =
            installation.settings.head_ends.iter().map(|of| told(of, &installation, &healths, &feeds)).collect();
        if self.json {
            output::print_json(&told)?;
        } else if told.is_empty() {
            output::print("no head-end is set; [[head_end]] in amity.toml says how")?;
        } else {
            told.iter().try_for_each(|one| output::print(&text(one)))?;
        }
        let in_trouble = |health: &Health| matches!(health.state, State::Down | State::Refused | State::NotStored);
        let any = told.iter().filter_map(|one| one.health.as_ref()).any(in_trouble);
        Ok(ExitCode::from(u8::from(any)))
    }
}

fn go_on(
    installation: &Installation,
    (name, after): (&str, &str),
    (by, note): (&str, &str),
) -> Result<ExitCode, Failure> {
    if installation.settings.head_ends.iter().all(|of| of.name != name) {
        return Err(Failure::Usage(format!("there is no head-end `{name}`; `amity head-ends` shows those there are")));
    }
    let readings = &installation.books.readings;
    let before = readings.position(name).unwrap_or_default();
    collector::go_on(readings, (name, after), (by, note), clock::now())
        .map_err(|error| Failure::work("could not keep the position", error))?;
    output::print(&format!("{name} goes on after {after}; it was at `{before}`"))?;
    Ok(ExitCode::SUCCESS)
}

fn told(of: &HeadEnd, installation: &Installation, healths: &[Health], feeds: &[FeedStatus]) -> Told {
    let (kind, place) = of.kind().map(Kind::place).unwrap_or(("none", String::new()));
    Told {
        name: of.name.clone(),
        kind,
        place,
        position: installation.books.readings.position(&of.name),
        health: healths.iter().find(|health| health.name == of.name).cloned(),
        feed: feeds.iter().find(|feed| feed.name == of.name).cloned(),
    }
}

fn text(told: &Told) -> String {
    let mut lines = vec![format!("{}: {} {}", told.name, told.kind, told.place)];
    match &told.health {
        None => lines.push("  not collected from: `amity serve` does not run".into()),
        Some(health) => {
            let why = health.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            lines.push(format!("  {} since {}{why}", word(health.state), health.since.strftime("%F %R UTC")));
            let (deliveries, stored) = (grouped(health.deliveries), grouped(health.stored));
            let refused = if health.refused == 0 { String::new() } else { format!(", {} refused", health.refused) };
            lines.push(format!("  {deliveries} deliveries{refused}, {stored} readings stored since it serves"));
            lines.extend(health.caught_up_at.map(|at| format!("  all that it had until {}", at.strftime("%F %R UTC"))));
            if let (Some(last), Some(at)) = (&health.last_delivery, health.delivered_at) {
                lines.push(format!("  last: {last} at {}", at.strftime("%F %R UTC")));
            }
        }
    }
    lines.extend(told.feed.iter().flat_map(of_feed));
    lines.extend(told.position.as_ref().map(|position| format!("  goes on after {position}")));
    lines.join("\n")
}

fn of_feed(feed: &FeedStatus) -> Vec<String> {
    let mut lines = Vec::new();
    if let (Some(watermark), Some(age)) = (feed.watermark, feed.age_seconds) {
        lines.push(format!("  everything until {} has come, {} s ago", watermark.strftime("%F %T UTC"), age));
    }
    lines.extend(feed.stale_since.map(|since| format!("  STALE since {}", since.strftime("%F %R UTC"))));
    lines.extend(offset(&feed.clock).map(|offset| format!("  its clock is {offset}")));
    lines.extend(feed.clock_alarm.as_ref().map(|alarm| format!("  CLOCK: {alarm}")));
    if let Some(correction) = feed.correction.filter(|correction| correction.milliseconds != 0) {
        let from = correction.stamps_from.strftime("%F %T UTC");
        lines.push(format!("  stamps of its events from {from} on are corrected by {} ms", -correction.milliseconds));
    }
    lines
}

/// How far a clock is off, in words; nothing where it is not known.
fn offset(clock: &Offset) -> Option<String> {
    let milliseconds = clock.milliseconds?;
    let seconds = format!("{}.{:03} s", milliseconds.abs() / 1000, milliseconds.abs() % 1000);
    let way = if milliseconds < 0 { "behind" } else { "ahead" };
    Some(match clock.within_milliseconds {
        Some(within) => format!("{seconds} {way}, known to {within} ms"),
        None => format!("{seconds} {way} at least"),
    })
}

const fn word(state: State) -> &'static str {
    match state {
        State::Starting => "starting",
        State::Connected => "connected",
        State::Waiting => "waiting as it asked",
        State::Down => "DOWN",
        State::Refused => "REFUSED",
        State::NotStored => "NOT STORED",
    }
}
