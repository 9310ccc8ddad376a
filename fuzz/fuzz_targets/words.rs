//! Words of requests and files that have a reader of their own: what is read is written and read as the same.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use model::event::EndDeviceEventType;
use model::id::Mrid;
use model::master::ConnectionState;
use model::quality::QualityCode;
use model::quantity::Decimal;
use model::reading_type::ReadingType;

libfuzzer_sys::fuzz_target!(|text: &str| {
    same_again::<Decimal>(text);
    same_again::<EndDeviceEventType>(text);
    same_again::<Mrid>(text);
    same_again::<ConnectionState>(text);
    same_again::<QualityCode>(text);
    same_again::<ReadingType>(text);
});

fn same_again<T: FromStr + Display>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        let written = read.to_string();
        let again = written.parse::<T>().ok().map(|again| again.to_string());
        assert_eq!(again, Some(written), "{text}");
    }
}
