//! `amity init`: makes an installation.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::installation::Installation;
use crate::output::{self, Failure};

const DEFAULT_SETTINGS: &str = include_str!("../../../../config/amity.toml");

/// Make an installation: a folder with settings and empty books.
#[derive(Debug, Args)]
pub struct Init {
    /// Zone of usage points, such as America/Toronto or +10:00.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    zone: String,
    /// Register the channels that files name, instead of keeping their readings in quarantine.
    #[arg(long)]
    register: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Init {
    /// Writes the settings and opens the books once.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        ingest::placement::zone_of(&self.zone).map_err(|error| Failure::Usage(format!("--zone: {error}")))?;
        let mut settings = DEFAULT_SETTINGS.replace("zone = \"UTC\"", &format!("zone = \"{}\"", self.zone));
        if self.register {
            settings = settings.replace("unknown_channels = \"quarantine\"", "unknown_channels = \"register\"");
        }
        Installation::create(folder, &settings)?;
        if self.json {
            output::print_json(&json!({ "data": folder, "zone": self.zone }))?;
        } else {
            output::print(&format!("made an installation in {}", folder.display()))?;
            output::say("next: `amity ingest FILE...`, or `amity inspect FILE...` to look first");
        }
        Ok(ExitCode::SUCCESS)
    }
}
