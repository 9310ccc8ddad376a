//! What goes over the socket.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The longest line that asks.
pub const CALL_BYTES_MAX: u64 = 1 << 20;
/// The longest frame.
const FRAME_BYTES_MAX: usize = 1 << 20;

/// A command, as one line of JSON.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The command line, the name of the program first.
    pub arguments: Vec<String>,
    /// Where relative paths begin.
    pub folder: PathBuf,
    /// Whether a person watches standard error.
    pub is_watched: bool,
}

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Bytes for standard output.
    Result,
    /// Bytes for standard error.
    Talk,
    /// The exit status, in one byte; the last frame.
    Ended,
}

impl Part {
    const ALL: [Self; 3] = [Self::Result, Self::Talk, Self::Ended];
}

/// Writes a frame: the part in one byte, the length in four, most significant first, and as many bytes as one frame
/// takes; answers how many those are.
///
/// # Errors
/// What the socket says.
pub fn send(stream: &mut impl Write, part: Part, bytes: &[u8]) -> io::Result<usize> {
    let bytes = &bytes[..bytes.len().min(FRAME_BYTES_MAX)];
    let mut head = [part as u8; 5];
    head[1..].copy_from_slice(&(bytes.len() as u32).to_be_bytes());
    stream.write_all(&head)?;
    stream.write_all(bytes)?;
    Ok(bytes.len())
}

/// Reads a frame.
///
/// # Errors
/// What the socket says; [`io::ErrorKind::InvalidData`] for what is no frame.
pub fn receive(stream: &mut impl Read) -> io::Result<(Part, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let part = Part::ALL.get(usize::from(head[0])).filter(|_| length <= FRAME_BYTES_MAX);
    let part = part.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "expected a frame of an answer"))?;
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok((*part, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        let mut bytes = Vec::new();
        for (part, text) in [(Part::Result, "a"), (Part::Talk, ""), (Part::Ended, "\0")] {
            assert_eq!(send(&mut bytes, part, text.as_bytes()).expect("written"), text.len());
        }
        assert_eq!(bytes, [0, 0, 0, 0, 1, b'a', 1, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0]);
        let mut rest = bytes.as_slice();
        let parts = std::iter::from_fn(|| receive(&mut rest).ok()).collect::<Vec<_>>();
        assert_eq!(parts, [(Part::Result, b"a".to_vec()), (Part::Talk, vec![]), (Part::Ended, vec![0])]);
    }

    #[test]
    fn what_is_no_frame_is_refused_before_memory_is_taken() {
        for head in [[3, 0, 0, 0, 0], [0, 255, 255, 255, 255]] {
            assert_eq!(receive(&mut &head[..]).map_err(|error| error.kind()), Err(io::ErrorKind::InvalidData));
        }
    }
}
