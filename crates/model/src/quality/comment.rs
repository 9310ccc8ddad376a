//! What the `comment` of an IEC 61968-9 reading quality carries, so that a NEM12 file that became CIM
//! XML can become the same NEM12 file again.
//!
//! A flag that the codes alone would not bring back is written as `NEM12 <flag> [<reason>|-] [<text>]`.

use smol_str::{SmolStr, format_smolstr};

use super::{Quality, QualityCode, iec, nem12};

/// The comment to send beside [`iec::codes_of`]; `None` where the codes say everything.
pub fn of(quality: &Quality) -> Option<SmolStr> {
    if !nem12::is_received(quality) {
        return (!quality.remark.is_empty()).then(|| quality.remark.clone());
    }
    let from_codes = iec::quality(&iec::codes_of(quality));
    if nem12::flag_of(&from_codes) == nem12::flag_of(quality) {
        return None;
    }
    let flag = &quality.flag;
    let reason = quality.reason.map_or(SmolStr::new_static("-"), |reason| format_smolstr!("{reason}"));
    Some(match (quality.reason, quality.remark.as_str()) {
        (None, "") => format_smolstr!("NEM12 {flag}"),
        (Some(_), "") => format_smolstr!("NEM12 {flag} {reason}"),
        (_, remark) => format_smolstr!("NEM12 {flag} {reason} {remark}"),
    })
}

/// The quality of received codes and their comment (empty for none).
///
/// A NEM12 flag in the comment counts only while the codes beside it say the same; otherwise the
/// comment is a remark.
pub fn quality(codes: &[QualityCode], comment: &str) -> Quality {
    match nem12_flag(comment) {
        Some(received) if iec::codes_of(&received) == codes => received,
        _ => Quality { remark: comment.into(), ..iec::quality(codes) },
    }
}

fn nem12_flag(comment: &str) -> Option<Quality> {
    let mut parts = comment.strip_prefix("NEM12 ")?.splitn(3, ' ');
    let flag = parts.next()?;
    let reason = match parts.next() {
        None | Some("-") => None,
        Some(reason) => Some(reason.parse().ok()?),
    };
    nem12::quality(flag, reason, parts.next().unwrap_or("")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::quality::Status;

    #[track_caller]
    fn check(flag: &str, reason: Option<u16>, remark: &str, expected: Option<&str>) {
        let received = nem12::quality(flag, reason, remark).expect(flag);
        assert_eq!(of(&received).as_deref(), expected);
    }

    #[test]
    fn a_comment_is_sent_only_where_the_codes_lose_something() {
        check("A", None, "", None);
        check("S16", None, "", None);
        check("S14", None, "", None);
        check("S15", None, "", Some("NEM12 S15"));
        check("F52", Some(71), "", Some("NEM12 F52 71"));
        check("A", None, "bees", Some("NEM12 A - bees"));
        check("F67", Some(0), "left a card, no answer", Some("NEM12 F67 0 left a card, no answer"));
    }

    #[test]
    fn a_comment_that_contradicts_its_codes_is_a_remark() {
        let failed = QualityCode { system: 3, category: 6, index: 0 };
        let read = quality(&[failed], "NEM12 A");
        assert_eq!((read.status, read.remark.as_str()), (Status::FAILED, "NEM12 A"));
        assert_eq!(quality(&[], "meter exchanged").remark, "meter exchanged");
        assert_eq!(of(&quality(&[failed], "meter exchanged")).as_deref(), Some("meter exchanged"));
        assert_eq!(of(&quality(&[failed], "")), None);
    }

    proptest! {
        #[test]
        fn every_flag_comes_back_through_iec(
            flag in "A|N|V|[EFS][0-9]{2}",
            reason in proptest::option::of(0_u16..100),
            remark in "[ -~]{0,20}",
        ) {
            let received = nem12::quality(&flag, reason, &remark).expect("a legal flag");
            let sent = of(&received).unwrap_or_default();
            let back = quality(&iec::codes_of(&received), &sent);
            prop_assert_eq!(nem12::flag_of(&back), nem12::flag_of(&received));
        }
    }
}
