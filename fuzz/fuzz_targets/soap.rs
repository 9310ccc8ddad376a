//! What messages in SOAP say of themselves; what they say of the message they answer is read back as it is written.
#![no_main]

use formats::soap::{read, write_reply};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = read(bytes)
        && let Some(reply) = &message.reply
    {
        let written = write_reply(&message.header, &message.correlation, reply, message.soap);
        assert!(read(&written).is_ok());
    }
});
