//! `amity usage show`: where requests stand and what was told of them.

use std::process::ExitCode;

use clap::Args;
use ingest::determinants::AskTold;
use ingest::placement::zone_of;

use super::{determinants, failure, print_all};
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Show requests for determinants and what was told of them, now or as it was told at any time.
///
/// The instants of the answer are in UTC.
#[derive(Debug, Args)]
pub struct Show {
    /// Id of a request; all of them where none is given.
    id: Option<String>,
    /// Only those of this usage point.
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    usage_point: Option<String>,
    /// Only those of this account.
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    account: Option<String>,
    /// What was told at this time, instead of now.
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// Begin after this id.
    #[arg(long, value_name = "ID", conflicts_with = "id")]
    after: Option<String>,
    /// Most requests.
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Show {
    /// Brings answers up to date and prints them.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let as_of = self.as_of.as_deref().map(|text| instant("--as-of", text, &zone)).transpose()?;
        let determinants = determinants(installation)?;
        if let Some(id) = &self.id {
            let told = determinants.told(id, as_of).map_err(failure)?;
            if self.json {
                output::print_json(&told)?;
            } else {
                print_all(&[told])?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let asked = AskTold {
            usage_point: self.usage_point,
            account: self.account,
            as_of,
            cursor: self.after,
            limit: Some(self.limit),
        };
        let page = determinants.list(&asked).map_err(failure)?;
        if self.json {
            output::print_json(&page)?;
        } else {
            print_all(&page.items)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
