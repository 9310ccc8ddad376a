//! The register reads of a channel with their moment on one UTC date, every version of them.
//!
//! Count, then of each: moment, period, value, quality and arrival. Versions of one read keep their order of
//! arrival.

use super::super::dictionary::{Arrived, Dictionary, DictionaryBuilder};
use super::super::quality::QualityId;
use super::super::version::{RegisterVersion, Stamp};
use super::super::wire::{Input, Malformed, Put};

/// The body of a day's block.
pub(in super::super) fn encode(versions: &[RegisterVersion], dictionary: &mut DictionaryBuilder) -> Vec<u8> {
    let mut versions = versions.to_vec();
    versions.sort_by_key(|version| (version.at, version.period_start));
    let mut out = Vec::new();
    out.put_varint(versions.len() as u64);
    let mut last = dictionary.key.day.midnight_utc();
    for version in &versions {
        out.put_signed(version.at.wrapping_sub(last));
        last = version.at;
        out.put_optional(version.period_start.map(|start| version.at.wrapping_sub(start)));
        out.put_optional(version.value);
        out.put_varint(u64::from(version.stamp.quality.0));
        out.put_varint(u64::from(dictionary.arrival(Arrived::of(&version.stamp))));
    }
    out
}

/// Reads what [`encode`] wrote.
pub(in super::super) fn decode(body: &[u8], dictionary: &Dictionary) -> Result<Vec<RegisterVersion>, Malformed> {
    let mut input = Input::new(body);
    let mut versions = Vec::new();
    let mut at = dictionary.key.day.midnight_utc();
    for _ in 0..input.varint()? {
        at = at.wrapping_add(input.signed()?);
        let period_start = input.optional()?.map(|length| at.wrapping_sub(length));
        let value = input.optional()?;
        let quality = QualityId(input.number()?);
        let Arrived { sequence, received_at, revision } = dictionary.arrival(input.number()?)?;
        let stamp = Stamp { sequence, received_at, revision, quality };
        versions.push(RegisterVersion { at, period_start, value, stamp });
    }
    if input.is_empty() { Ok(versions) } else { Err(Malformed) }
}
