//! NEM12 and NEM13 quality: flag, substitution method, reason and its text (AEMO meter data file format).

use smol_str::SmolStr;

use super::{Grade, InvalidFlag, Quality, Status};
use crate::code::{Code, find};

/// A way of making a substitute or an estimate; the two digits after the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// The two digits.
    pub number: u16,
    /// Metering installation types it belongs to: 1-4 remotely read, 5 manually read interval,
    /// 6 manually read accumulation, 7 unmetered.
    pub installation: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The letters it may follow.
    pub letters: &'static str,
}

const fn method(number: u16, installation: &'static str, name: &'static str, letters: &'static str) -> Method {
    Method { number, installation, name, letters }
}

/// The substitution and estimation methods. The list is open; unknown numbers are kept.
pub const METHODS: &[Method] = &[
    method(11, "1-4", "check meter", "FS"),
    method(12, "1-4", "calculated", "FS"),
    method(13, "1-4", "SCADA", "FS"),
    method(14, "1-4", "like day", "FS"),
    method(15, "1-4", "average like day", "FS"),
    method(16, "1-4", "agreed", "FS"),
    method(17, "1-4", "linear", "FS"),
    method(18, "1-4", "alternate", "FS"),
    method(19, "1-4", "zero", "FS"),
    method(51, "5", "previous year", "EFS"),
    method(52, "5", "previous read", "EFS"),
    method(53, "5", "revision", "FS"),
    method(54, "5", "linear", "FS"),
    method(55, "5", "agreed", "FS"),
    method(56, "5", "prior to first read, agreed", "EFS"),
    method(57, "5", "customer class", "EFS"),
    method(58, "5", "zero", "EFS"),
    method(61, "6", "previous year", "EFS"),
    method(62, "6", "previous read", "EFS"),
    method(63, "6", "customer class", "EFS"),
    method(64, "6", "agreed", "FS"),
    method(65, "6", "average daily load", "E"),
    method(66, "6", "revision", "FS"),
    method(67, "6", "customer read", "FS"),
    method(68, "6", "zero", "EFS"),
    method(71, "7", "recalculation", "FS"),
    method(72, "7", "revised table", "FS"),
    method(73, "7", "revised algorithm", "FS"),
    method(74, "7", "agreed", "FS"),
    method(75, "7", "existing table", "E"),
];

/// The reason codes of format version 1.02. Several numbers share a text.
pub const REASONS: &[Code] = &[
    Code::known(0, "free text"),
    Code::known(1, "meter or equipment changed"),
    Code::known(2, "extreme weather, wet"),
    Code::known(3, "quarantine"),
    Code::known(4, "savage dog"),
    Code::known(5, "meter or equipment changed"),
    Code::known(6, "extreme weather, wet"),
    Code::known(7, "unable to locate meter"),
    Code::known(8, "vacant premise"),
    Code::known(9, "meter or equipment changed"),
    Code::known(10, "lock damaged or seized"),
    Code::known(11, "in wrong walk"),
    Code::known(12, "locked premises"),
    Code::known(13, "locked gate"),
    Code::known(14, "locked meter box"),
    Code::known(15, "overgrown"),
    Code::known(16, "noxious weeds"),
    Code::known(17, "unsafe equipment or location"),
    Code::known(18, "read less than previous"),
    Code::known(19, "consumer wanted"),
    Code::known(20, "damaged equipment or panel"),
    Code::known(21, "switched off"),
    Code::known(22, "seals missing"),
    Code::known(23, "seals missing"),
    Code::known(24, "seals missing"),
    Code::known(25, "seals missing"),
    Code::known(26, "seals missing"),
    Code::known(27, "seals missing"),
    Code::known(28, "damaged equipment or panel"),
    Code::known(29, "relay faulty"),
    Code::known(30, "meter stop switch on"),
    Code::known(31, "seals missing"),
    Code::known(32, "damaged equipment or panel"),
    Code::known(33, "relay faulty"),
    Code::known(34, "meter not in hand-held"),
    Code::known(35, "time switch faulty or reset"),
    Code::known(36, "ladder required"),
    Code::known(37, "ladder required"),
    Code::known(38, "unsafe equipment or location"),
    Code::known(39, "reverse energy observed"),
    Code::known(40, "time switch faulty or reset"),
    Code::known(41, "faulty display or dials"),
    Code::known(42, "faulty display or dials"),
    Code::known(43, "power outage"),
    Code::known(44, "unsafe equipment or location"),
    Code::known(45, "readings failed to validate"),
    Code::known(46, "extreme weather, hot"),
    Code::known(47, "refused access"),
    Code::known(48, "time switch faulty or reset"),
    Code::known(49, "wet paint"),
    Code::known(50, "wrong tariff"),
    Code::known(51, "installation demolished"),
    Code::known(52, "access blocked"),
    Code::known(53, "bees or wasps"),
    Code::known(54, "meter box damaged or faulty"),
    Code::known(55, "faulty display or dials"),
    Code::known(56, "meter box damaged or faulty"),
    Code::known(57, "time switch faulty or reset"),
    Code::known(58, "meter OK, supply failure"),
    Code::known(59, "faulty display or dials"),
    Code::known(60, "illegal connection or tampered"),
    Code::known(61, "meter box damaged or faulty"),
    Code::known(62, "damaged equipment or panel"),
    Code::known(63, "illegal connection or tampered"),
    Code::known(64, "key required"),
    Code::known(65, "wrong key"),
    Code::known(66, "lock damaged or seized"),
    Code::known(67, "extreme weather, wet"),
    Code::known(68, "zero consumption"),
    Code::known(69, "read exceeds estimate"),
    Code::known(70, "probe tampering"),
    Code::known(71, "probe read error"),
    Code::known(72, "meter or equipment changed"),
    Code::known(73, "low consumption"),
    Code::known(74, "high consumption"),
    Code::known(75, "customer read"),
    Code::known(76, "communications fault"),
    Code::known(77, "estimation forecast"),
    Code::known(78, "null data"),
    Code::known(79, "power outage alarm"),
    Code::known(80, "short interval"),
    Code::known(81, "long interval"),
    Code::known(82, "CRC error"),
    Code::known(83, "RAM checksum error"),
    Code::known(84, "ROM checksum error"),
    Code::known(85, "data missing alarm"),
    Code::known(86, "clock error alarm"),
    Code::known(87, "reset occurred"),
    Code::known(88, "watchdog timeout"),
    Code::known(89, "time reset occurred"),
    Code::known(90, "test mode"),
    Code::known(91, "load control"),
    Code::known(92, "interval added"),
    Code::known(93, "interval replaced"),
    Code::known(94, "interval estimated"),
    Code::known(95, "pulse overflow"),
    Code::known(96, "data out of limits"),
    Code::known(97, "excluded data"),
    Code::known(98, "parity error"),
    Code::known(99, "energy type (register changed)"),
];

