//! `amity registry agree`: under which agreement, account and tariff a usage point is served from when on.

use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::Timestamp;
use model::id::{Mrid, Name};
use serde_json::json;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;

use super::usage_point::find;
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Options of `registry agree`.
#[derive(Debug, Args)]
pub struct Agree {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// Name of the agreement.
    #[arg(long, value_name = "NAME")]
    agreement: String,
    /// Name of the account it is billed on.
    #[arg(long, value_name = "NAME")]
    account: String,
    /// The tariff agreed.
    #[arg(long, value_name = "NAME")]
    tariff: String,
    /// First instant: a date or local time of the installation's zone, or RFC 3339 with offset.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Agree {
    /// Registers agreement and account where they are new, and links them; an earlier agreement ends there.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let zone = zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(error.to_string()))?;
        let from = instant("--from", &self.from, &zone)?;
        let usage_point = find(installation, Class::UsagePoint, &self.usage_point)?;
        let terms = Terms { agreement: &self.agreement, account: &self.account, tariff: &self.tariff, from };
        enter(installation, usage_point, &terms)?;
        let Self { usage_point, agreement, account, tariff, json, .. } = self;
        let document = json!({
            "usage_point": usage_point, "agreement": agreement, "account": account, "tariff": tariff, "from": from,
        });
        let line = format!("{usage_point} is under {agreement} of {account}, tariff {tariff}, from {from}");
        output::tell(json, &document, &line, "")?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Under what a usage point is served.
pub struct Terms<'a> {
    /// The agreement.
    pub agreement: &'a str,
    /// The account it is billed on.
    pub account: &'a str,
    /// The tariff agreed.
    pub tariff: &'a str,
    /// Since when.
    pub from: Timestamp,
}

/// Enters the terms of a usage point; an earlier agreement ends there.
///
/// # Errors
/// As [`Installation::ask`].
pub fn enter(installation: &Installation, usage_point: Mrid, terms: &Terms<'_>) -> Result<(), Failure> {
    let master = installation.books.registry.master();
    let object = |class: Class, name: &str, attributes: serde_json::Value| {
        let names = [Name::new(class.as_str(), name)];
        installation.ask(master.register(class, &names, Some(&attributes))).map(|registered| registered.id)
    };
    let account = object(Class::CustomerAccount, terms.account, json!({}))?;
    let agreement = object(Class::CustomerAgreement, terms.agreement, json!({ "tariff": terms.tariff }))?;
    let links = installation.ask(master.links_of(usage_point))?;
    let elsewhere = |link: &Link| {
        link.relation == Relation::UsagePointUnderAgreement && link.target != agreement && link.holds_at(terms.from)
    };
    if links.iter().any(elsewhere) {
        installation.ask(master.close_link(Relation::UsagePointUnderAgreement, usage_point, terms.from))?;
    }
    let link = |relation, subject: Mrid, target: Mrid| {
        installation.ask(master.link(&Link { relation, subject, target, from: terms.from, to: None }))
    };
    link(Relation::AgreementOfAccount, agreement, account)?;
    link(Relation::UsagePointUnderAgreement, usage_point, agreement)?;
    Ok(())
}
