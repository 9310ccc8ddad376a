//! Running the plans over what is due: a part of `ingest`, `quarantine replay`, `quality --run` and `vee run`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ingest::plans::{LivePlans, Plans, PlansError};
use ingest::review::Decisions;
use ingest::validation::{self, Report};
use jiff::civil::Date;
use model::id::ChannelNumber;

use super::review;
use super::vee::plan_file;
use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// The plans of an installation, which follow what is put while it runs; that they can be used is known.
pub fn live_plans(installation: &Installation) -> Result<LivePlans, Failure> {
    let live = LivePlans::new(installation.books.registry.clone(), plan_file::of_installation(installation)?.0);
    installation.runtime.block_on(live.now()).map_err(plans_failure)?;
    Ok(live)
}

/// The plans of an installation as they are now.
pub fn plans(installation: &Installation) -> Result<Arc<Plans>, Failure> {
    let live = live_plans(installation)?;
    installation.runtime.block_on(live.now()).map_err(plans_failure)
}

/// A failure of plans for people, every finding on a line.
pub fn plans_failure(error: PlansError) -> Failure {
    match error {
        PlansError::Broken(findings) => {
            Failure::Usage(format!("the plans cannot be used\n{}", plan_file::lines("plans", &findings)))
        }
        PlansError::Refused(findings) => {
            Failure::Usage(format!("nothing was put\n{}", plan_file::lines("plans", &findings)))
        }
        PlansError::Registry(error) => Failure::of_registry(error),
    }
}

/// Validates and estimates what arrived and was not validated yet, and days that ended meanwhile, and says what came of
/// it.
pub fn due(installation: &Installation) -> Result<(), Failure> {
    let review = review::review(installation, Arc::new(live_plans(installation)?));
    let mut progress = Progress::new("validated", "channel-days");
    let mut tell = |count| progress.add(count, "");
    let failed = |error| Failure::work("could not validate", error);
    let mut report = review.validate_received(&clock::now, &mut tell).map_err(failed)?;
    report += review.validate_ended(&clock::now, &mut tell).map_err(failed)?;
    progress.finish();
    say(&report);
    Ok(())
}

/// Validates what follows from what was decided, and days that ended meanwhile.
pub fn ended(installation: &Installation) -> Result<Report, Failure> {
    let review = review::review(installation, Arc::new(live_plans(installation)?));
    let failed = |error| Failure::work("could not validate", error);
    let mut report = review.validate_received(&clock::now, &mut |_| {}).map_err(failed)?;
    report += review.validate_ended(&clock::now, &mut |_| {}).map_err(failed)?;
    Ok(report)
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
    if 0 < report.reads {
        output::say(&format!("judged {} register reads", grouped(report.reads)));
    }
    say_damaged(report);
}

/// Says which days a run had to leave as they are.
pub fn say_damaged(report: &Report) {
    if 0 < report.damaged {
        output::say(&format!(
            "{} channel-days stay as they are: stored bytes of them are damaged, `amity doctor` names them",
            grouped(report.damaged)
        ));
    }
}

/// Validates and estimates the ended days among those given.
pub fn run(installation: &Installation, mut days: BTreeSet<(ChannelNumber, Date)>) -> Result<Report, Failure> {
    let stamp = validation::stamp(&installation.books.readings, clock::now());
    let plans = plans(installation)?;
    let directory = installation.ask(installation.books.registry.directory())?;
    let decisions = installation.ask(Decisions::of(&installation.books.registry, &directory, &days, &plans))?;
    let mut progress = Progress::new("validated", "channel-days");
    let tell = &mut |count| progress.add(count, "");
    let report = validation::run(&installation.books.readings, &directory, &plans, &decisions, &mut days, stamp, tell)
        .map_err(|error| Failure::work("could not validate", error))?;
    progress.finish();
    Ok(report)
}
