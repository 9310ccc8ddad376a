//! `amity usage request`: Create BillingDeterminantRequest, by hand.

use std::process::ExitCode;

use clap::Args;
use ingest::determinants::AskDeterminants;
use ingest::placement::zone_of;
use model::id::UsagePointId;
use store::registry::determinant::RequestState;
use store::registry::master::Class;

use super::{determinants, failure, print_all};
use crate::clock;
use crate::commands::registry::usage_point;
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Ask for the billing determinants of a usage point or an account over a period.
///
/// Local days may be asked for; the instants of the answer are in UTC. Ends with 0 where all were answered with values, 1 where one waits or was refused.
#[derive(Debug, Args)]
pub struct Request {
    /// Name or mRID of a usage point.
    #[arg(long, value_name = "NAME")]
    usage_point: Option<String>,
    /// Name or mRID of an account: one request for each of its usage points.
    #[arg(long, value_name = "NAME", conflicts_with = "usage_point", required_unless_present = "usage_point")]
    account: Option<String>,
    /// First instant: a date such as 2026-01-31 or a local time of the usage point, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// First instant after; a date means the beginning of that day.
    #[arg(long, value_name = "TIME")]
    to: String,
    /// Name of the definition; the one that holds for the usage point or its tariff where none is given.
    #[arg(long, value_name = "NAME")]
    definition: Option<String>,
    /// Your id of the request: the same id again is the same request.
    #[arg(long)]
    id: Option<String>,
    /// Until when the answer may wait for better data; the end of the period where none is given.
    #[arg(long, value_name = "TIME")]
    cut_off: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Request {
    /// Asks and prints.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let zone = self.zone(installation)?;
        let zone = zone_of(&zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let cut_off = self.cut_off.as_deref().map(|text| instant("--cut-off", text, &zone)).transpose()?;
        let asked = AskDeterminants {
            id: self.id,
            usage_point: self.usage_point,
            account: self.account,
            from: instant("--from", &self.from, &zone)?,
            to: instant("--to", &self.to, &zone)?,
            definition: self.definition,
            cut_off,
        };
        let told = determinants(installation)?.request(&asked, clock::now()).map_err(failure)?;
        let answered = told.iter().all(|told| told.state == RequestState::Created);
        if self.json {
            output::print_json(&serde_json::json!({ "requests": told }))?;
        } else {
            print_all(&told)?;
        }
        Ok(ExitCode::from(u8::from(!answered)))
    }

    /// The zone of the usage point's channels, else the installation's.
    fn zone(&self, installation: &Installation) -> Result<String, Failure> {
        let Some(name) = &self.usage_point else { return Ok(installation.settings.zone.clone()) };
        let usage_point = UsagePointId(usage_point::find(installation, Class::UsagePoint, name)?);
        let channels = installation.ask(installation.books.registry.channels().of_usage_point(usage_point))?;
        Ok(channels.first().map_or_else(|| installation.settings.zone.clone(), |channel| channel.zone.to_string()))
    }
}
