//! `amity registry show`, `state` and `owner`: one usage point.

use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::id::{Mrid, Name, UsagePointId};
use model::master::{Channel, ConnectionState, CustomerKind, Dated};
use serde::Serialize;
use serde_json::json;
use smol_str::SmolStr;
use store::registry::link::{Link, Relation};
use store::registry::master::{Class, Object};
use store::registry::membership::Membership;
use store::registry::ownership::Ownership;
use store::registry::usage_point::StateChange;

use super::fact::known;
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// What comes after a change that quarantined readings may have waited for.
pub(super) const WAITED: &str = "`amity quarantine replay` takes in what waited for it";

/// Options of `registry state`.
#[derive(Debug, Args)]
pub struct State {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// connected, disconnected (physically), logically-disconnected, or closed: not installed yet or closed down.
    state: ConnectionState,
    /// First instant of the state: a date or local time of the usage point, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `registry owner`.
#[derive(Debug, Args)]
pub struct Owner {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// The source, as `--source` of `amity ingest` names it.
    #[arg(required_unless_present = "none")]
    source: Option<String>,
    /// Let any source send its readings.
    #[arg(long, conflicts_with = "source")]
    none: bool,
    /// Instant of the move: a date, a local time in the zone of the usage point, or RFC 3339; without it, from the beginning
    /// until the first move.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `registry show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// The answer of `show --json`.
#[derive(Serialize)]
struct Shown {
    id: Mrid,
    names: Vec<Name>,
    owners: Vec<Ownership>,
    states: Vec<Dated<ConnectionState>>,
    classes: Vec<Dated<CustomerKind>>,
    programmes: Vec<Membership>,
    meters: Vec<Dated<String>>,
    channels: Vec<Channel>,
    facts: Vec<String>,
}

impl State {
    /// Enters the state.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let usage_point = UsagePointId(find(installation, Class::UsagePoint, &self.usage_point)?);
        let from = instant("--from", &self.from, &zone(installation, usage_point)?)?;
        let change = StateChange { usage_point, from, state: self.state };
        installation.ask(installation.books.registry.usage_points().change_states(&[change]))?;
        let document = json!({ "usage_point": self.usage_point, "state": self.state.to_string(), "from": from });
        let line = format!("{} is {} from {from}", self.usage_point, self.state);
        output::tell(self.json, &document, &line, WAITED)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Owner {
    /// Sets or removes the owner.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let usage_point = UsagePointId(find(installation, Class::UsagePoint, &self.usage_point)?);
        let source = self.source.as_deref().map(SmolStr::new);
        let usage_points = installation.books.registry.usage_points();
        let zone = || zone(installation, usage_point);
        let from = self.from.as_deref().map(|from| instant("--from", from, &zone()?)).transpose()?;
        match from {
            Some(from) => installation.ask(usage_points.move_owners(&[(usage_point, Ownership { from, source })]))?,
            None => installation.ask(usage_points.set_owners(&[(usage_point, source)]))?,
        }
        let since = from.map(|from| format!(" from {from}")).unwrap_or_default();
        let line = match &self.source {
            Some(source) => format!("only `{source}` may send readings of {}{since}", self.usage_point),
            None => format!("any source may send readings of {}{since}", self.usage_point),
        };
        let document = json!({ "usage_point": self.usage_point, "owner": self.source, "from": from });
        output::tell(self.json, &document, &line, WAITED)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Show {
    /// Reads and prints.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let usage_point = UsagePointId(find(installation, Class::UsagePoint, &self.usage_point)?);
        let registry = &installation.books.registry;
        let Object { id, names, .. } = installation.ask(registry.master().get(usage_point.0))?;
        let links = installation.ask(registry.master().links_of(id))?;
        let directory = installation.ask(registry.directory())?;
        let meters = links.into_iter().filter(|link| link.relation == Relation::MeterAtUsagePoint);
        let meters: Vec<Link> = meters.collect();
        let channels = installation.ask(registry.channels().of_usage_point(usage_point))?;
        let mut facts = known(installation, "usage point", id)?;
        for link in &meters {
            facts.extend(known(installation, "meter", link.subject)?);
        }
        for channel in &channels {
            facts.extend(known(installation, &channel.label, channel.id.0)?);
        }
        let shown = Shown {
            id,
            names,
            owners: installation.ask(registry.usage_points().owners_of(usage_point))?,
            states: installation.ask(registry.usage_points().states_of(usage_point))?,
            classes: directory.customer_classes(usage_point).to_vec(),
            programmes: directory.programmes(usage_point).to_vec(),
            meters: meters.into_iter().map(|link| meter(installation, link)).collect::<Result<_, _>>()?,
            channels,
            facts,
        };
        if self.json {
            output::print_json(&shown)?
        } else {
            output::print(&shown.text())?
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Shown {
    fn text(&self) -> String {
        let names: Vec<_> = self.names.iter().map(|name| format!("{} ({})", name.value, name.kind)).collect();
        let mut lines = vec![names.join(", ")];
        if self.owners.is_empty() {
            lines.push("owner     none: any source may send its readings".into());
        }
        lines.extend(self.owners.iter().map(|Ownership { from, source }| {
            let value = source.clone().unwrap_or("none: any source may send its readings".into());
            format!("owner     {}", dated(&Dated { value, from: *from, to: None }))
        }));
        lines.extend(self.states.iter().map(|state| format!("state     {}", dated(state))));
        lines.extend(self.classes.iter().map(|class| format!("customer  {}", dated(class))));
        lines.extend(self.programmes.iter().map(|membership| {
            let date = |word: &str, date: Option<Date>| date.map(|date| format!(" {word} {date}")).unwrap_or_default();
            let Membership { programme, from, until } = membership;
            format!("programme {programme}{}{}", date("from", *from), date("until", *until))
        }));
        lines.extend(self.meters.iter().map(|meter| format!("meter     {}", dated(meter))));
        lines.extend(self.channels.iter().map(|channel| {
            format!("channel   {} in {}: {}", channel.label, channel.unit, channel.reading_type.describe())
        }));
        lines.extend(self.facts.iter().map(|fact| format!("fact      {fact}")));
        lines.join("\n")
    }
}

pub(super) fn dated<T: std::fmt::Display>(value: &Dated<T>) -> String {
    // A link without a known begin holds from the first instant there is.
    let from = if value.from == Timestamp::MIN { String::new() } else { format!(" from {}", value.from) };
    let to = value.to.map(|to| format!(" until {to}")).unwrap_or_default();
    format!("{}{from}{to}", value.value)
}

fn meter(installation: &Installation, link: Link) -> Result<Dated<String>, Failure> {
    let meter = installation.ask(installation.books.registry.master().get(link.subject))?;
    let name = meter.names.first().map_or_else(|| meter.id.to_string(), |name| name.value.to_string());
    Ok(Dated { value: name, from: link.from, to: link.to })
}

/// The zone of a usage point, that of its first channel.
pub(super) fn zone(installation: &Installation, usage_point: UsagePointId) -> Result<TimeZone, Failure> {
    let channels = installation.ask(installation.books.registry.channels().of_usage_point(usage_point))?;
    let zone = channels.first().map_or(installation.settings.zone.as_str(), |channel| channel.zone.as_str());
    zone_of(zone).map_err(|error| Failure::Usage(error.to_string()))
}

/// The usage point or meter a person means by its mRID or any of its names.
pub fn find(installation: &Installation, class: Class, text: &str) -> Result<Mrid, Failure> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let found = installation.ask(installation.books.registry.master().find(class, &Name::new("", text)))?;
    let what = if class == Class::Meter { "meter" } else { "usage point" };
    let unknown = || format!("`{text}` is not the name of one {what}; `amity registry list` shows what is there");
    found.ok_or_else(|| Failure::Usage(unknown()))
}
