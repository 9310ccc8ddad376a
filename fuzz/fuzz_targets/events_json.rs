//! Device events in JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::same_in_pieces(formats::Format::EventsJson, bytes));