/// The text of a reason code.
pub fn reason(number: u16) -> Option<&'static str> {
    find(REASONS, number).map(|code| code.name)
}

/// Reads `QualityMethod`, `ReasonCode` and `ReasonDescription`; all three are kept letter for letter.
///
/// `A`, `N` and `V` stand alone; `E`, `F` and `S` carry two digits. Unknown method and reason
/// numbers are kept. `V` is legal only in a 300 record, which the reader checks.
///
/// # Errors
/// [`InvalidFlag`] for anything else.
pub fn quality(flag: &str, reason: Option<u16>, remark: &str) -> Result<Quality, InvalidFlag> {
    let measured = match flag.as_bytes() {
        b"A" => Status::SOURCE_GOOD | doubt(reason),
        b"N" => Status::MISSING,
        b"V" => Status::MIXED,
        [letter @ (b'E' | b'F' | b'S'), digits @ ..] if digits.len() == 2 && digits.iter().all(u8::is_ascii_digit) => {
            let number = u16::from(digits[0] - b'0') * 10 + u16::from(digits[1] - b'0');
            replaced(*letter, number, reason)
        }
        _ => {
            return Err(InvalidFlag {
                found: flag.into(),
                expected: "A, N or V, or E, F or S with two method digits such as S14",
            });
        }
    };
    let status = measured | condition(reason);
    Ok(Quality { status, codes: Vec::new(), flag: flag.into(), reason, remark: remark.into() })
}

/// `QualityMethod`, `ReasonCode` and `ReasonDescription` of a quality, never better than it is.
///
/// What NEM12 said is returned as it came while the status still is what it said; everything else
/// goes by the product's mapping table. `V` comes back only for a mixed quality; an interval of
/// its own cannot carry it.
pub fn flag_of(quality: &Quality) -> (SmolStr, Option<u16>, SmolStr) {
    if is_received(quality) {
        return (quality.flag.clone(), quality.reason, quality.remark.clone());
    }
    let (flag, reason) = flag_by_status(quality.status);
    (flag, reason, SmolStr::default())
}

/// Whether the flag, reason and remark are NEM12's and the status still is what they say.
pub(super) fn is_received(quality: &Quality) -> bool {
    let received = self::quality(&quality.flag, quality.reason, &quality.remark);
    quality.codes.is_empty() && received.is_ok_and(|received| received.status == quality.status)
}

