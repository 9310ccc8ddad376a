//! Running the plan over what is due: a part of `ingest`, `quarantine replay`, `quality --run` and `vee run`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ingest::review::Decisions;
use ingest::validation::totals::Tolerances;
use ingest::validation::{self, Report};
use jiff::civil::Date;
use model::id::ChannelNumber;
use vee::CheckedPlan;

use super::review;
use super::vee::plan_file;
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// The plan of an installation, checked.
pub fn plan(installation: &Installation) -> Result<CheckedPlan, Failure> {
    Ok(plan_file::of_installation(installation)?.1)
}

/// How far sums may be from registers and stated amounts, as the plan of an installation says.
pub fn tolerances(installation: &Installation) -> Result<Tolerances, Failure> {
    let (written, _) = plan_file::of_installation(installation)?;
    Tolerances::of(&written).ok_or_else(|| Failure::Usage(format!("plan {}: V50 has no tolerances", written.name)))
}

/// Validates and estimates what arrived and was not validated yet, and days that ended meanwhile, and says what came of
/// it.
pub fn due(installation: &Installation) -> Result<(), Failure> {
    let review = review::review(installation, Arc::new(plan(installation)?));
    let mut progress = Progress::new("validated", "channel-days");
    let mut tell = |count| progress.add(count, "");
    let failed = |error| Failure::work("could not validate", error);
    let mut report = review.validate_received(&clock::now, &mut tell).map_err(failed)?;
    report += review.validate_ended(&clock::now, &mut tell).map_err(failed)?;
    progress.finish();
    say(&report);
    Ok(())
}

/// Validates days that ended meanwhile.
pub fn ended(installation: &Installation) -> Result<Report, Failure> {
    let review = review::review(installation, Arc::new(plan(installation)?));
    review.validate_ended(&clock::now, &mut |_| {}).map_err(|error| Failure::work("could not validate", error))
}

/// Says what came of a run.
pub fn say(report: &Report) {
    if 0 < report.days {
        output::say(&format!(
            "validated {} channel-days: {} values estimated, {} rules failed, {} days have not ended yet",
            grouped(report.days),
            grouped(report.estimated),
            grouped(report.failures),
            grouped(report.waiting)
        ));
    }
}

/// Validates and estimates the ended days among those given.
pub fn run(installation: &Installation, mut days: BTreeSet<(ChannelNumber, Date)>) -> Result<Report, Failure> {
    let plan = plan(installation)?;
    let directory = installation.ask(installation.books.registry.directory())?;
    let now = clock::now();
    let decisions = installation.ask(Decisions::of(&installation.books.registry, &days, &plan))?;
    let mut progress = Progress::new("validated", "channel-days");
    let tell = &mut |count| progress.add(count, "");
    let report = validation::run(&installation.books.readings, &directory, &plan, &decisions, &mut days, now, tell)
        .map_err(|error| Failure::work("could not validate", error))?;
    progress.finish();
    Ok(report)
}
