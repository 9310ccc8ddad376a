//! IEC 61968-9 ReadingQualityType codes: `systemId.category.subCategory`.
//!
//! Received codes are kept as they are, and a set of them is read as a whole. What Amity decides
//! itself is written as `3.x.y`; the estimation methods use indices from 1001 (product profile).

use smol_str::SmolStr;

use super::{Grade, Quality, QualityCode, Status};
use crate::code::{Code, find};

pub use crate::code::Evidence;

/// A category with the names of its indices.
#[derive(Clone, Copy, Debug)]
pub struct Category {
    /// The second number of the code.
    pub number: u16,
    /// Its name.
    pub name: &'static str,
    /// The third numbers known, ascending.
    pub indices: &'static [Code],
}

/// Who says so: the first number of the code.
pub const SYSTEMS: &[Code] = &[
    Code::known(0, "unspecified"),
    Code::known(1, "end device"),
    Code::known(2, "metering system"),
    Code::known(3, "meter data management system"),
    Code::known(4, "other system"),
    Code::known(5, "externally specified"),
];

/// The categories. 9 has no meaning in any source.
pub const CATEGORIES: &[Category] = &[
    Category { number: 0, name: "valid", indices: &[Code::known(0, "data valid"), Code::known(1, "validated")] },
    Category {
        number: 1,
        name: "diagnostics",
        indices: &[
            Code::unverified(0, "diagnostics flag, generic"),
            Code::unverified(1, "battery low"),
            Code::unverified(3, "sensor failure"),
            Code::unverified(4, "watchdog flag"),
            Code::unverified(5, "parity error"),
            Code::unverified(6, "CRC error"),
            Code::unverified(7, "RAM checksum error"),
            Code::unverified(8, "ROM checksum error"),
            Code::unverified(9, "clock error"),
        ],
    },
    Category {
        number: 2,
        name: "power quality",
        indices: &[
            Code::unverified(0, "power quality flag, generic"),
            Code::unverified(1, "excessive outage count"),
            Code::unverified(2, "power quality event counter"),
            Code::unverified(3, "service disconnect switching"),
            Code::known(32, "power fail within the interval"),
            Code::unverified(33, "power down"),
            Code::unverified(34, "power up"),
            Code::unverified(35, "phase failure"),
        ],
    },
    Category {
        number: 3,
        name: "tamper",
        indices: &[
            Code::unverified(0, "revenue protection, generic"),
            Code::unverified(1, "cover opened"),
            Code::unverified(2, "logical disconnect"),
            Code::unverified(3, "revenue protection suspected"),
            Code::unverified(4, "reverse rotation"),
            Code::unverified(5, "static data flag"),
        ],
    },
    Category {
        number: 4,
        name: "data collection",
        indices: &[
            Code::unverified(0, "alarm flag"),
            Code::unverified(1, "overflow condition"),
            Code::unverified(2, "partial (short) interval"),
            Code::unverified(3, "long interval"),
            Code::unverified(4, "skipped interval"),
            Code::unverified(5, "test data (meter in test mode)"),
            Code::unverified(6, "configuration changed"),
            Code::unverified(7, "not recording"),
            Code::unverified(8, "reset occurred"),
            Code::known(9, "clock changed"),
            Code::unverified(10, "load control occurred"),
            Code::unverified(16, "daylight saving time in effect"),
            Code::unverified(64, "clock set forward"),
            Code::unverified(65, "clock set backward"),
            Code::unverified(129, "failed probe"),
            Code::unverified(130, "customer read"),
            Code::known(131, "manual read, hand-held"),
            Code::unverified(259, "daylight saving time change occurred"),
        ],
    },
    Category {
        number: 5,
        name: "failed reasonability",
        indices: &[
            Code::unverified(256, "outside expected range"),
            Code::known(257, "error code"),
            Code::known(258, "suspect"),
            Code::known(259, "known missing read"),
        ],
    },
    Category {
        number: 6,
        name: "failed validation",
        indices: &[
            Code::known(0, "failed validation, generic"),
            Code::known(1, "zero usage"),
            Code::unverified(3, "usage on inactive meter"),
            Code::unverified(4, "usage above maximum"),
            Code::unverified(5, "usage below minimum"),
            Code::unverified(6, "usage above maximum percent"),
            Code::unverified(7, "usage below minimum percent"),
            Code::unverified(9, "time-of-use sum check"),
        ],
    },
    Category {
        number: 7,
        name: "edited",
        indices: &[
            Code::known(0, "manually edited, generic"),
            Code::unverified(1, "manually added"),
            Code::unverified(3, "manually rejected"),
        ],
    },
    Category { number: 8, name: "estimated", indices: &[Code::known(0, "estimated, generic")] },
    Category {
        number: 10,
        name: "questionable",
        indices: &[Code::unverified(0, "indeterminate"), Code::unverified(1, "indeterminate but accepted")],
    },
    Category {
        number: 11,
        name: "derived",
        indices: &[Code::known(0, "deterministic"), Code::unverified(1, "inferred")],
    },
    Category { number: 12, name: "projected", indices: &[Code::unverified(0, "generic")] },
];

