//! Running the plan over what was touched: a part of `ingest`, `quarantine replay` and `quality --run`.

use std::collections::BTreeSet;

use ingest::review::Decisions;
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
    let name = &installation.settings.plan;
    let plan = if name == "default" {
        Plan::standard()
    } else {
        let path = installation.folder().join(name);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::Usage(format!("plan {}: cannot be read: {error}", path.display())))?;
        toml::from_str(&text).map_err(|error| Failure::Usage(format!("plan {}: {error}", path.display())))?
    };
    plan.check().map_err(|findings| {
        let findings: Vec<_> =
            findings.iter().map(|finding| format!("{}: {}", finding.field, finding.message)).collect();
        Failure::Usage(format!("plan {name}: {}", findings.join("; ")))
    })
}

/// Validates and estimates the ended days among those that were touched.
pub fn touched(installation: &Installation, mut days: BTreeSet<(ChannelNumber, Date)>) -> Result<Report, Failure> {
    let plan = plan(installation)?;
    let directory = installation.ask(installation.books.registry.directory())?;
    let now = clock::now();
    let decisions = installation.ask(Decisions::of(&installation.books.registry, &days))?;
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
