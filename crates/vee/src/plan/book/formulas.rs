//! Formulas of the book, shared by every plan of it.
//!
//! Each has a name and a version; the newest version of a name counts, for every plan at once, so an edit of a formula changes
//! every rule that uses it. A formula may name others of the book. What a set writes down itself is its own, and none may have
//! the name of one of the book.

use std::collections::BTreeMap;

use model::finding::Finding;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use super::PlanBook;
use super::check::taken;
use crate::formula::{Library, NamedFormula};
use crate::plan::Plan;

/// A version of a formula of the book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedFormula {
    /// The name that rules use.
    pub name: SmolStr,
    /// Goes up with every change.
    pub version: u32,
    /// The formula.
    pub text: SmolStr,
}

impl PlanBook {
    /// A plan with the formulas of the book that its rules and its own formulas use, at their newest versions.
    pub fn complete(&self, mut plan: Plan) -> Plan {
        let own: Vec<SmolStr> = plan.formula.iter().map(|formula| formula.name.clone()).collect();
        let newest = self.newest_formulas();
        let mut open: Vec<&SharedFormula> = newest.values().map(|(_, formula)| *formula).collect();
        open.retain(|formula| !own.contains(&formula.name));
        loop {
            let is_used = |formula: &SharedFormula| {
                plan.user_rule.iter().any(|rule| rule.named_formula_id == formula.name)
                    || plan.formula.iter().any(|user| may_name(&user.text, &formula.name))
            };
            let (used, unused): (Vec<_>, Vec<_>) = open.into_iter().partition(|formula| is_used(formula));
            if used.is_empty() {
                return plan;
            }
            let named =
                |formula: &SharedFormula| NamedFormula { name: formula.name.clone(), text: formula.text.clone() };
            plan.formula.extend(used.into_iter().map(named));
            open = unused;
        }
    }

    /// What is wrong with the formulas of the book: names that stand twice or that a set uses too, and texts that are no
    /// formula or name one that is not there. Only the newest versions are read.
    pub(super) fn formula_findings(&self) -> Vec<Finding> {
        let mut findings = taken("formula", self.formula.iter().map(|formula| (&formula.name, formula.version)));
        for (at, formula) in self.formula.iter().enumerate().filter(|(_, formula)| formula.version == 0) {
            let message = format!("found version 0 of `{}`, expected a number from 1 on", formula.name);
            findings.push(Finding::new(0, format_smolstr!("formula[{at}].version"), "book.version", message));
        }
        let newest = self.newest_formulas();
        let (places, named): (Vec<usize>, Vec<NamedFormula>) = newest
            .values()
            .map(|(at, formula)| (*at, NamedFormula { name: formula.name.clone(), text: formula.text.clone() }))
            .unzip();
        for (place, formula) in places.iter().zip(&named) {
            // Read with this one first, so that what is found of it is told once, at its own place.
            let others = named.iter().filter(|other| other.name != formula.name);
            let library: Vec<NamedFormula> = std::iter::once(formula).chain(others).cloned().collect();
            let (_, found) = Library::read(&library);
            let own = found.into_iter().filter_map(|found| {
                let field = format_smolstr!("formula[{place}]{}", found.field.strip_prefix("formula[0]")?);
                Some(Finding { field, ..found })
            });
            findings.extend(own);
        }
        findings.extend(self.doubled(&newest));
        findings
    }

    /// Formulas of sets that have the name of one of the book.
    fn doubled(&self, newest: &BTreeMap<&SmolStr, (usize, &SharedFormula)>) -> Vec<Finding> {
        let of_sets = self.validation_set.iter().enumerate().flat_map(|(at, set)| {
            set.formula.iter().enumerate().map(move |(place, formula)| (at, place, &formula.name))
        });
        let twice = of_sets.filter_map(|(at, place, name)| {
            let (of_book, _) = newest.get(name)?;
            let message = format!("`{name}` is formula[{of_book}] of the book too; give one of them another name");
            let field = format_smolstr!("validation_set[{at}].formula[{place}].name");
            Some(Finding::new(0, field, "book.formula_twice", message))
        });
        twice.collect()
    }

    /// The newest version of each formula, with its place in the book.
    fn newest_formulas(&self) -> BTreeMap<&SmolStr, (usize, &SharedFormula)> {
        let mut newest: BTreeMap<&SmolStr, (usize, &SharedFormula)> = BTreeMap::new();
        for (at, formula) in self.formula.iter().enumerate() {
            let known = newest.entry(&formula.name).or_insert((at, formula));
            if known.1.version < formula.version {
                *known = (at, formula);
            }
        }
        newest
    }
}

/// Whether a text may name a formula.
fn may_name(text: &str, name: &str) -> bool {
    text.contains("@formula") && text.contains(name)
}
