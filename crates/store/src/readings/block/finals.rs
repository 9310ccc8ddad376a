//! What validation decided for a channel-day, every run of it in order of arrival.

use super::super::dictionary::{Arrived, Dictionary, DictionaryBuilder};
use super::super::version::FinalVersion;
use super::super::wire::{Input, Malformed, Put};

/// The body of a day's block.
pub(in super::super) fn encode(versions: &[FinalVersion], dictionary: &mut DictionaryBuilder) -> Vec<u8> {
    let mut out = Vec::new();
    for version in versions {
        let FinalVersion { sequence, received_at, .. } = *version;
        let arrived = Arrived { sequence, received_at, revision: None };
        out.put_varint(u64::from(dictionary.arrival(arrived)));
        out.put_bytes(&version.bytes);
    }
    out
}

/// Reads what [`encode`] wrote.
pub(in super::super) fn decode(body: &[u8], dictionary: &Dictionary) -> Result<Vec<FinalVersion>, Malformed> {
    let mut input = Input::new(body);
    let mut versions = Vec::new();
    while !input.is_empty() {
        let Arrived { sequence, received_at, .. } = dictionary.arrival(input.number()?)?;
        versions.push(FinalVersion { sequence, received_at, bytes: input.bytes()?.into() });
    }
    Ok(versions)
}
