//! `amity registry fact`, `holidays` and `temperatures`: what rules and methods may know beside readings.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::Timestamp;
use jiff::civil::Date;
use model::id::{ChannelNumber, Mrid, UsagePointId};
use model::master::{Channel, Dated};
use model::quantity::Decimal;
use serde_json::json;
use smol_str::SmolStr;
use store::registry::fact::{Fact as Entry, FactKind};
use store::registry::master::Class;
use store::registry::reference::MeanTemperature;

use super::usage_point::{dated, find};
use crate::commands::time_span::instant;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::settings::Profile;

/// Options of `registry fact`.
#[derive(Debug, Args)]
pub struct Fact {
    /// Of a meter: meter-family, meter-firmware, module-id, badge-number, serial-number, meter-multiplier, transformer-type
    /// (yes, no). Of a usage point: service-rating (kVA), position (degrees north, degrees
    /// east), holidays (a calendar), weather-station. Of a channel: load (ordinary, irregular, constant, solar),
    /// multiplier (of register differences, from an instant on), interval-capacity, average-daily-load, check-channels, load-profile-channels, scada-channels, flows-in, flows-out.
    kind: FactKind,
    /// Name or mRID of the meter or usage point; label or number of the channel.
    subject: String,
    /// The value; of kinds that name channels, their labels or numbers.
    #[arg(required_unless_present = "none", allow_negative_numbers = true)]
    value: Vec<String>,
    /// First instant at which it holds; without it, as long as anyone knows.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Nothing is known from then on; of kinds that name channels, there is none.
    #[arg(long, conflicts_with = "value")]
    none: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `registry holidays`.
#[derive(Debug, Args)]
pub struct Holidays {
    /// The calendar, as `registry fact holidays` names it.
    calendar: String,
    /// A CSV file with the column `date`.
    file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `registry temperatures`.
#[derive(Debug, Args)]
pub struct Temperatures {
    /// The weather station, as `registry fact weather-station` names it.
    station: String,
    /// A CSV file with the columns `date` and `celsius`: the mean of a local day, to a tenth of a degree.
    file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Fact {
    /// Enters the fact.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let (subject, zone) = subject(installation, self.kind, &self.subject)?;
        let zone = zone_of(&zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let from = self.from.as_deref().map(|text| instant("--from", text, &zone)).transpose()?;
        if self.kind == FactKind::Multiplier {
            let channel = installation.ask(installation.books.registry.channels().find(&self.subject))?;
            multiplier_can_change(&channel, from)?;
        }
        let value = match self.kind.names_channels() {
            true => Entry::naming(&channels(installation, &self.value)?),
            false => self.value.join(" "),
        };
        let value = Some(value).filter(|_| !self.none);
        if let Some(other) = value.as_deref().filter(|value| *value != "1")
            && self.kind == FactKind::MeterMultiplier
            && installation.settings.profile == Some(Profile::Ontario)
        {
            return Err(Failure::Usage(format!(
                "meter-multiplier: found `{other}`, and the profile `ontario` asks for 1 of all meters (2.2.3); what a \
                 transformer-type meter must be multiplied by is the multiplier of its channels"
            )));
        }
        let entry = Entry::new(self.kind, subject, from.unwrap_or(Timestamp::MIN), value.as_deref())
            .map_err(|error| Failure::Usage(error.to_string()))?;
        installation.ask(installation.books.registry.facts().put(&[entry]))?;
        let said = if self.none { "not known".into() } else { self.value.join(" ") };
        let since = from.map_or_else(String::new, |from| format!(" from {from}"));
        let document = json!({ "kind": self.kind.to_string(), "subject": self.subject, "value": value, "from": from });
        let line = format!("{} of {} is {said}{since}", self.kind, self.subject);
        let hint = match self.kind {
            FactKind::MeterMultiplier => {
                "reports tell it; register differences are multiplied by what `amity registry fact multiplier CHANNEL` enters"
            }
            _ => "`amity vee run` judges stored days by it",
        };
        output::tell(self.json, &document, &line, hint)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Holidays {
    /// Puts the dates of the file in place of those of the calendar.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let rows = rows(&self.file, "date")?;
        let dates = rows.iter().map(|row| row.date(0)).collect::<Result<Vec<_>, _>>()?;
        installation.ask(installation.books.registry.references().put_holidays(&self.calendar, &dates))?;
        let document = json!({ "calendar": self.calendar, "holidays": dates.len() });
        output::tell(self.json, &document, &format!("{} holidays of {}", dates.len(), self.calendar), "")?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Temperatures {
    /// Adds the days of the file.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let rows = rows(&self.file, "date,celsius")?;
        let day = |row: &Row| Ok(MeanTemperature { date: row.date(0)?, tenths_celsius: row.tenths(1)? });
        let days = rows.iter().map(day).collect::<Result<Vec<_>, Failure>>()?;
        installation.ask(installation.books.registry.references().put_temperatures(&self.station, &days))?;
        let document = json!({ "station": self.station, "days": days.len() });
        output::tell(self.json, &document, &format!("{} days of {}", days.len(), self.station), "")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the multiplier of a channel can change at an instant.
pub(super) fn multiplier_can_change(channel: &Channel, from: Option<Timestamp>) -> Result<(), Failure> {
    let label = &channel.label;
    if channel.interval_seconds.is_some() {
        return Err(Failure::Usage(format!(
            "multiplier: channel {label} takes intervals, which are never multiplied; name the channel of the register"
        )));
    }
    if from.is_none() {
        return Err(Failure::Usage(format!(
            "multiplier: say with `--from` since when it holds for {label}; one that was wrong from the beginning is corrected \
             by `amity registry add .. --multiplier .. --correct`"
        )));
    }
    Ok(())
}

/// Who a fact is about, and the zone that local times of it are in.
fn subject(installation: &Installation, kind: FactKind, text: &str) -> Result<(Mrid, SmolStr), Failure> {
    let registry = &installation.books.registry;
    match kind.class() {
        Class::Meter => Ok((find(installation, Class::Meter, text)?, installation.settings.zone.as_str().into())),
        Class::Channel => installation.ask(registry.channels().find(text)).map(|channel| (channel.id.0, channel.zone)),
        _ => {
            let point = find(installation, Class::UsagePoint, text)?;
            let channels = installation.ask(registry.channels().of_usage_point(UsagePointId(point)))?;
            let zone = channels.first().map(|channel| channel.zone.clone());
            Ok((point, zone.unwrap_or_else(|| installation.settings.zone.as_str().into())))
        }
    }
}

fn channels(installation: &Installation, labels: &[String]) -> Result<Vec<ChannelNumber>, Failure> {
    let registry = &installation.books.registry;
    let number = |label: &String| installation.ask(registry.channels().find(label)).map(|channel| channel.number);
    labels.iter().map(number).collect()
}

/// A line of a CSV file without quotes.
pub(super) struct Row {
    pub(super) place: String,
    pub(super) cells: Vec<String>,
}

impl Row {
    fn date(&self, column: usize) -> Result<Date, Failure> {
        let text = &self.cells[column];
        text.parse().map_err(|_| self.wrong("date", "a date such as 2026-01-31", text))
    }

    fn tenths(&self, column: usize) -> Result<i32, Failure> {
        let text = &self.cells[column];
        let tenths = text.parse::<Decimal>().ok().and_then(|celsius| celsius.rescaled(-1).ok());
        let tenths = tenths.and_then(|tenths| i32::try_from(tenths).ok()).filter(|tenths| tenths.abs() <= 1000);
        tenths.ok_or_else(|| self.wrong("celsius", "degrees such as -7.3, up to 100 and to a tenth", text))
    }

    fn wrong(&self, column: &str, expected: &str, found: &str) -> Failure {
        Failure::Usage(format!("{}: {column}: expected {expected}, found `{found}`", self.place))
    }
}

/// The lines of a file below its head, which must be `head`.
pub(super) fn rows(file: &Path, head: &str) -> Result<Vec<Row>, Failure> {
    let name = file.display();
    let text = std::fs::read_to_string(caller::path(file))
        .map_err(|error| Failure::Usage(format!("{name}: cannot be read: {error}")))?;
    let mut lines = text.lines().map(str::trim);
    let found = lines.next().unwrap_or_default();
    if found != head {
        return Err(Failure::Usage(format!("{name}, line 1: expected the columns `{head}`, found `{found}`")));
    }
    let columns = head.split(',').count();
    let row = |(line, text): (usize, &str)| {
        let place = format!("{name}, line {line}");
        let cells: Vec<String> = text.split(',').map(|cell| cell.trim().to_owned()).collect();
        if cells.len() != columns {
            return Err(Failure::Usage(format!("{place}: expected {columns} columns, found {}", cells.len())));
        }
        Ok(Row { place, cells })
    };
    (2..).zip(lines).filter(|(_, text)| !text.is_empty()).map(row).collect()
}

/// What is known of a subject, a line for each value.
pub(super) fn known(installation: &Installation, name: &str, subject: Mrid) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for (kind, values) in installation.ask(installation.books.registry.facts().of(subject))? {
        for Dated { value, from, to } in values {
            let value = match (&value, kind.names_channels()) {
                (None, _) => "not known".into(),
                (Some(value), true) => format!("channels {value}"),
                (Some(value), false) => value.to_string(),
            };
            let value = Dated { value: format!("{kind} {value}"), from, to };
            lines.push(format!("{name}: {}", dated(&value)));
        }
    }
    Ok(lines)
}
