//! What a change of plans leaves to run.

use ingest::plans::judged::{JudgedOtherwise, judged_otherwise};
use jiff::civil::Date;

use crate::commands::validate;
use crate::installation::Installation;
use crate::output::Failure;
use crate::progress::grouped;

/// Stored days from a date on and until another that another plan judged than the one that holds now.
pub fn left(installation: &Installation, dates: (Option<Date>, Option<Date>)) -> Result<JudgedOtherwise, Failure> {
    let plans = validate::plans(installation)?;
    let directory = installation.ask(installation.books.registry.directory())?;
    judged_otherwise(&installation.books.readings, &directory, &plans, dates)
        .map_err(|error| Failure::work("could not read", error))
}

/// How many they are, and what to do about them.
pub fn words(left: &JudgedOtherwise) -> String {
    let JudgedOtherwise { channel_days, first: Some(first), last: Some(last) } = left else {
        return "no stored channel-day was judged by another plan".into();
    };
    let end = last.tomorrow().unwrap_or(*last);
    let one = if *channel_days == 1 { "channel-day was" } else { "channel-days were" };
    format!(
        "{} stored {one} judged by another plan than the one that holds now, and stay so until they are run again:\n  \
         amity vee run --from {first} --to {end}",
        grouped(*channel_days)
    )
}
