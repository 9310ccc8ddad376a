//! A plan in a file: TOML, or JSON where the name ends so, with the line of each finding.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ingest::plans::Plans;
use model::finding::{Finding, Severity};
use model::id::{Mrid, Name};
use serde::de::DeserializeOwned;
use store::registry::master::Class;
use vee::plan::book::{PlanBook, Scope};
use vee::{CheckedPlan, Plan};

use crate::commands::{validate, written};
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::Failure;
use crate::settings::{self, Settings};

/// The text of a file of a plan.
pub struct PlanFile {
    name: String,
    text: String,
    is_json: bool,
}

/// What such a file may hold.
pub enum Written {
    /// A plan.
    Plan(Box<Plan>),
    /// Shared sets, plans made of them, and where each holds.
    Book(PlanBook),
}

impl PlanFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Failure::Usage`] where it cannot be read.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(caller::path(path))
            .map_err(|error| Failure::Usage(format!("plan {}: cannot be read: {error}", path.display())))?;
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        Ok(Self { name: path.display().to_string(), text, is_json })
    }

    /// What it holds: a book where it has the lists of one.
    ///
    /// # Errors
    /// One finding: what is no TOML or JSON, or an entry that plans do not have.
    pub fn written(&self) -> Result<Written, Finding> {
        let keys: serde_json::Map<String, serde_json::Value> = self.read()?;
        let has = |list: &str| keys.contains_key(list);
        let of_book = ["validation_set", "estimation_set", "plan", "attach"].iter().any(|list| has(list));
        // A plan has formulas too, and a name.
        if of_book || has("formula") && !has("name") {
            return self.read().map(Written::Book);
        }
        self.read().map(|plan| Written::Plan(Box::new(plan)))
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T, Finding> {
        written::read(&self.text, self.is_json, "plan.syntax")
    }

    /// The findings of a check, each with its line.
    pub fn placed(&self, findings: Vec<Finding>) -> Vec<Finding> {
        findings.into_iter().map(|finding| Finding { line: self.line(&finding.field), ..finding }).collect()
    }

    /// The line of a place such as `validate[2].settings.excess` in TOML: that of the key, else of its table; 0 where it
    /// is not found.
    fn line(&self, place: &str) -> u64 {
        let Some((table, rest)) = place.split_once('[') else { return 0 };
        let Some((at, field)) = rest.split_once(']') else { return 0 };
        let (head, at) = (format!("[[{table}]]"), at.parse().unwrap_or(usize::MAX));
        let lines = || (1..).zip(self.text.lines().map(str::trim));
        let Some((begin, _)) = lines().filter(|(_, line)| line.starts_with(&head)).nth(at) else { return 0 };
        let inside = lines().filter(|(line, _)| begin < *line).take_while(|(_, line)| !line.starts_with("[["));
        let last = field.rsplit('.').next().unwrap_or_default();
        let is_key = |line: &str| {
            let key = line.split_once('=').map_or("", |(key, _)| key.trim());
            !last.is_empty() && key.rsplit('.').next().is_some_and(|key| key.trim() == last)
        };
        inside.into_iter().find(|(_, line)| is_key(line)).map_or(begin, |(line, _)| line)
    }

    /// The plan of the file, as written and checked.
    ///
    /// # Errors
    /// Every finding with its line.
    pub fn plan(&self) -> Result<(Plan, CheckedPlan), Vec<Finding>> {
        match self.written().map_err(|finding| vec![finding])? {
            Written::Plan(plan) => {
                let checked = plan.check().map_err(|findings| self.placed(findings))?;
                Ok((*plan, checked))
            }
            Written::Book(_) => {
                let message = "found a book of plans, expected one plan; write it to a file of its own";
                Err(vec![Finding::new(0, "file", "plan.book", message)])
            }
        }
    }

    /// Its findings as one failure.
    pub fn refused(&self, findings: &[Finding]) -> Failure {
        Failure::Usage(format!("plan {} cannot be used\n{}", self.name, lines(&self.name, findings)))
    }
}

/// The plan of a file, as written and checked.
///
/// # Errors
/// [`Failure::Usage`] with every finding.
pub fn load(path: &Path) -> Result<(Plan, CheckedPlan), Failure> {
    let file = PlanFile::open(path)?;
    file.plan().map_err(|findings| file.refused(&findings))
}

/// The plans of a file with what they are called: one plan that holds everywhere, or a book over those of an
/// installation.
///
/// # Errors
/// [`Failure::Usage`] with every finding.
pub fn load_beside(path: &Path, installed: &Plans) -> Result<((String, Option<u32>), Plans), Failure> {
    let file = PlanFile::open(path)?;
    let refused = |findings: Vec<Finding>| file.refused(&file.placed(findings));
    match file.written().map_err(|finding| file.refused(&[finding]))? {
        Written::Plan(plan) => {
            let name = (plan.name.to_string(), Some(plan.version));
            Ok((name, Plans::everywhere(installed.written().complete(*plan)).map_err(refused)?))
        }
        Written::Book(book) => {
            let name = format!("the book {}", file.name);
            Ok(((name, None), installed.with(&book).map_err(refused)?))
        }
    }
}

/// The plans that a file is held against: those of the installation of a data folder, where there is one.
///
/// # Errors
/// As opening it.
pub fn installed(folder: &Path) -> Result<Option<Arc<Plans>>, Failure> {
    if !folder.join(settings::FILE_NAME).exists() {
        return Ok(None);
    }
    validate::plans(&Installation::open(folder)?).map(Some)
}

/// The plan that the settings of a data folder name, as written and checked.
///
/// # Errors
/// As [`load`].
pub fn of_settings(settings: &Settings, folder: &Path) -> Result<(Plan, CheckedPlan), Failure> {
    if settings.plan != "default" {
        return load(&folder.join(&settings.plan));
    }
    let plan = Plan::standard();
    let checked = plan.check().map_err(|findings| Failure::Usage(lines("default", &findings)))?;
    Ok((plan, checked))
}

/// The plan of an installation, as written and checked.
///
/// # Errors
/// As [`load`].
pub fn of_installation(installation: &Installation) -> Result<(Plan, CheckedPlan), Failure> {
    of_settings(&installation.settings, installation.folder())
}

/// A finding for each usage point that plans are attached to and that nothing is called yet.
pub fn unknown_usage_points(installation: &Installation, book: &PlanBook) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let warning = |at: usize, message: String| {
        let field = format!("attach[{at}].to");
        Finding::new(0, field, "book.unknown_usage_point", message).with_severity(Severity::Warning)
    };
    for (at, attachment) in book.attach.iter().enumerate() {
        let Scope::UsagePoint(name) = &attachment.to else { continue };
        let master = installation.books.registry.master();
        let found = installation.runtime.block_on(master.find(Class::UsagePoint, &Name::new("", name.as_str())));
        match found {
            Ok(None) if name.parse::<Mrid>().is_err() => {
                let message = format!("no usage point is called `{name}` yet; the plan holds once one is registered");
                findings.push(warning(at, message));
            }
            Ok(_) => {}
            Err(error) if error.is_contradiction() => findings.push(warning(at, error.to_string())),
            Err(error) => return Err(Failure::of_registry(error)),
        }
    }
    Ok(findings)
}

/// Findings of one kind that people are told; the others are like them.
const OF_A_KIND_MAX: usize = 20;

/// Findings for people, a line each, as far as they differ.
pub fn lines(file: &str, findings: &[Finding]) -> String {
    let mut of_kind: BTreeMap<&str, usize> = BTreeMap::new();
    let mut lines = Vec::new();
    for finding in findings {
        let count = of_kind.entry(&finding.code).or_default();
        *count += 1;
        if *count <= OF_A_KIND_MAX {
            lines.push(line(file, finding));
        }
    }
    let more = of_kind.into_iter().filter(|(_, count)| OF_A_KIND_MAX < *count);
    lines.extend(more.map(|(code, count)| format!("{file}: and {} more [{code}]", count - OF_A_KIND_MAX)));
    lines.join("\n")
}

fn line(file: &str, finding: &Finding) -> String {
    let Finding { line, field, code, severity, message, .. } = finding;
    let place = if *line == 0 { file.to_owned() } else { format!("{file}:{line}") };
    format!("{place}: {}: {field}: {message} [{code}]", severity.word())
}

/// Whether someone has to look.
pub fn is_fault(finding: &Finding) -> bool {
    Severity::Warning <= finding.severity
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_stand_on_the_line_of_their_key() {
        let text =
            "name = \"p\"\n\n[[validate]]\nrule = \"V30\"\n\n[[validate]]\nrule = \"V31\"\nsettings.excess = \"1\"\n";
        let file = PlanFile { name: "p.toml".into(), text: text.into(), is_json: false };
        for (place, expected) in [
            ("validate[0].rule", 4),
            ("validate[1]", 6),
            ("validate[1].settings.excess", 8),
            ("validate[1].settings.floor", 6),
            ("validate[2].rule", 0),
            ("name", 0),
        ] {
            assert_eq!(file.line(place), expected, "{place}");
        }
    }
}
