//! Messages about billing determinants: asked for and told; what is told is read back as it was written.
#![no_main]

use formats::determinant::{Reply, ReplyResult, ToldMessage, read_requests, read_told, write_told};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Whether it asks for something is not the question here.
    let _ = read_requests(bytes);
    if let Ok((header, told)) = read_told(bytes) {
        let reply = Reply { result: ReplyResult::Ok, errors: Vec::new() };
        let mut written = Vec::new();
        write_told(&ToldMessage { header, correlation: "c", reply, told: &told }, &mut written);
        assert_eq!(read_told(&written).map(|(_, again)| again), Ok(told));
    }
});
