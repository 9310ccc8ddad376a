//! `amity vee formula explain`: a formula at one interval, with the value of every part.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use vee::formula::{CountScope, Explanation};
use vee::trial::explain_at;

use super::{Source, pointed};
use crate::commands::time_span::instant;
use crate::commands::vee::plan_file;
use crate::commands::vee::series_file::SeriesFile;
use crate::output::{self, Failure};

/// Explain a formula at one interval of a series: what every part says and what it is worth there.
#[derive(Debug, Args)]
pub struct Explain {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    series: SeriesFile,
    /// A time within the interval, in the zone of the series or with an offset.
    #[arg(long, value_name = "TIME")]
    at: String,
    /// What @statuscount counts over.
    #[arg(long, default_value = "interval", value_parser = CountScope::WORDS, value_name = "SCOPE")]
    status_count: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Explain {
    /// Explains and prints.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let (text, formula) = self.source.read()?;
        let formula =
            formula.map_err(|error| Failure::Usage(format!("this is no formula\n{}", pointed(&text, &error))))?;
        let refused = |findings: Vec<_>| Failure::Usage(plan_file::lines(&self.series.name(), &findings));
        let series = self.series.read()?.map_err(refused)?;
        let at = instant("--at", &self.at, &series.zone)?;
        let scope = if self.status_count == "block" { CountScope::Block } else { CountScope::Interval };
        let explanation = explain_at(&formula, &series, at, scope).map_err(refused)?;
        if self.json {
            output::print_json(&json!({ "at": at, "unit": series.unit, "explanation": explanation }))?;
        } else {
            output::print(&as_text(&explanation))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_text(explanation: &Explanation) -> String {
    let mut rows = Vec::new();
    collect(explanation, 0, &mut rows);
    output::table(&["part", "value", "what it says"], &rows)
}

fn collect(explanation: &Explanation, depth: usize, rows: &mut Vec<Vec<String>>) {
    let part = format!("{}{}", "  ".repeat(depth), explanation.part);
    rows.push(vec![part, explanation.value.clone(), explanation.words.clone()]);
    explanation.parts.iter().for_each(|part| collect(part, depth + 1, rows));
}