/// The estimation methods of Amity: index of category 8 under system 3.
const METHODS: [(u16, Status); 4] =
    [(1001, Status::INTERPOLATED), (1002, Status::LIKE_DAY), (1003, Status::SCALED), (1004, Status::ZERO_OUTAGE)];

/// The meter data management system, which Amity is.
const MDM: u16 = 3;

/// The name of an index within its category and how well it is known.
pub fn name(code: QualityCode) -> Option<(&'static str, Evidence)> {
    let category = category(code.category)?;
    find(category.indices, code.index).map(|index| (index.name, index.evidence))
}

/// A phrase for people: `estimated: estimated, generic (meter data management system)`.
pub fn describe(code: QualityCode) -> String {
    let category_name = category(code.category).map_or("unknown category", |category| category.name);
    let system = find(SYSTEMS, code.system).map_or("unknown system", |system| system.name);
    match name(code) {
        Some((index, _)) => format!("{category_name}: {index} ({system})"),
        None => format!("{category_name}: index {} ({system})", code.index),
    }
}

fn category(number: u16) -> Option<&'static Category> {
    CATEGORIES.iter().find(|category| category.number == number)
}

/// The meaning of all the codes of one reading. The flag keeps them as text, joined by a blank.
///
/// Codes without a known meaning are kept and add nothing to the status.
pub fn quality(codes: &[QualityCode]) -> Quality {
    let words: Vec<String> = codes.iter().map(QualityCode::to_string).collect();
    Quality { status: status(codes), codes: codes.to_vec(), flag: SmolStr::from(words.join(" ")), ..Quality::default() }
}

