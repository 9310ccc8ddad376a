//! `amity registry agree`: under which agreement, account and tariff a usage point is served from when on.

use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
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
        let master = installation.books.registry.master();
        let object = |class: Class, name: &str, attributes: serde_json::Value| {
            let names = [Name::new(class.as_str(), name)];
            installation.ask(master.register(class, &names, Some(&attributes))).map(|registered| registered.id)
        };
        let account = object(Class::CustomerAccount, &self.account, json!({}))?;
        let agreement = object(Class::CustomerAgreement, &self.agreement, json!({ "tariff": self.tariff }))?;
        let links = installation.ask(master.links_of(usage_point))?;
        let elsewhere = |link: &Link| {
            link.relation == Relation::UsagePointUnderAgreement && link.target != agreement && link.holds_at(from)
        };
        if links.iter().any(elsewhere) {
            installation.ask(master.close_link(Relation::UsagePointUnderAgreement, usage_point, from))?;
        }
        let link = |relation, subject: Mrid, target: Mrid| {
            installation.ask(master.link(&Link { relation, subject, target, from, to: None }))
        };
        link(Relation::AgreementOfAccount, agreement, account)?;
        link(Relation::UsagePointUnderAgreement, usage_point, agreement)?;
        let Self { usage_point, agreement, account, tariff, json, .. } = self;
        let document = json!({
            "usage_point": usage_point, "agreement": agreement, "account": account, "tariff": tariff, "from": from,
        });
        let line = format!("{usage_point} is under {agreement} of {account}, tariff {tariff}, from {from}");
        output::tell(json, &document, &line, "")?;
        Ok(ExitCode::SUCCESS)
    }
}
