//! The one place of the program that reads the wall clock.

use jiff::Timestamp;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "everything below is given the time as an argument")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
