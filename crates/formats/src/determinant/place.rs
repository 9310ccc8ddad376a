//! Elements with the path that names them, and what is wrong with them.

use std::cell::RefCell;
use std::str::FromStr;

use model::finding::Finding;
use smol_str::SmolStr;

use super::tree::Element;

/// Mandatory elements of the header are missing (IEC 61968-100).
pub(super) const HEADER: &str = "1.5";
/// Mandatory elements of the payload are missing.
pub(super) const MISSING: &str = "1.7";
/// The document is not of its form.
pub(super) const FORM: &str = "1.8";

/// An element of a document, and where it is.
#[derive(Clone, Debug)]
pub(super) struct Place<'d> {
    element: &'d Element,
    /// An XPath by local names, such as `/RequestMessage/Payload/BillingDeterminantRequest[2]/period`.
    pub path: String,
    findings: &'d RefCell<Vec<Finding>>,
}

impl<'d> Place<'d> {
    /// The root of a document; what is wrong with it and what it holds is told to `findings`.
    pub(super) fn root(element: &'d Element, findings: &'d RefCell<Vec<Finding>>) -> Self {
        Self { element, path: format!("/{}", element.name), findings }
    }

    /// The name of the element.
    pub(super) fn name(&self) -> &'d str {
        &self.element.name
    }

    /// The text without surrounding white space.
    pub(super) fn trimmed(&self) -> &'d str {
        self.element.text.trim_matches([' ', '\t', '\r', '\n'])
    }

    /// The text as it is.
    pub(super) fn whole(&self) -> String {
        self.element.text.clone()
    }

    /// Tells what is wrong here; faults beyond [`FAULTS_MAX`] say nothing new.
    pub(super) fn fault(&self, code: &'static str, message: impl Into<String>) {
        let mut findings = self.findings.borrow_mut();
        if findings.len() < FAULTS_MAX {
            findings.push(Finding::new(self.element.line, &*self.path, code, message));
        }
    }

    /// Every child of a name, in order.
    pub(super) fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Self> + use<'d, 'n, '_> {
        let alike = self.element.children.iter().filter(move |child| child.name == name);
        let are_several = alike.clone().nth(1).is_some();
        (1..).zip(alike).map(move |(place, element): (usize, _)| {
            let index = if are_several { format!("[{place}]") } else { String::new() };
            Self { element, path: format!("{}/{name}{index}", self.path), findings: self.findings }
        })
    }

    /// The child of a name that may be there once.
    pub(super) fn maybe(&self, name: &'static str) -> Option<Self> {
        let mut all = self.all(name);
        let first = all.next()?;
        if let Some(second) = all.next() {
            second.fault(FORM, format!("expected one `{name}`, found another"));
        }
        Some(first)
    }

    /// The child of a name that must be there once.
    pub(super) fn one(&self, name: &'static str, code: &'static str) -> Option<Self> {
        let found = self.maybe(name);
        if found.is_none() {
            self.fault(code, format!("expected an element `{name}`"));
        }
        found
    }

    /// The text of a child, where there is one; an empty one is a fault.
    pub(super) fn maybe_text(&self, name: &'static str) -> Option<String> {
        let child = self.maybe(name)?;
        if child.trimmed().is_empty() {
            child.fault(FORM, "expected a text, found nothing");
            return None;
        }
        Some(child.trimmed().to_owned())
    }

    /// The value of a child, where there is one.
    pub(super) fn maybe_parsed<T: FromStr>(&self, name: &'static str, expected: &str) -> Option<T> {
        let child = self.maybe(name)?;
        child.parsed(expected)
    }

    /// The value of a child that must be there.
    pub(super) fn one_parsed<T: FromStr>(&self, name: &'static str, expected: &str) -> Option<T> {
        self.one(name, MISSING)?.parsed(expected)
    }

    /// The text of a child that must be there, as it is.
    pub(super) fn one_whole<T: From<String>>(&self, name: &'static str) -> Option<T> {
        self.one(name, MISSING).map(|child| child.whole().into())
    }

    /// The value of the text.
    pub(super) fn parsed<T: FromStr>(&self, expected: &str) -> Option<T> {
        let value = self.trimmed().parse().ok();
        if value.is_none() {
            let found: SmolStr = self.trimmed().chars().take(SHOWN_MAX).collect();
            self.fault(FORM, format!("expected {expected}, found `{found}`"));
        }
        value
    }

    /// Tells every child that is not one of these names.
    pub(super) fn only(&self, names: &[&str]) {
        for element in self.element.children.iter().filter(|child| !names.contains(&child.name.as_str())) {
            let child = Self { element, path: format!("{}/{}", self.path, element.name), findings: self.findings };
            child.fault(FORM, format!("expected one of {}", names.join(", ")));
        }
    }
}

/// Faults of one document, or of one request in it.
const FAULTS_MAX: usize = 100;
/// Characters of a wrong text that are shown.
const SHOWN_MAX: usize = 60;
