//! `amity collection apply`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use interop::repository::File;
use interop::repository::csv::{self, Change};
use serde_json::json;
use store::registry::hand_over::{Answer, Answered, HandedOver};
use store::registry::master::Class;

use crate::clock;
use crate::commands::registry::agree::{Terms, enter};
use crate::commands::registry::usage_point::find;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Files with changes that are looked at for their name.
const FILES_MAX: u32 = 1_000_000;
/// Changes that were not applied which the ledger names.
const NAMED_MAX: usize = 20;

/// Apply changes of account information that the repository sends (Ontario 2.10.2 item 4).
///
/// Each change is applied by itself, and the file is noted with those that could not be; the same file again changes nothing.
/// Exits with 1 where a change was not applied.
#[derive(Debug, Args)]
pub struct Apply {
    /// The changes, as docs/hand-over.md describes them.
    file: PathBuf,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Apply {
    pub(super) fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let text = fs::read_to_string(caller::path(&self.file))
            .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", self.file.display())))?;
        let wrong = |finding| Failure::Usage(format!("{}: {finding}", self.file.display()));
        let csv::Changes { name, changes } = csv::changes(&text).map_err(wrong)?;
        let ledger = installation.books.registry.hand_overs();
        let before = installation.ask(ledger.newest(HandedOver::Changes, None, FILES_MAX))?;
        if before.iter().any(|file| file.name == name) {
            let document = json!({ "changes": name, "applied": 0, "refused": [] });
            output::tell(self.json, &document, &format!("{name} was applied already"), "")?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut refused: Vec<String> = Vec::new();
        for change in &changes {
            match applied(installation, change) {
                Ok(()) => {}
                Err(Failure::Usage(why)) => refused.push(format!("{}: {why}", change.usage_point)),
                Err(failure) => return Err(failure),
            }
        }
        let now = clock::now();
        let file = File { name: name.clone(), text, entries: changes.len() as u64 };
        installation.ask(ledger.add(&file.note(HandedOver::Changes, None, now), &[]))?;
        installation.ask(ledger.answer(&name, &answer(&refused, now), &[]))?;
        let applied = changes.len() - refused.len();
        let line = format!("{name}: {applied} of {} changes applied", changes.len());
        let document = json!({ "changes": name, "applied": applied, "refused": refused });
        output::tell(self.json, &document, &line, &refused.join("\n"))?;
        Ok(ExitCode::from(u8::from(!refused.is_empty())))
    }
}

fn applied(installation: &Installation, change: &Change) -> Result<(), Failure> {
    let usage_point = find(installation, Class::UsagePoint, &change.usage_point)?;
    let Change { agreement, account, tariff, from, .. } = change;
    enter(installation, usage_point, &Terms { agreement, account, tariff, from: *from })
}

/// What the ledger keeps of how it ended.
fn answer(refused: &[String], at: jiff::Timestamp) -> Answer {
    let answered = if refused.is_empty() { Answered::Accepted } else { Answered::Refused };
    let mut why = refused.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join("; ");
    if NAMED_MAX < refused.len() {
        why.push_str(&format!("; and {} more", refused.len() - NAMED_MAX));
    }
    Answer { at, answered, why }
}
