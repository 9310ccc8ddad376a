//! IEC 61968-9 messages.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::same_in_pieces(formats::Format::Cim, bytes));
