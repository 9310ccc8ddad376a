//! A series in a CSV file, as `amity vee try` and `amity vee formula explain` take it.

use std::path::PathBuf;

use clap::Args;
use ingest::placement::zone_of;
use model::finding::Finding;
use vee::trial::{Series, read_series_in};

use crate::output::Failure;

/// The series and what its file leaves out.
#[derive(Debug, Args)]
pub struct SeriesFile {
    /// A CSV file of time,value and perhaps status and register; lines `# unit:`, `# zone:`, `# multiplier:` and `# dials:` may come
    /// before; `-` reads standard input.
    #[arg(long = "series", value_name = "FILE")]
    path: PathBuf,
    /// Unit of the values; else what the file says in a line `# unit: kWh`, else kWh.
    #[arg(long, value_name = "UNIT")]
    unit: Option<String>,
    /// Zone of the local days; else what the file says in a line `# zone: Europe/Oslo`, else UTC.
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
}

impl SeriesFile {
    /// How findings name the file.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The series, or every fault in it.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a file that cannot be read and a zone that does not exist.
    pub fn read(&self) -> Result<Result<Series, Vec<Finding>>, Failure> {
        let unread = |error| Failure::Usage(format!("{}: cannot be read: {error}", self.name()));
        let text = match self.path.as_os_str() == "-" {
            true => std::io::read_to_string(std::io::stdin()).map_err(unread)?,
            false => std::fs::read_to_string(&self.path).map_err(unread)?,
        };
        let zone = self.zone.as_deref().map(zone_of).transpose();
        let zone = zone.map_err(|error| Failure::Usage(format!("--zone: {error}")))?;
        let series = read_series_in(self.unit.as_deref(), &text);
        Ok(series.map(|series| Series { zone: zone.unwrap_or(series.zone), ..series }))
    }
}
