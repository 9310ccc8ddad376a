//! `amity events`: what devices told of, one stream of all sources.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use ingest::placement::zone_of;
use jiff::tz::TimeZone;
use model::event::EndDeviceEventType;
use serde_json::json;
use store::events::{Event, EventsError, Filter, Place};

use super::time_span::TimeSpan;
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;

/// How often a follower looks for more.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Events read at a time.
const PAGE: u32 = 1000;

/// Tell what devices told of: every event once, with all sources that told it.
#[derive(Debug, Args)]
pub struct Events {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Follow(Follow),
    Types(Types),
}

/// List events by time.
#[derive(Debug, Args)]
struct List {
    /// Only of this device: a name of a meter or usage point, an mRID, or what a source calls it.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// Only of this type, such as 3.26.0.85; may be given several times.
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// Only told by this source; may be given several times.
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
    #[command(flatten)]
    span: TimeSpan,
    /// At most so many.
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    limit: u32,
    /// Print one JSON line for each event.
    #[arg(long)]
    json: bool,
}

/// Tell events as they arrive, until stopped.
#[derive(Debug, Args)]
struct Follow {
    /// Begin after this number; without it, with what arrives from now on.
    #[arg(long, value_name = "SEQUENCE")]
    after: Option<u64>,
    /// End when there are no more.
    #[arg(long)]
    no_wait: bool,
    /// Print one JSON line for each event.
    #[arg(long)]
    json: bool,
}

/// Count events by type, and list words of sources that are not understood.
#[derive(Debug, Args)]
struct Types {
    #[command(flatten)]
    span: TimeSpan,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Events {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(format!("zone: {error}")))?;
        installation.resolve_events()?;
        match self.action {
            Action::List(command) => command.run(&installation, &zone)?,
            Action::Follow(command) => command.run(&installation, &zone)?,
            Action::Types(command) => command.run(&installation, &zone)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self, installation: &Installation, zone: &TimeZone) -> Result<(), Failure> {
        let filter = self.filter(installation)?;
        let range = self.span.range(zone)?;
        let (mut left, mut after): (u32, Option<Place>) = (self.limit, None);
        while 0 < left {
            let page = installation.events.between(range, &filter, left.min(PAGE), after);
            let events = installation.runtime.block_on(page).map_err(in_book)?;
            let Some(last) = events.last() else { break };
            (left, after) = (left - events.len() as u32, Some(last.place()));
            events.iter().try_for_each(|event| tell(event, zone, self.json))?;
        }
        Ok(())
    }

    fn filter(&self, installation: &Installation) -> Result<Filter, Failure> {
        let types: Result<Vec<EndDeviceEventType>, _> = self.types.iter().map(|text| text.parse()).collect();
        let types = types.map_err(|error| Failure::Usage(format!("--type: {error}")))?;
        let devices = match &self.device {
            None => Vec::new(),
            Some(name) => {
                let directory = installation.ask(installation.books.registry.directory())?;
                api::event_subjects(&directory, name, clock::now())
            }
        };
        Ok(Filter { types, sources: self.source.clone(), devices })
    }
}

impl Follow {
    fn run(self, installation: &Installation, zone: &TimeZone) -> Result<(), Failure> {
        let book = &installation.events;
        let mut after = match self.after {
            Some(after) => after,
            None => installation.runtime.block_on(book.last_sequence()).map_err(in_book)?,
        };
        loop {
            let events = installation.runtime.block_on(book.since(after, PAGE)).map_err(in_book)?;
            match events.last() {
                Some(last) => after = last.sequence,
                None if self.no_wait => return Ok(()),
                None => installation.runtime.block_on(tokio::time::sleep(LOOK_AGAIN)),
            }
            events.iter().try_for_each(|event| tell(event, zone, self.json))?;
        }
    }
}

impl Types {
    fn run(self, installation: &Installation, zone: &TimeZone) -> Result<(), Failure> {
        let book = &installation.events;
        let everything = Filter::default();
        let counts = book.counts(self.span.range(zone)?, &everything);
        let counts = installation.runtime.block_on(counts).map_err(in_book)?;
        let mut of_type: BTreeMap<Option<EndDeviceEventType>, u64> = BTreeMap::new();
        for hour in &counts {
            *of_type.entry(hour.event_type).or_default() += hour.count;
        }
        let unmapped = installation.runtime.block_on(book.unmapped()).map_err(in_book)?;
        if self.json {
            let types: Vec<_> = of_type
                .iter()
                .map(|(event_type, count)| {
                    let text = event_type.map(|event_type| event_type.to_string());
                    json!({ "type": text, "name": event_type.map(EndDeviceEventType::describe), "count": count })
                })
                .collect();
            return output::print_json(&json!({ "types": types, "unmapped": unmapped }));
        }
        let rows: Vec<_> = of_type
            .iter()
            .map(|(event_type, count)| {
                let text = event_type.map_or_else(|| "unmapped".into(), |event_type| event_type.to_string());
                vec![text, grouped(*count), event_type.map(EndDeviceEventType::describe).unwrap_or_default()]
            })
            .collect();
        output::print(&output::table(&["type", "events", "what"], &rows))?;
        if unmapped.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = unmapped
            .iter()
            .map(|words| {
                vec![words.source.clone(), words.told_type.clone(), grouped(words.count), words.last.to_string()]
            })
            .collect();
        output::print(&output::table(&["source", "not understood", "reports", "last"], &rows))?;
        output::say("say what they mean under [events.dialects.SOURCE] in amity.toml");
        Ok(())
    }
}

fn tell(event: &Event, zone: &TimeZone, as_json: bool) -> Result<(), Failure> {
    if as_json { output::print_json(&api::event_view(event)) } else { output::print(&as_text(event, zone)) }
}

fn as_text(event: &Event, zone: &TimeZone) -> String {
    let at = event.ordered_at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f%:z");
    let lead = event.reports.first();
    let what = match event.event_type {
        Some(event_type) => format!("{event_type} {}", event_type.describe()),
        None => format!("not understood `{}`", lead.map(|report| report.told_type.as_str()).unwrap_or_default()),
    };
    let device = event.device.as_ref().map_or("?", |name| name.value.as_str());
    let mut sources: Vec<_> = event.reports.iter().map(|report| report.source.as_str()).collect();
    sources.dedup();
    let mut text = format!("{at}  {device}  {what}  ({})", sources.join(", "));
    if !event.reports.iter().all(|report| !report.is_doubtful) {
        text.push_str("  time doubted");
    }
    if event.state == store::events::EventState::UnknownDevice {
        text.push_str("  unknown device");
    }
    text
}

fn in_book(error: EventsError) -> Failure {
    Failure::work("could not read the events", error)
}
