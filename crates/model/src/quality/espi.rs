//! Green Button (NAESB ESPI 4.0) `QualityOfReading` codes.

use smol_str::SmolStr;

use super::{Grade, Quality, Status};
use crate::code::{Code, find};

/// The codes and their meaning.
pub const CODES: &[Code] = &[
    Code::known(0, "valid"),
    Code::known(7, "manually edited"),
    Code::known(8, "estimated using reference day"),
    Code::known(9, "estimated using linear interpolation"),
    Code::known(10, "questionable"),
    Code::known(11, "derived"),
    Code::known(12, "projected"),
    Code::known(13, "mixed"),
    Code::known(14, "raw"),
    Code::known(15, "normalized for weather"),
    Code::known(16, "other"),
    Code::known(17, "validated"),
    Code::known(18, "verified"),
    Code::known(19, "revenue quality"),
];

/// The name of a code.
pub fn name(code: u16) -> Option<&'static str> {
    find(CODES, code).map(|code| code.name)
}

/// The quality of all the codes of one reading; they are kept in the flag, joined by a blank.
///
/// Code 16 and numbers of no meaning here are kept and add nothing.
pub fn quality(codes: &[u16]) -> Quality {
    let mut quality = Quality::default();
    for code in codes {
        quality.status |= status(*code);
    }
    let words: Vec<String> = codes.iter().map(u16::to_string).collect();
    quality.flag = words.join(" ").into();
    quality
}

/// The code that tells a quality without making it look better than it is.
///
/// A code received by itself is returned as it came while the status still is what it said.
pub fn code_of(quality: &Quality) -> u16 {
    if let Some(code) = received(quality) {
        return code;
    }
    let status = quality.status;
    match status.grade() {
        Grade::Missing | Grade::Questionable => 10,
        Grade::Forecast => 12,
        Grade::Estimated if status.contains(Status::FINAL_ESTIMATE) => 17,
        Grade::Estimated if status.contains(Status::INTERPOLATED) => 9,
        Grade::Estimated => 8,
        Grade::Edited => 7,
        Grade::Derived if status.contains(Status::NORMALIZED) => 15,
        Grade::Derived => 11,
        Grade::Mixed => 13,
        Grade::Raw if status.contains(Status::CUSTOMER_READ) => 16,
        Grade::Raw => 14,
        Grade::Validated if status.contains(Status::ACCEPTED) => 18,
        Grade::Validated => 17,
    }
}

fn received(quality: &Quality) -> Option<u16> {
    if !quality.codes.is_empty() || quality.flag == SmolStr::default() {
        return None;
    }
    let code = quality.flag.parse().ok()?;
    (self::quality(&[code]).status == quality.status).then_some(code)
}

fn status(code: u16) -> Status {
    match code {
        0 | 17 | 19 => Status::VALIDATED,
        7 => Status::EDITED,
        8 => Status::ESTIMATED | Status::LIKE_DAY,
        9 => Status::ESTIMATED | Status::INTERPOLATED,
        10 => Status::QUESTIONABLE,
        11 => Status::DERIVED,
        12 => Status::ESTIMATED | Status::FORECAST,
        13 => Status::MIXED,
        14 => Status::RAW,
        15 => Status::NORMALIZED,
        18 => Status::FAILED | Status::ACCEPTED | Status::VALIDATED,
        _ => Status::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_comes_back() {
        for code in CODES {
            let number = u16::try_from(code.number).expect("codes are small");
            let read = quality(&[number]);
            assert_eq!(code_of(&read), number, "{}", code.name);
        }
    }

    #[test]
    fn several_codes_collapse_to_the_worst() {
        check_codes(&[0, 8], 8);
        check_codes(&[17, 16], 17);
        check_codes(&[9, 10], 10);
        check_codes(&[14, 17], 14);
        check_codes(&[11, 7], 7);
        check_codes(&[], 14);
    }

    #[track_caller]
    fn check_codes(codes: &[u16], expected: u16) {
        assert_eq!(code_of(&quality(codes)), expected, "{codes:?}");
    }

    #[test]
    fn what_amity_decides_afterwards_beats_the_received_code() {
        let mut read = quality(&[19]);
        assert_eq!(read.flag, "19");
        read.status |= Status::FAILED;
        assert_eq!(code_of(&read), 10);
        read.status |= Status::ACCEPTED;
        assert_eq!(code_of(&read), 18);
    }
}
