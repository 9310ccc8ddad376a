//! What a reader cannot know from the bytes, as options of every command that reads files.

use clap::Args;
use formats::{Format, Options};
use ingest::placement::zone_of;
use smol_str::SmolStr;

use crate::output::Failure;

/// Options of `inspect` and `ingest`.
#[derive(Clone, Debug, Default, Args)]
pub struct ReadingOptions {
    /// Format of the files; by content where not given.
    #[arg(long, value_name = "FORMAT", value_parser = ["cim", "nem12", "nem13", "cmep", "green-button", "csv"])]
    format: Option<String>,
    /// Zone of time stamps without an offset, such as America/Toronto or +10:00.
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Usage point of files that name none (a CSV of start and value).
    #[arg(long, value_name = "NAME")]
    usage_point: Option<String>,
    /// Unit of files that name none.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
}

impl ReadingOptions {
    /// The format that was asked for.
    ///
    /// # Errors
    /// Never in practice: the command line accepts only known names.
    pub fn format(&self) -> Result<Option<Format>, Failure> {
        let Some(name) = &self.format else { return Ok(None) };
        let found = Format::ALL.into_iter().find(|format| format.name() == name);
        found.map(Some).ok_or_else(|| Failure::Usage(format!("`{name}` is not a format Amity reads")))
    }

    /// The options for a reader.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a zone that does not exist.
    pub fn options(&self) -> Result<Options, Failure> {
        let zone = self.zone.as_deref().map(zone_of).transpose();
        Ok(Options {
            zone: zone.map_err(|error| Failure::Usage(format!("--zone: {error}")))?,
            usage_point: self.usage_point.as_deref().map(SmolStr::new),
            unit: self.unit.as_deref().map(SmolStr::new),
        })
    }
}
