//! A position of validation that something else wrote over: nobody begins anew without a word.

use std::error::Error;

use store::readings::Batch;

use crate::review_fixture::{NIGHT, Utility};

#[test]
fn an_unreadable_position_is_told_and_nothing_is_validated() {
    let utility = Utility::with_channels(1);
    utility.arrive(0, NIGHT, 0, "500");
    for (name, text) in [("validation", "yesterday"), ("validation of ended days, UTC", "0.5")] {
        let mut batch = Batch::new(name, [0; 32], utility.now().as_microsecond());
        batch.position = text.into();
        utility.book.append(batch.keyed_by_content()).expect("stored");
    }
    let clock = || utility.now();
    let received = utility.review.validate_received(&clock, &mut |_| {}).expect_err("told");
    assert_eq!(
        received.to_string(),
        "the position `validation` in the readings book is `yesterday`, expected a cursor of the feed"
    );
    let ended = utility.review.validate_ended(&clock, &mut |_| {}).expect_err("told");
    let expected = "the position `validation of ended days, UTC` in the readings book is `0.5`, expected a date";
    assert_eq!((ended.to_string().as_str(), ended.source().is_none()), (expected, true));
}
