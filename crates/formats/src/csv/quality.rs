//! The quality of a value in words: codes or a flag, and what they mean.

use model::quality::{Quality, QualityCode, Status, cmep, iec, nem12};

/// The cells that tell a quality.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cells<'a> {
    /// Codes of IEC 61968-9 separated by blanks, or a flag, with its set before a colon.
    pub quality: &'a str,
    /// Canonical words separated by `;`.
    pub status: &'a str,
    /// Reason code.
    pub reason: &'a str,
    /// Free text.
    pub remark: &'a str,
}

/// Why cells say no quality.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// A flag of no named set, of which no status says what it means.
    #[error("`{0}` needs a status, or its set as in nem12:S14 or cmep:E")]
    Flag(String),
    /// A cell that is not understood.
    #[error("{0}")]
    Cell(String),
}

/// What the cells say.
///
/// The status words decide where there are any; else the codes, or the flag of a named set
/// (`nem12:S14`, `cmep:E`).
///
/// # Errors
/// Which cell is not understood.
pub fn read(cells: Cells<'_>) -> Result<Quality, Unread> {
    let reason = match cells.reason {
        "" => None,
        text => Some(text.parse().map_err(|_| Unread::Cell(format!("`{text}` is not a reason code")))?),
    };
    let flagged = flag(cells.quality, reason, cells.remark).map_err(Unread::Cell)?;
    let status = match cells.status {
        "" => flagged.ok_or_else(|| Unread::Flag(cells.quality.into())),
        words => Ok(Quality { status: status(words).map_err(Unread::Cell)?, ..flagged.unwrap_or_default() }),
    }?;
    let flag = if status.flag.is_empty() && status.codes.is_empty() { cells.quality.into() } else { status.flag };
    Ok(Quality { flag, reason, remark: cells.remark.into(), ..status })
}

/// What codes or flag say alone; `None` for a flag of no named set.
fn flag(text: &str, reason: Option<u16>, remark: &str) -> Result<Option<Quality>, String> {
    if text.is_empty() {
        return Ok(Some(Quality::default()));
    }
    let codes: Result<Vec<QualityCode>, _> = text.split_whitespace().map(str::parse).collect();
    if let Ok(codes) = codes {
        return Ok(Some(iec::quality(&codes)));
    }
    let quality = match text.split_once(':') {
        Some(("nem12", flag)) => nem12::quality(flag, reason, remark),
        Some(("cmep", flag)) => cmep::quality(flag),
        _ => return Ok(None),
    };
    quality.map(Some).map_err(|invalid| invalid.to_string())
}

fn status(words: &str) -> Result<Status, String> {
    let mut status = Status::NONE;
    for word in words.split(';').map(str::trim) {
        let known = Status::NAMED.iter().find(|(_, known)| *known == word);
        let (bit, _) = known.ok_or_else(|| format!("`{word}` is not a status word"))?;
        status |= *bit;
    }
    Ok(status)
}

/// The `quality` and `status` cells of a quality.
pub fn write(quality: &Quality) -> [String; 2] {
    let codes: Vec<String> = quality.codes.iter().map(ToString::to_string).collect();
    let flag = if codes.is_empty() { quality.flag.to_string() } else { codes.join(" ") };
    let words: Vec<&str> = quality.status.words().collect();
    [flag, words.join("; ")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_codes_and_flags_of_a_named_set_are_understood() {
        check("", "", Ok(("", Status::NONE)));
        check("nem12:S14", "", Ok(("S14", Status::SUBSTITUTE | Status::ESTIMATED | Status::LIKE_DAY)));
        check("cmep:E", "", Ok(("E", Status::ESTIMATED)));
        check("S14", "edited; raw", Ok(("S14", Status::EDITED | Status::RAW)));
        check("", "missing", Ok(("", Status::MISSING)));
        check("S14", "", Err(()));
        check("nem12:X", "", Err(()));
        check("", "nonsense", Err(()));
    }

    #[track_caller]
    fn check(quality: &str, status: &str, expected: Result<(&str, Status), ()>) {
        let found = read(Cells { quality, status, ..Cells::default() });
        let found = found.as_ref().map(|found| (found.flag.as_str(), found.status)).map_err(|_| ());
        assert_eq!(found, expected, "{quality} {status}");
    }
}
