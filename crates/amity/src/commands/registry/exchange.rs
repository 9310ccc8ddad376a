//! `amity registry exchange`: another meter at a usage point.

use std::process::ExitCode;

use clap::Args;
use model::id::{Name, UsagePointId};
use serde_json::json;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

use super::usage_point::{find, zone};
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Options of `registry exchange`.
#[derive(Debug, Args)]
pub struct Exchange {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// The meter that goes, as the registry knows it.
    old: String,
    /// The serial number of the meter that comes; registered where it is new.
    new: String,
    /// The first instant of the new meter: a date or local time of the usage point, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME")]
    at: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Exchange {
    /// Ends the link of the old meter and begins that of the new one.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let usage_point = UsagePointId(find(installation, Class::UsagePoint, &self.usage_point)?);
        let at = instant("--at", &self.at, &zone(installation, usage_point)?)?;
        let master = installation.books.registry.master();
        let old = find(installation, Class::Meter, &self.old)?;
        let comes = Name::new("MeterSerialNumber", &self.new);
        let new = match installation.ask(master.find(Class::Meter, &comes))? {
            Some(known) => known,
            None => installation.ask(master.register(Class::Meter, &[comes], None))?.id,
        };
        installation.ask(master.close_link(Relation::MeterAtUsagePoint, old, at))?;
        let relation = Relation::MeterAtUsagePoint;
        installation.ask(master.link(&Link { relation, subject: new, target: usage_point.0, from: at, to: None }))?;
        let document = json!({ "usage_point": self.usage_point, "old": self.old, "new": self.new, "at": at });
        let line = format!("meter {} gave way to {} at {at}", self.old, self.new);
        let hint = "`amity vee run` judges the reads around it again; where its transformers differ, enter what its registers \
                    are multiplied by from then on (`amity registry fact multiplier`) first";
        output::tell(self.json, &document, &line, hint)?;
        Ok(ExitCode::SUCCESS)
    }
}
