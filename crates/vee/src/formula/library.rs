//! Named formulas: stored by name, used by rules and by each other.

use model::finding::Finding;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::parser::{Growth, tree};
use super::tree::Node;
use super::{Formula, ParseError};

/// A formula as a plan holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedFormula {
    /// The name that rules use (IEE: Named Formula ID).
    pub name: SmolStr,
    /// The formula.
    pub text: SmolStr,
}

/// The formulas of a plan by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Library(Vec<NamedFormula>);

impl Library {
    /// The library of these formulas, and a finding for each name that is taken or empty and each
    /// text that is no formula. Places are `formula[1].text`.
    pub fn read(formulas: &[NamedFormula]) -> (Self, Vec<Finding>) {
        let library = Self(formulas.to_vec());
        let mut findings = Vec::new();
        for (at, formula) in formulas.iter().enumerate() {
            let place = |field: &str| format_smolstr!("formula[{at}].{field}");
            if formula.name.is_empty() || formulas[..at].iter().any(|earlier| earlier.name == formula.name) {
                let message = format!("found `{}`, expected a name that no other formula has", formula.name);
                findings.push(Finding::new(0, place("name"), "plan.formula_name", message));
            } else if let Err(why) = library.named(&formula.name, &[], &mut Growth::default()) {
                let message = format!("the formula `{}` {why}", formula.name);
                findings.push(Finding::new(0, place("text"), "plan.formula", message));
            }
        }
        (library, findings)
    }

    /// The formula of a name.
    pub fn get(&self, name: &str) -> Option<Formula> {
        let text = &self.0.iter().find(|formula| formula.name == name)?.text;
        self.formula(text).ok()
    }

    /// The names, in the order written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|formula| formula.name.as_str())
    }

    /// The formula of a text that may name formulas of the library.
    ///
    /// # Errors
    /// The column and what was expected there.
    pub fn formula(&self, text: &str) -> Result<Formula, ParseError> {
        let mut growth = Growth::default();
        let root = tree(text, &|name, growth| self.named(name, &[], growth), &mut growth)?;
        Ok(Formula { text: text.into(), root, statistics: growth.statistics })
    }

    /// The tree of a named formula; `open` are the names that are being read, so that none is used
    /// within itself.
    fn named(&self, name: &str, open: &[&str], growth: &mut Growth) -> Result<Node, String> {
        if open.contains(&name) {
            return Err(format!("uses itself: {} uses {name}", open.join(" uses ")));
        }
        let Some(formula) = self.0.iter().find(|formula| formula.name == name) else {
            let known: Vec<&str> = self.names().collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            return Err(format!("does not exist; known formulas are: {known}"));
        };
        let open: Vec<&str> = open.iter().copied().chain([name]).collect();
        tree(&formula.text, &|name, growth| self.named(name, &open, growth), growth)
            .map_err(|error| format!("is wrong at {error}"))
    }
}
