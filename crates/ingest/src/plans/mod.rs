//! Which plan judges which day of which channel.
//!
//! The plans of an installation are the one that its settings name, which holds everywhere, and what people put into the
//! registry over it: shared sets, plans made of them, and statements of where each holds from when to when.
//!
//! - [`Plans`]: the book in force, asked for a channel.
//! - [`book`]: how stored statements lie over each other, and what putting a book or an attachment does.
//! - [`live`]: the plans of a running installation, loaded again when they change.
//! - [`listing`]: plans and statements as people are shown them.
//! - [`judged`]: stored days that another plan would judge now.

pub mod book;
pub mod judged;
pub mod listing;
pub mod live;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::finding::Finding;
use model::id::UsagePointId;
use model::master::Channel;
use model::time::LocalDay;
use smol_str::{SmolStr, ToSmolStr};
use store::registry::RegistryError;
use store::registry::directory::Directory;
use vee::Plan;
use vee::plan::DatedPlans;
use vee::plan::book::{Attachment, Belonging, CheckedPlanBook, PlanBook, Scope};
use vee::plan::needs::Outlook;

use crate::placement::zone_of;
use crate::validation::buckets::Calendars;

pub use live::LivePlans;

/// The plans in force.
#[derive(Clone, Debug)]
pub struct Plans {
    written: PlanBook,
    checked: CheckedPlanBook,
    outlook: Outlook,
    calendars: Calendars,
}

/// Why plans could not be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum PlansError {
    /// What is in force is no book of plans: the settings and what was put before do not go together.
    #[error("the book of plans cannot be used: {}", listed(.0))]
    Broken(Vec<Finding>),
    /// What was put cannot be used; nothing of it was kept.
    #[error("nothing was put: {}", listed(.0))]
    Refused(Vec<Finding>),
    /// The registry could not answer or change.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

fn listed(findings: &[Finding]) -> String {
    let told = findings.iter().map(|finding| format!("{}: {}", finding.field, finding.message));
    told.collect::<Vec<_>>().join("; ")
}

impl Plans {
    /// The plans of a book.
    ///
    /// # Errors
    /// Every finding of [`PlanBook::check`].
    pub fn of(book: PlanBook) -> Result<Self, Vec<Finding>> {
        let checked = book.check()?;
        let outlook = checked.outlook();
        Ok(Self { written: book, checked, outlook, calendars: Calendars::default() })
    }

    /// One plan for every channel and day.
    ///
    /// # Errors
    /// Every finding of [`Plan::check`].
    pub fn everywhere(plan: Plan) -> Result<Self, Vec<Finding>> {
        // Findings name their place in the plan, not in the book that is made of it.
        plan.check()?;
        let (name, version) = (plan.name.clone(), plan.version);
        let attach = vec![Attachment { plan: name, version, to: Scope::Everywhere, from: None, until: None }];
        Self::of(PlanBook { attach, ..PlanBook::of_plan(plan) })
    }

    /// The book as it is in force: the plan of the settings, stored sets and plans, and attachments that do not overlap.
    pub fn written(&self) -> &PlanBook {
        &self.written
    }

    /// The book ready to be asked.
    pub fn book(&self) -> &CheckedPlanBook {
        &self.checked
    }

    /// Whether any plan has rules about many days at once.
    pub(crate) fn have_processes(&self) -> bool {
        self.checked.plans().any(|plan| !plan.process.is_empty())
    }

    /// The calendars of time-of-use buckets that were asked for.
    pub(crate) fn calendars(&self) -> &Calendars {
        &self.calendars
    }

    /// How far around a day any plan looks, and at what.
    pub fn outlook(&self) -> &Outlook {
        &self.outlook
    }

    /// Which plan judges each day of a channel.
    pub fn of_channel(&self, directory: &Directory, channel: &Channel) -> DatedPlans<'_> {
        let usage_point = channel.usage_point;
        let belongs = belongings(directory, usage_point, &channel.zone);
        self.checked.of_usage_point(&called(directory, usage_point), &belongs)
    }

    /// Which plan judges each day of a usage point, its days being those of its first channel.
    pub fn of_usage_point(&self, directory: &Directory, usage_point: UsagePointId) -> DatedPlans<'_> {
        let zone = directory.of_usage_point(usage_point).next().map_or("UTC", |channel| channel.zone.as_str());
        self.checked.of_usage_point(&called(directory, usage_point), &belongings(directory, usage_point, zone))
    }
}

/// What people call a usage point first.
pub fn called(directory: &Directory, usage_point: UsagePointId) -> SmolStr {
    let name = directory.usage_point_names(usage_point).first().map(|name| name.value.clone());
    name.unwrap_or_else(|| usage_point.to_smolstr())
}

/// The places that plans may be attached to and that a usage point belongs to: its names and mRID, its programmes, and
/// the class of its customer. Of a day on which the class changes, the first instant decides.
pub fn belongings(directory: &Directory, usage_point: UsagePointId, zone: &str) -> Vec<Belonging> {
    let names = directory.usage_point_names(usage_point).iter().map(|name| name.value.clone());
    let own = names.chain(std::iter::once(usage_point.to_smolstr()));
    let own = own.map(|name| Belonging { place: Scope::UsagePoint(name), from: None, until: None });
    let programme = directory.programmes(usage_point).iter().map(|dates| Belonging {
        place: Scope::Programme(dates.programme.clone()),
        from: dates.from,
        until: dates.until,
    });
    let classes = directory.customer_classes(usage_point);
    let zone = if classes.is_empty() { TimeZone::UTC } else { zone_of(zone).unwrap_or(TimeZone::UTC) };
    let class = classes.iter().map(|class| Belonging {
        place: Scope::CustomerClass(class.value),
        from: first_date(class.from, &zone),
        until: class.to.and_then(|to| first_date(to, &zone)),
    });
    own.chain(programme).chain(class).collect()
}

/// The first local date that begins at an instant or later; `None` for the first instant there is.
fn first_date(at: Timestamp, zone: &TimeZone) -> Option<Date> {
    let day = LocalDay::containing(at, zone)?;
    if day.range.start == at { Some(day.date) } else { day.date.tomorrow().ok() }
}