fn flag_by_status(status: Status) -> (SmolStr, Option<u16>) {
    const UNRESOLVED: Option<u16> = Some(45);
    let letter = if status.contains(Status::FINAL_ESTIMATE) { 'F' } else { 'S' };
    let substitute = |method: u16| SmolStr::from(format!("{letter}{method}"));
    let made = || substitute(method_by_status(status));
    match status.grade() {
        Grade::Missing => ("N".into(), Some(85)),
        Grade::Questionable if status.contains(Status::FORECAST) => ("E52".into(), UNRESOLVED),
        Grade::Questionable if status.intersects(MADE) => (made(), UNRESOLVED),
        Grade::Questionable => ("A".into(), reason_by_status(status).or(UNRESOLVED)),
        Grade::Forecast => ("E52".into(), None),
        Grade::Estimated if status.contains(Status::ZERO_OUTAGE) => (made(), Some(79)),
        Grade::Estimated | Grade::Edited | Grade::Derived => (made(), reason_by_status(status)),
        Grade::Mixed => ("V".into(), None),
        Grade::Raw | Grade::Validated if status.intersects(Status::SUBSTITUTE | Status::FINAL_ESTIMATE) => {
            (substitute(67), None)
        }
        Grade::Raw | Grade::Validated => ("A".into(), reason_by_status(status)),
    }
}

/// Anything that is not simply a measured value.
const MADE: Status =
    Status::ESTIMATED.with(Status::EDITED).with(Status::DERIVED).with(Status::NORMALIZED).with(Status::SUBSTITUTE);

fn method_by_status(status: Status) -> u16 {
    let rows = [
        (Status::ZERO_OUTAGE, 19),
        (Status::INTERPOLATED, 17),
        (Status::LIKE_DAY, 14),
        (Status::SCALED, 12),
        (Status::ESTIMATED, 18),
        (Status::EDITED, 16),
        (Status::DERIVED, 12),
        (Status::NORMALIZED, 12),
    ];
    rows.iter().find(|(part, _)| status.contains(*part)).map_or(18, |(_, method)| *method)
}

fn reason_by_status(status: Status) -> Option<u16> {
    let rows = [
        (Status::CUSTOMER_READ, 75),
        (Status::TAMPER, 60),
        (Status::HARDWARE, 88),
        (Status::TEST_MODE, 90),
        (Status::OVERFLOW, 95),
        (Status::TIME_RESET, 89),
        (Status::CLOCK_ERROR, 86),
        (Status::PARTIAL_INTERVAL, 80),
        (Status::LONG_INTERVAL, 81),
        (Status::POWER_FAILURE, 79),
        (Status::LOAD_CONTROL, 91),
    ];
    rows.iter().find(|(part, _)| status.contains(*part)).map(|(_, reason)| *reason)
}

fn replaced(letter: u8, method: u16, reason: Option<u16>) -> Status {
    let outage = matches!(reason, Some(43 | 79));
    let meaning = match method {
        14 | 15 => Status::ESTIMATED | Status::LIKE_DAY,
        17 | 54 => Status::ESTIMATED | Status::INTERPOLATED,
        19 | 58 | 68 if outage => Status::ESTIMATED | Status::ZERO_OUTAGE,
        // Agreed with the parties: decided by people, not computed.
        16 | 55 | 64 | 74 => Status::EDITED,
        67 => Status::CUSTOMER_READ,
        _ => Status::ESTIMATED,
    };
    meaning
        | match letter {
            b'E' => Status::ESTIMATED | Status::FORECAST,
            b'F' => Status::FINAL_ESTIMATE,
            _ => Status::SUBSTITUTE,
        }
}

/// What a reason says against an actual value. Beside a substitute it is the cause of replacing it.
fn doubt(reason: Option<u16>) -> Status {
    match reason {
        Some(45) => Status::FAILED,
        Some(75) => Status::CUSTOMER_READ,
        Some(96) => Status::QUESTIONABLE,
        _ => Status::NONE,
    }
}

