//! `amity subscribe`: who is told about readings and determinants, and how far they were told.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use interop::message::{Filter, Noun, Stage};
use interop::subscribers::{self, NewSubscription, Start, SubscribeError};
use model::quality::assumed_time::AssumedTime;
use serde_json::json;
use smol_str::SmolStr;
use store::readings::Cursor;
use store::registry::subscription::{PayloadFormat, Reach, SubscriptionState};

use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Register, list and try those who are told about readings and billing determinants.
#[derive(Debug, Args)]
pub struct Subscribe {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register a subscriber; deliveries run while `amity serve` runs.
    Add {
        /// A unique name.
        name: String,
        /// Where messages are posted.
        address: String,
        /// File with the signing secrets, one `whsec_...` a line.
        #[arg(long, value_name = "FILE")]
        secret: String,
        /// How messages are written.
        #[arg(long, value_enum, default_value = "xml")]
        format: Format,
        /// Allow loopback and private addresses, where the systems of the enterprise are.
        #[arg(long)]
        private: bool,
        /// What is told: MeterReading, or BillingDeterminant (what becomes of requests for determinants). Can be repeated.
        #[arg(long, value_name = "NOUN", value_enum, default_value = "MeterReading")]
        noun: Vec<WhichNoun>,
        /// Only this channel; a label that ends with `*` means every label that begins so. Can be repeated.
        #[arg(long, value_name = "LABEL")]
        channel: Vec<SmolStr>,
        /// Only readings as validation decided, or only as received.
        #[arg(long, value_enum)]
        stage: Option<WhichStage>,
        /// What is told of final values of assumed meter time: exclude (a gap), accept (as received) or estimate (as
        /// final). Other than estimate needs `--stage final`.
        #[arg(long, value_name = "TREATMENT", default_value_t)]
        assumed_time: AssumedTime,
        /// Begin with everything that is stored, instead of what arrives from now on.
        #[arg(long)]
        from_the_beginning: bool,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// List subscribers with their place, last error and how far behind they are.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Stop deliveries to a subscriber; they resume where they stopped.
    Pause {
        /// The subscriber.
        name: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Resume deliveries to a subscriber.
    Resume {
        /// The subscriber.
        name: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Forget a subscriber.
    Remove {
        /// The subscriber.
        name: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Xml,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum WhichNoun {
    #[value(name = "MeterReading")]
    MeterReading,
    #[value(name = "BillingDeterminant")]
    BillingDeterminant,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WhichStage {
    Received,
    Final,
}

impl Subscribe {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        let registry = &installation.books.registry;
        let (name, state, done, as_json) = match self.action {
            Action::List { json } => return list(&installation, json),
            Action::Add {
                name,
                address,
                secret,
                format,
                private,
                noun,
                channel,
                stage,
                assumed_time,
                from_the_beginning,
                json,
            } => {
                if noun.contains(&WhichNoun::BillingDeterminant) {
                    let may = installation.settings.role.may_compute();
                    may.map_err(|finding| Failure::Usage(format!("--noun BillingDeterminant: {}", finding.message)))?;
                }
                let new = NewSubscription {
                    name: name.clone(),
                    address,
                    reach: if private { Reach::Private } else { Reach::Public },
                    format: match format {
                        Format::Xml => PayloadFormat::Xml,
                        Format::Json => PayloadFormat::Json,
                    },
                    secret: secret_reference(&secret)?,
                    filter: Filter {
                        nouns: nouns(&noun),
                        channels: channel,
                        stages: stage.into_iter().map(Stage::from).collect(),
                        assumed_time,
                    },
                    start: if from_the_beginning { Start::After(Cursor::default()) } else { Start::Now },
                };
                let added = installation.runtime.block_on(subscribers::add(registry, &new, clock::now()));
                added.map_err(|error| match error {
                    SubscribeError::Registry(error) => Failure::of_registry(error),
                    SubscribeError::Treatment => Failure::Usage(format!("--assumed-time {assumed_time}: {error}")),
                    error => Failure::work(format!("`{name}` was not registered"), error),
                })?;
                let done = format!("`{name}` is registered and told while `amity serve` runs");
                (name, "active", done, json)
            }
            Action::Pause { name, json } => {
                installation.ask(subscribers::set_state(registry, &name, SubscriptionState::Paused))?;
                let done = format!("`{name}` is paused");
                (name, "paused", done, json)
            }
            Action::Resume { name, json } => {
                installation.ask(subscribers::set_state(registry, &name, SubscriptionState::Active))?;
                let done = format!("`{name}` is told again from where it stopped");
                (name, "active", done, json)
            }
            Action::Remove { name, json } => {
                installation.ask(subscribers::remove(registry, &name))?;
                let done = format!("`{name}` is forgotten");
                (name, "removed", done, json)
            }
        };
        output::tell(as_json, &json!({ "name": name, "state": state }), &done, "")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Readings alone are what a filter means without nouns, so that the same registration stays the same.
fn nouns(wanted: &[WhichNoun]) -> Vec<Noun> {
    let noun = |(wanted_one, noun)| wanted.contains(&wanted_one).then_some(noun);
    let all =
        [(WhichNoun::MeterReading, Noun::MeterReading), (WhichNoun::BillingDeterminant, Noun::BillingDeterminant)];
    let nouns: Vec<Noun> = all.into_iter().filter_map(noun).collect();
    if nouns == [Noun::MeterReading] { Vec::new() } else { nouns }
}

impl From<WhichStage> for Stage {
    fn from(stage: WhichStage) -> Self {
        match stage {
            WhichStage::Received => Self::Received,
            WhichStage::Final => Self::Final,
        }
    }
}

/// Secrets are read where deliveries run, so a relative path is made complete.
fn secret_reference(path: &str) -> Result<String, Failure> {
    let complete = std::path::absolute(caller::path(path.as_ref()))
        .map_err(|error| Failure::Usage(format!("--secret {path}: {error}")))?;
    Ok(format!("file:{}", complete.display()))
}

fn list(installation: &Installation, as_json: bool) -> Result<ExitCode, Failure> {
    let book = Some(&*installation.books.readings);
    let all = installation.ask(subscribers::status(&installation.books.registry, book))?;
    if as_json {
        output::print_json(&json!(all))?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            vec![
                one.subscription.name.clone(),
                one.subscription.state.as_str().to_owned(),
                text(one.batches_behind.map(|behind| behind.to_string())),
                text(one.determinants_behind.map(|behind| behind.to_string())),
                text(one.delivery.delivered_at.map(|at| at.to_string())),
                one.subscription.address.clone(),
                text(one.delivery.last_error.clone()),
            ]
        })
        .collect();
    let head = ["name", "state", "batches behind", "determinants behind", "last told", "address", "last error"];
    output::print(&output::table(&head, &rows))?;
    Ok(ExitCode::SUCCESS)
}
