//! `amity usage cancel`: a request is called off.

use std::process::ExitCode;

use clap::Args;

use super::{determinants, failure, print_all};
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Cancel a request: nothing is told of it afterwards, and it may be asked for anew under another id.
#[derive(Debug, Args)]
pub struct Cancel {
    /// Id of the request.
    id: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Cancel {
    /// Cancels and prints.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let told = determinants(installation)?.cancel(&self.id, clock::now()).map_err(failure)?;
        if self.json {
            output::print_json(&told)?;
        } else {
            print_all(&[told])?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