/// The codes that tell a quality: the received ones, then those for whatever they do not say yet.
///
/// "Validated" is never sent beside a doubt that nobody accepted.
pub fn codes_of(quality: &Quality) -> Vec<QualityCode> {
    let mut codes = quality.codes.clone();
    let unsaid = quality.status.without(status(&quality.codes));
    for code in decided(quality.status, unsaid) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn decided(status: Status, unsaid: Status) -> Vec<QualityCode> {
    let mut codes: Vec<QualityCode> = CODES
        .iter()
        .filter(|(part, _)| unsaid.contains(*part))
        .flat_map(|(_, codes)| codes.iter().map(|(system, category, index)| code(*system, *category, *index)))
        .collect();
    if unsaid.contains(Status::FORECAST) {
        codes.push(code(MDM, 12, 0));
    } else if unsaid.contains(Status::ESTIMATED) {
        codes.push(estimated(status));
    }
    let doubted = status.grade() <= Grade::Questionable || status.contains(Status::RAW);
    let settled = if status.contains(Status::ESTIMATED) {
        unsaid.contains(Status::FINAL_ESTIMATE)
    } else {
        unsaid.intersects(Status::VALIDATED | Status::ACCEPTED)
    };
    if settled && !doubted {
        codes.push(code(MDM, 0, 1));
    }
    codes
}

fn estimated(status: Status) -> QualityCode {
    let method = METHODS.iter().rev().find(|(_, method)| status.contains(*method));
    match method {
        Some((index, _)) => code(MDM, 8, *index),
        // Some other system substituted the value and did not say how.
        None if status.contains(Status::SUBSTITUTE) => code(2, 8, 0),
        None => code(MDM, 8, 0),
    }
}

const fn code(system: u16, category: u16, index: u16) -> QualityCode {
    QualityCode { system, category, index }
}

type Triple = (u16, u16, u16);

/// What each meaning is written as where no received code says it.
const CODES: &[(Status, &[Triple])] = &[
    (Status::SOURCE_GOOD, &[(2, 0, 0)]),
    (Status::MISSING, &[(3, 5, 259)]),
    (Status::ESTIMATE_NEEDED, &[(3, 5, 259)]),
    (Status::FAILED, &[(3, 6, 0), (3, 5, 258)]),
    (Status::SUSPECT, &[(3, 5, 258)]),
    (Status::QUESTIONABLE, &[(3, 10, 0)]),
    (Status::ACCEPTED, &[(3, 10, 1)]),
    (Status::EDITED, &[(3, 7, 0)]),
    (Status::DERIVED, &[(3, 11, 0)]),
    (Status::NORMALIZED, &[(3, 11, 1)]),
    (Status::CUSTOMER_READ, &[(2, 4, 130)]),
    (Status::HAND_HELD, &[(1, 4, 131)]),
    (Status::ZERO_OUTAGE, &[(2, 2, 32)]),
    (Status::POWER_FAILURE, &[(1, 2, 32)]),
    (Status::PARTIAL_INTERVAL, &[(1, 4, 2)]),
    (Status::LONG_INTERVAL, &[(1, 4, 3)]),
    (Status::SKIPPED_INTERVAL, &[(1, 4, 4)]),
    (Status::TIME_RESET, &[(1, 4, 9)]),
    (Status::CLOCK_ERROR, &[(1, 4, 65)]),
    (Status::ASSUMED_TIME, &[(1, 1, 9)]),
    (Status::TIME_ADJUSTED, &[(1, 4, 9)]),
    (Status::TEST_MODE, &[(1, 4, 5)]),
    (Status::OVERFLOW, &[(1, 4, 1)]),
    (Status::HARDWARE, &[(1, 1, 0)]),
    (Status::LOW_BATTERY, &[(1, 1, 1)]),
    (Status::TAMPER, &[(1, 3, 3)]),
    (Status::LOAD_CONTROL, &[(1, 4, 10)]),
    (Status::DAYLIGHT_SAVING, &[(1, 4, 16)]),
    (Status::CONFIGURATION, &[(1, 4, 6)]),
];

fn status(codes: &[QualityCode]) -> Status {
    let mut status = Status::NONE;
    for code in codes {
        status |= meaning(*code);
    }
    // "Suspect" beside a failed rule of the same reading says the same thing less exactly.
    if status.contains(Status::FAILED) {
        status = status.without(Status::SUSPECT);
    }
    // An estimate that was then validated is the final one (mapping table, "final estimate").
    if status.contains(Status::ESTIMATED | Status::VALIDATED) {
        status |= Status::FINAL_ESTIMATE;
    }
    status
}

fn meaning(code: QualityCode) -> Status {
    match (code.category, code.index) {
        (0, 0) if code.system == MDM => Status::VALIDATED,
        (0, 0) => Status::SOURCE_GOOD,
        (0, 1) => Status::VALIDATED,
        (1, index) => diagnosis(index),
        (2, 32 | 33) => Status::POWER_FAILURE,
        (3, 0..=4) => Status::TAMPER,
        (4, index) => collection(index),
        (5, 256) => Status::QUESTIONABLE,
        (5, 259) => Status::MISSING,
        (5, _) => Status::SUSPECT,
        (6, _) => Status::FAILED,
        (7, 3) => Status::EDITED | Status::SUSPECT,
        (7, _) => Status::EDITED,
        (8, index) if code.system == MDM => Status::ESTIMATED | own_method(index),
        (8, _) => Status::ESTIMATED,
        (10, 1) => Status::ACCEPTED,
        (10, _) => Status::QUESTIONABLE,
        (11, 1) if code.system == MDM => Status::NORMALIZED,
        (11, _) => Status::DERIVED,
        (12, _) => Status::ESTIMATED | Status::FORECAST,
        _ => Status::NONE,
    }
}

fn own_method(index: u16) -> Status {
    METHODS.iter().find(|(own, _)| *own == index).map_or(Status::NONE, |(_, status)| *status)
}

fn diagnosis(index: u16) -> Status {
    match index {
        0 | 3..=8 => Status::HARDWARE,
        1 => Status::LOW_BATTERY,
        // TimeError of a meter; IEE maps that to TIMERESET and forbids another mapping (AMT-MAP1-05).
        9 => Status::TIME_RESET,
        _ => Status::NONE,
    }
}

fn collection(index: u16) -> Status {
    match index {
        1 => Status::OVERFLOW,
        2 => Status::PARTIAL_INTERVAL,
        3 => Status::LONG_INTERVAL,
        4 => Status::SKIPPED_INTERVAL,
        5 => Status::TEST_MODE,
        6 => Status::CONFIGURATION,
        7 | 129 => Status::SUSPECT,
        9 | 64 => Status::TIME_RESET,
        10 => Status::LOAD_CONTROL,
        16 | 259 => Status::DAYLIGHT_SAVING,
        // ClockResetBackwards of a meter; IEE maps that to CLOCK (AMT-MAP1-01).
        65 => Status::CLOCK_ERROR,
        130 => Status::CUSTOMER_READ,
        131 => Status::HAND_HELD,
        _ => Status::NONE,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codes(text: &str) -> Vec<QualityCode> {
        text.split_whitespace().map(|code| code.parse().expect(code)).collect()
    }

    #[track_caller]
    fn check_read(text: &str, expected: Status) {
        let read = quality(&codes(text));
        assert_eq!(read.status, expected, "{text}: {}", read.status);
        assert_eq!(read.flag, text);
        assert_eq!(codes_of(&read), codes(text), "received codes are kept");
    }

    #[test]
    fn codes_met_in_practice_mean_what_their_senders_say() {
        check_read("", Status::NONE);
        check_read("1.0.0", Status::SOURCE_GOOD);
        check_read("1.2.32", Status::POWER_FAILURE);
        check_read("1.4.9", Status::TIME_RESET);
        check_read("1.4.131", Status::HAND_HELD);
        check_read("2.4.130", Status::CUSTOMER_READ);
        check_read("2.5.259", Status::MISSING);
        check_read("2.6.0", Status::FAILED);
        check_read("2.7.0", Status::EDITED);
        check_read("2.8.0", Status::ESTIMATED);
        check_read("2.11.0", Status::DERIVED);
        check_read("1.5.257", Status::SUSPECT);
        check_read("5.4.260", Status::NONE);
        check_read("3.6.1 3.5.258", Status::FAILED);
        check_read("3.6.1 3.5.258 3.10.1 3.0.1", Status::FAILED | Status::ACCEPTED | Status::VALIDATED);
        check_read("3.8.1001", Status::ESTIMATED | Status::INTERPOLATED);
        check_read("4.8.1001", Status::ESTIMATED);
        check_read("3.8.1004 2.2.32", Status::ESTIMATED | Status::ZERO_OUTAGE | Status::POWER_FAILURE);
        check_read("3.8.0 3.0.1", Status::ESTIMATED | Status::VALIDATED | Status::FINAL_ESTIMATE);
        check_read("3.12.0", Status::ESTIMATED | Status::FORECAST);
        check_read("1.99.7", Status::NONE);
    }

    #[track_caller]
    fn check_written(status: Status, expected: &str) {
        assert_eq!(codes_of(&Quality::of(status)), codes(expected), "{status}");
    }

    #[test]
    fn decisions_are_written_under_system_3() {
        check_written(Status::NONE, "");
        check_written(Status::RAW, "");
        check_written(Status::VALIDATED, "3.0.1");
        check_written(Status::SOURCE_GOOD | Status::VALIDATED, "2.0.0 3.0.1");
        check_written(Status::FAILED, "3.6.0 3.5.258");
        check_written(Status::FAILED | Status::VALIDATED, "3.6.0 3.5.258");
        check_written(Status::FAILED | Status::ACCEPTED, "3.6.0 3.5.258 3.10.1 3.0.1");
        check_written(Status::QUESTIONABLE, "3.10.0");
        check_written(Status::MISSING, "3.5.259");
        check_written(Status::MISSING | Status::ESTIMATE_NEEDED, "3.5.259");
        check_written(Status::ESTIMATED | Status::INTERPOLATED, "3.8.1001");
        check_written(Status::ESTIMATED | Status::LIKE_DAY, "3.8.1002");
        check_written(Status::ESTIMATED | Status::LIKE_DAY | Status::SCALED, "3.8.1003");
        check_written(Status::ESTIMATED | Status::ZERO_OUTAGE, "2.2.32 3.8.1004");
        check_written(Status::ESTIMATED | Status::SUBSTITUTE, "2.8.0");
        check_written(Status::ESTIMATED | Status::FINAL_ESTIMATE, "3.8.0 3.0.1");
        check_written(Status::ESTIMATED | Status::FORECAST, "3.12.0");
        check_written(Status::EDITED, "3.7.0");
        check_written(Status::DERIVED, "3.11.0");
        check_written(Status::CUSTOMER_READ, "2.4.130");
    }

    #[test]
    fn what_amity_decides_is_added_to_what_was_received() {
        let mut read = quality(&codes("1.4.2 2.5.259"));
        read.status = read.status.without(Status::MISSING) | Status::ESTIMATED | Status::INTERPOLATED;
        assert_eq!(codes_of(&read), codes("1.4.2 2.5.259 3.8.1001"));
    }

    #[test]
    fn names_carry_how_well_they_are_known() {
        let of = |text: &str| name(text.parse().expect("code"));
        assert_eq!(of("3.8.0"), Some(("estimated, generic", Evidence::Confirmed)));
        assert_eq!(of("1.1.1"), Some(("battery low", Evidence::Unverified)));
        assert_eq!(of("3.9.0"), None);
        assert_eq!(describe(codes("3.8.1001")[0]), "estimated: index 1001 (meter data management system)");
    }

    #[test]
    fn tables_ascend_so_that_a_search_finds_every_row() {
        assert!(SYSTEMS.is_sorted_by(|left, right| left.number < right.number));
        for category in CATEGORIES {
            assert!(category.indices.is_sorted_by(|left, right| left.number < right.number), "{}", category.name);
        }
    }

    proptest! {
        #[test]
        fn print_then_parse_is_the_same(system: u16, category: u16, index: u16) {
            let code = QualityCode { system, category, index };
            prop_assert_eq!(code.to_string().parse::<QualityCode>(), Ok(code));
        }

        #[test]
        fn writing_never_upgrades(parts in proptest::sample::subsequence(Status::NAMED, 0..6)) {
            let status = parts.iter().fold(Status::NONE, |set, (part, _)| set | *part);
            let written = quality(&codes_of(&Quality::of(status)));
            // A mixed value is told by the codes of its parts; "mixed" itself has no code.
            let expected = if status.grade() == Grade::Mixed { Grade::Validated } else { status.grade() };
            prop_assert!(written.status.grade() <= expected, "{} became {}", status, written.status);
        }
    }
}
