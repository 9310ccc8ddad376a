//! `amity registry programme` and `customer`: what a usage point belongs to, from when to when.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use model::id::{Mrid, Name, UsagePointId};
use model::master::CustomerKind;
use serde_json::json;
use store::registry::RegistryError;
use store::registry::link::{Link, Relation};
use store::registry::master::Class;
use store::registry::membership::{Membership, Step};

use super::usage_point::{find, zone};
use crate::commands::time_span::instant;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// Options of `registry programme`.
#[derive(Debug, Args)]
pub struct Programme {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// The programme, such as `solar`.
    programme: String,
    /// First local day, such as 2026-01-31; as long as anyone knows where not given.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// First local day after; without an end where not given.
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    /// Leave it on these days, instead of joining.
    #[arg(long)]
    leave: bool,
    /// Print one JSON document: every programme of the usage point with its dates.
    #[arg(long)]
    json: bool,
}

/// Options of `registry customer`.
#[derive(Debug, Args)]
pub struct Customer {
    /// Name or mRID of the usage point.
    usage_point: String,
    /// Name or number of the customer; registered with an account and an agreement where it is new.
    customer: String,
    /// residential, commercial-industrial, pumping-load, internal-use or other.
    #[arg(long, value_name = "CLASS")]
    class: CustomerKind,
    /// First instant of the agreement: a date or local time of the usage point, or RFC 3339 with offset; the agreement
    /// before it ends there.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Programme {
    /// Joins or leaves, and tells the programmes of the usage point.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until <= from
        {
            return Err(Failure::Usage(format!("--until {until} is not after --from {from}")));
        }
        let usage_point = UsagePointId(find(installation, Class::UsagePoint, &self.usage_point)?);
        let wanted = Membership { programme: self.programme.as_str().into(), from: self.from, until: self.until };
        let step = if self.leave { Step::Leave } else { Step::Join };
        let usage_points = installation.books.registry.usage_points();
        installation.ask(usage_points.set_programme(usage_point, &wanted, step))?;
        let programmes = installation.ask(usage_points.programmes_of(usage_point))?;
        if self.json {
            output::print_json(&json!({ "usage_point": self.usage_point, "programmes": programmes }))?;
        } else {
            let word = if self.leave { "left" } else { "is in" };
            output::print(&format!("{} {word} `{}`", self.usage_point, self.programme))?;
            output::say("days that were judged before stay as they are; `amity vee run` judges them again");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Customer {
    /// Registers what is new and links it.
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let usage_point = UsagePointId(find(installation, Class::UsagePoint, &self.usage_point)?);
        let from = instant("--from", &self.from, &zone(installation, usage_point)?)?;
        self.link(installation, usage_point, from)?;
        let class = self.class;
        if self.json {
            let Self { usage_point, customer, .. } = &self;
            let told = json!({ "usage_point": usage_point, "customer": customer, "class": class, "from": from });
            output::print_json(&told)?;
        } else {
            output::print(&format!("{} serves {}, {class}, from {from}", self.usage_point, self.customer))?;
            output::say("days that were judged before stay as they are; `amity vee run` judges them again");
        }
        Ok(ExitCode::SUCCESS)
    }

    fn link(&self, installation: &Installation, point: UsagePointId, from: Timestamp) -> Result<(), Failure> {
        let master = installation.books.registry.master();
        let object = |class: Class, name: String, attributes: Option<serde_json::Value>| -> Result<Mrid, Failure> {
            let names = [Name::new("name", name)];
            Ok(installation.ask(master.register(class, &names, attributes.as_ref()))?.id)
        };
        let kind = json!({ "kind": self.class });
        let customer = object(Class::Customer, self.customer.clone(), Some(kind))?;
        let account = object(Class::CustomerAccount, self.customer.clone(), None)?;
        let agreement = object(Class::CustomerAgreement, format!("{} {}", self.customer, self.usage_point), None)?;
        let always = Timestamp::MIN;
        self.end_before(installation, point, agreement, from)?;
        for (relation, subject, target, from) in [
            (Relation::AccountOfCustomer, account, customer, always),
            (Relation::AgreementOfAccount, agreement, account, always),
            (Relation::UsagePointUnderAgreement, point.0, agreement, from),
        ] {
            installation.ask(master.link(&Link { relation, subject, target, from, to: None }))?;
        }
        Ok(())
    }

    /// Ends the agreement with another customer that holds at an instant.
    fn end_before(
        &self,
        installation: &Installation,
        point: UsagePointId,
        agreement: Mrid,
        from: Timestamp,
    ) -> Result<(), Failure> {
        let master = installation.books.registry.master();
        let links = installation.ask(master.links_of(point.0))?;
        let is_served = |link: &&Link| link.relation == Relation::UsagePointUnderAgreement && link.subject == point.0;
        let Some(open) = links.iter().filter(is_served).find(|link| link.holds_at(from)) else { return Ok(()) };
        if open.target == agreement {
            return Ok(());
        }
        let closed = master.close_link(Relation::UsagePointUnderAgreement, point.0, from);
        match installation.runtime.block_on(closed) {
            Err(RegistryError::EmptyLink { .. }) => Err(Failure::Usage(format!(
                "{} serves another customer from that very instant; name a later one",
                self.usage_point
            ))),
            closed => closed.map(drop).map_err(Failure::of_registry),
        }
    }
}
