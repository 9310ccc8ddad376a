//! Running the plan over what was touched: a part of `ingest`, `quarantine replay` and `quality --run`.

use std::collections::BTreeSet;

use ingest::review::Decisions;
use ingest::validation::totals::Tolerances;
use ingest::validation::{self, Report};
use jiff::civil::Date;
use model::id::ChannelNumber;
use vee::{CheckedPlan, Plan};

use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};

/// The plan of an installation, checked.
pub fn plan(installation: &Installation) -> Result<CheckedPlan, Failure> {
    Ok(written_and_checked(installation)?.1)
}

/// How far sums may be from registers and stated amounts, as the plan of an installation says.
pub fn tolerances(installation: &Installation) -> Result<Tolerances, Failure> {
    let (written, _) = written_and_checked(installation)?;
    Tolerances::of(&written).ok_or_else(|| Failure::Usage(format!("plan {}: V50 has no tolerances", written.name)))
}

fn written_and_checked(installation: &Installation) -> Result<(Plan, CheckedPlan), Failure> {
    let name = &installation.settings.plan;
    let plan = if name == "default" {
        Plan::standard()
    } else {
        let path = installation.folder().join(name);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::Usage(format!("plan {}: cannot be read: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| Failure::Usage(format!("plan {}: {error}", path.display())))?
    };
    let checked = plan.check().map_err(|findings| {
        let findings: Vec<_> =
            findings.iter().map(|finding| format!("{}: {}", finding.field, finding.message)).collect();
        Failure::Usage(format!("plan {name}: {}", findings.join("; ")))
    })?;
    Ok((plan, checked))
}

/// Validates and estimates the ended days among those that were touched.
pub fn touched(installation: &Installation, mut days: BTreeSet<(ChannelNumber, Date)>) -> Result<Report, Failure> {
    let plan = plan(installation)?;
    let directory = installation.ask(installation.books.registry.directory())?;
    let now = clock::now();
    let decisions = installation.ask(Decisions::of(&installation.books.registry, &days, &plan))?;
    let mut progress = Progress::new("validated", "channel-days");
    let tell = &mut |count| progress.add(count, "");
    let report = validation::run(&installation.books.readings, &directory, &plan, &decisions, &mut days, now, tell)
        .map_err(|error| Failure::work("could not validate", error))?;
    progress.finish();
    if 0 < report.days {
        output::say(&format!(
            "validated {} channel-days: {} values estimated, {} rules failed, {} days have not ended yet",
            grouped(report.days),
            grouped(report.estimated),
            grouped(report.failures),
            grouped(report.waiting)
        ));
    }
    Ok(report)
}
