//! The kind of a file by its first bytes, then its reader: whatever is recognised is read calmly.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Some(format) = bytes.get(1..).and_then(formats::detect) {
        fuzz::same_in_pieces(format, bytes);
    }
});
