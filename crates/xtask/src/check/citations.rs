//! Every requirement id that a test cites exists in the catalogue.

use super::none_found;
use crate::repository::Repository;
use crate::step::Failure;
use crate::trace;

pub fn check(repository: &Repository) -> Result<(), Failure> {
    let unknown = trace::unknown_citations(repository)?;
    none_found(unknown, "ids cited that no catalogue file lists", trace::UNKNOWN_ADVICE)
}