/// What a reason says of the interval itself, whatever the letter.
fn condition(reason: Option<u16>) -> Status {
    match reason {
        Some(43 | 79) => Status::POWER_FAILURE,
        Some(60 | 63 | 70) => Status::TAMPER,
        Some(80) => Status::PARTIAL_INTERVAL,
        Some(81) => Status::LONG_INTERVAL,
        Some(82..=84 | 88 | 98) => Status::HARDWARE,
        Some(86) => Status::CLOCK_ERROR,
        Some(89) => Status::TIME_RESET,
        Some(90) => Status::TEST_MODE,
        Some(91) => Status::LOAD_CONTROL,
        Some(95) => Status::OVERFLOW,
        _ => Status::NONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_mean_what_the_mapping_table_says() {
        check_meaning("A", None, Status::SOURCE_GOOD);
        check_meaning("A", Some(45), Status::SOURCE_GOOD | Status::FAILED);
        check_meaning("A", Some(75), Status::SOURCE_GOOD | Status::CUSTOMER_READ);
        check_meaning("A", Some(79), Status::SOURCE_GOOD | Status::POWER_FAILURE);
        check_meaning("N", None, Status::MISSING);
        check_meaning("V", None, Status::MIXED);
        check_meaning("S14", None, Status::SUBSTITUTE | Status::ESTIMATED | Status::LIKE_DAY);
        check_meaning("S17", Some(76), Status::SUBSTITUTE | Status::ESTIMATED | Status::INTERPOLATED);
        check_meaning("S16", None, Status::SUBSTITUTE | Status::EDITED);
        check_meaning("S19", None, Status::SUBSTITUTE | Status::ESTIMATED);
        check_meaning(
            "S19",
            Some(79),
            Status::SUBSTITUTE | Status::ESTIMATED | Status::ZERO_OUTAGE | Status::POWER_FAILURE,
        );
        check_meaning("F51", None, Status::FINAL_ESTIMATE | Status::ESTIMATED);
        check_meaning("F67", None, Status::FINAL_ESTIMATE | Status::CUSTOMER_READ);
        check_meaning("E52", None, Status::FORECAST | Status::ESTIMATED);
        check_meaning("S99", None, Status::SUBSTITUTE | Status::ESTIMATED);
    }

    #[track_caller]
    fn check_meaning(flag: &str, reason: Option<u16>, expected: Status) {
        let read = quality(flag, reason, "as written").expect(flag);
        assert_eq!(read.status, expected, "{flag} {reason:?}: {}", read.status);
        assert_eq!(flag_of(&read), (flag.into(), reason, "as written".into()));
    }

    #[test]
    fn other_flags_are_refused() {
        for flag in ["", "a", "X", "A14", "N1", "S", "S1", "S144", "S1x", "14", "É", "S+1"] {
            assert_eq!(quality(flag, None, "").map_err(|invalid| invalid.found), Err(flag.into()));
        }
    }

    #[test]
    fn other_worlds_get_the_column_of_the_mapping_table() {
        check_written(Status::NONE, "A", None);
        check_written(Status::VALIDATED, "A", None);
        check_written(Status::FAILED, "A", Some(45));
        check_written(Status::FAILED | Status::ACCEPTED, "A", None);
        check_written(Status::FAILED | Status::VALIDATED, "A", Some(45));
        check_written(Status::MISSING, "N", Some(85));
        check_written(Status::ESTIMATED | Status::INTERPOLATED, "S17", None);
        check_written(Status::ESTIMATED | Status::LIKE_DAY, "S14", None);
        check_written(Status::ESTIMATED | Status::SCALED, "S12", None);
        check_written(Status::ESTIMATED | Status::ZERO_OUTAGE, "S19", Some(79));
        check_written(Status::ESTIMATED, "S18", None);
        check_written(Status::ESTIMATED | Status::LIKE_DAY | Status::FINAL_ESTIMATE, "F14", None);
        check_written(Status::ESTIMATED | Status::FAILED, "S18", Some(45));
        check_written(Status::FORECAST | Status::ESTIMATED, "E52", None);
        check_written(Status::EDITED, "S16", None);
        check_written(Status::EDITED | Status::FINAL_ESTIMATE, "F16", None);
        check_written(Status::CUSTOMER_READ, "A", Some(75));
        check_written(Status::HAND_HELD, "A", None);
        check_written(Status::DERIVED, "S12", None);
        check_written(Status::MIXED, "V", None);
        check_written(Status::POWER_FAILURE, "A", Some(79));
        check_written(Status::PARTIAL_INTERVAL, "A", Some(80));
        check_written(Status::LONG_INTERVAL, "A", Some(81));
        check_written(Status::TIME_RESET, "A", Some(89));
        check_written(Status::TEST_MODE, "A", Some(90));
        check_written(Status::OVERFLOW, "A", Some(95));
        check_written(Status::HARDWARE, "A", Some(88));
        check_written(Status::TAMPER, "A", Some(60));
    }

    #[track_caller]
    fn check_written(status: Status, flag: &str, reason: Option<u16>) {
        assert_eq!(flag_of(&Quality::of(status)), (flag.into(), reason, SmolStr::default()), "{status}");
    }

    #[test]
    fn an_adjusted_value_of_cmep_is_not_sent_as_actual() {
        let adjusted = super::super::cmep::quality("A").expect("flag");
        assert_eq!(flag_of(&adjusted).0, "S16");
    }
}
