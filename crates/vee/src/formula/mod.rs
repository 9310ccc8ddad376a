//! The formula language of user-defined rules.
//!
//! A formula is one expression; every part is a number at an interval, and a truth is 1 or 0. It reads
//! what it is given and nothing else, has no loops, and its length, depth and size are bounded.
//!
//! | written | meaning |
//! | --- | --- |
//! | `1`, `1.4826` | constants |
//! | `$input` | the data under validation, which is not stored yet |
//! | `$check`, `$"main meter"` | another channel of the day, by its label, else by its role |
//! | `@if(condition, a, b)` | `a` where the condition is not 0, else `b`; nestable |
//! | `@status(channel \AND, S1, S2)` | whether the interval has all statuses; `\OR`: any; no option: all |
//! | `@statuscount(channel \S)` | the number of intervals with the status; see [`CountScope`] |
//! | `@sum @min @max @avg @median @sd @mad @count @zerocount @outagecount` | a statistic over the day, `@avg($input)`; over stored days, `@avg($history)` |
//! | `@formula(name)` | another formula of the [`Library`] |
//! | `+ - * /`, `= <> < <= > >=`, `AND OR NOT`, `( )` | as usual; `*` before `+` before `=` before `NOT` before `AND` before `OR` |
//!
//! Values are in the unit of their channel and the arithmetic is exact. A part without a value (a gap)
//! has no result, unless the result does not depend on it (`0 AND $input`). Intervals that were never
//! received (EMPTY) are left out of statistics; values that the source stored and called missing
//! (MISSING) are not. `@sd` is the standard deviation of the whole population, exact where it is a
//! fraction, else rounded down to a millionth of the channel's quantum. The median of an even number of
//! values is the mean of the two in the middle.
//!
//! Source: the formula of the guidance on assumed meter time and the public help of the same product.

mod evaluate;
mod explain;
mod lexer;
mod library;
mod number;
mod parser;
mod statistic;
mod tree;

use std::fmt;

use smol_str::SmolStr;

pub use evaluate::{CountScope, EvaluationError};
pub use explain::{Explanation, explain};
pub use library::{Library, NamedFormula};

pub(crate) use evaluate::Evaluation;
pub(crate) use parser::status as named_status;

/// The longest text in bytes.
pub const LENGTH_MAX: usize = 4_000;

/// The deepest nesting.
pub const DEPTH_MAX: usize = 32;

/// The most parts of a formula, the formulas it names included.
pub const PARTS_MAX: usize = 500;

/// A formula that was read and whose names are known.
#[derive(Clone, Debug)]
pub struct Formula {
    text: SmolStr,
    root: tree::Node,
    statistics: usize,
}

impl Formula {
    /// The formula of a text that names no other formula.
    ///
    /// # Errors
    /// The column and what was expected there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Library::default().formula(text)
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it reads another channel than its own.
    pub(crate) fn names_a_channel(&self) -> bool {
        self.root.names_a_channel()
    }

    /// The text as it is understood: every operation in parentheses.
    pub fn understood(&self) -> String {
        self.root.to_string()
    }
}

/// Why a text is no formula.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ParseError {
    /// Where, in characters from one.
    pub column: usize,
    /// What could stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl ParseError {
    fn new(column: usize, expected: impl Into<String>, found: &str) -> Self {
        Self { column, expected: expected.into(), found: found.into() }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: expected {}, found {}", self.column, self.expected, self.found)
    }
}
