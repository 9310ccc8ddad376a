//! `cargo xtask demo`: placeholder
use crate::repository::Repository;
use crate::step::Failure;
pub fn run(_repository: &Repository, _arguments: &[String]) -> Result<(), Failure> {
    Ok(())
}
