//! CMEP 1.20 data quality flags: one letter, in some head-ends followed by a decimal bit mask.
//!
//! The bits are the vendor's own; they are kept in the flag and not interpreted.

use super::{Grade, InvalidFlag, Quality, Status};

/// The letters and what they mean. An empty flag says "OK and validated".
pub const FLAGS: [(&str, Status); 5] = [
    ("", Status::VALIDATED),
    ("R", Status::RAW),
    ("E", Status::ESTIMATED),
    ("A", Status::EDITED),
    ("N", Status::MISSING),
];

/// Reads a flag such as `R`, `R64` or the empty one; it is kept letter for letter.
///
/// # Errors
/// [`InvalidFlag`] for another letter, for a mask without a letter and for a mask that is not a number.
pub fn quality(flag: &str) -> Result<Quality, InvalidFlag> {
    let mask_at = flag.len().min(1);
    let (letter, mask) = flag.split_at_checked(mask_at).unwrap_or((flag, ""));
    let known = FLAGS.iter().find(|(known, _)| *known == letter);
    match known {
        Some((_, status)) if mask.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(Quality { flag: flag.into(), ..Quality::of(*status) })
        }
        _ => Err(InvalidFlag {
            found: flag.into(),
            expected: "nothing, R, E, A or N, each with an optional decimal mask",
        }),
    }
}

/// The letter that tells a quality without making it look better than it is.
pub fn flag_of(quality: &Quality) -> &'static str {
    match quality.status.grade() {
        Grade::Missing => "N",
        Grade::Forecast | Grade::Estimated => "E",
        Grade::Edited | Grade::Derived => "A",
        Grade::Questionable | Grade::Mixed | Grade::Raw => "R",
        Grade::Validated => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_map_both_ways() {
        for (flag, status) in FLAGS {
            let read = quality(flag).expect(flag);
            assert_eq!((read.status, read.flag.as_str()), (status, flag));
            assert_eq!(flag_of(&read), flag);
        }
    }

    #[test]
    fn a_vendor_mask_is_kept_and_not_interpreted() {
        let read = quality("R64").expect("flag");
        assert_eq!((read.status, read.flag.as_str()), (Status::RAW, "R64"));
    }

    #[test]
    fn other_text_is_refused() {
        for flag in ["X", "64", "r", "R6x", "RR", "é", " "] {
            assert_eq!(quality(flag).map_err(|invalid| invalid.found), Err(flag.into()));
        }
    }
}
