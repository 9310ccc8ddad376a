//! The check digit of a national metering identifier (AEMO NMI procedure).

/// The check digit of the 10 characters of an NMI; `None` for another length or other characters.
///
/// From the right, the ASCII code of every second character, beginning with the last, is doubled;
/// the decimal digits of all are added; the check digit completes the sum to a multiple of ten.
pub fn check_digit(nmi: &str) -> Option<u8> {
    let well_formed = nmi.len() == 10 && nmi.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if !well_formed {
        return None;
    }
    let sum: u32 = nmi
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| u32::from(byte) * if at % 2 == 0 { 2 } else { 1 })
        .map(|code| code / 100 + code / 10 % 10 + code % 10)
        .sum();
    u8::try_from((10 - sum % 10) % 10).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The vectors of the NMI procedure.
    #[test]
    fn check_digits_are_those_of_the_procedure() {
        let vectors = [
            ("2001985732", 8),
            ("2001985733", 6),
            ("3075621875", 8),
            ("4316854005", 9),
            ("NBBBX11110", 0),
            ("6305888444", 6),
            ("7001888333", 8),
            ("NAAAMYS582", 6),
            ("QAAAVZZZZZ", 3),
            ("VAAA000065", 7),
        ];
        for (nmi, digit) in vectors {
            assert_eq!(check_digit(nmi), Some(digit), "{nmi}");
        }
        for nmi in ["", "200198573", "20019857328", "nbbbx11110", "NBBBX-1110", "ÄAAA00006"] {
            assert_eq!(check_digit(nmi), None, "{nmi}");
        }
    }
}
