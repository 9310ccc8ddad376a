//! Interval statuses of Itron Enterprise Edition and the head-end flags that lead to them.
//!
//! The shipped maps of head-end flags are locked (AMT-MAP-90): the assumed-meter-time rule depends on
//! them. They are in [`status_map`](super::status_map), where other sources get maps of their own.

use super::Status;
pub use super::status_map::{OPENWAY, UTILITYIQ};

/// IEE status names, most telling first.
pub const NAMES: &[(&str, Status)] = &[
    ("AMT", Status::ASSUMED_TIME),
    ("CLOCK", Status::CLOCK_ERROR),
    ("IOBOARD", Status::HARDWARE),
    ("IRREGULAR", Status::PARTIAL_INTERVAL),
    ("POWER", Status::POWER_FAILURE),
    ("TIMERESET", Status::TIME_RESET),
    ("TIME ADJUSTED", Status::TIME_ADJUSTED),
    ("MISSING", Status::MISSING),
    ("ESTNEEDED", Status::ESTIMATE_NEEDED),
    ("EST", Status::ESTIMATED),
    ("ESTLINEARINT", Status::INTERPOLATED),
    ("UNSCALED", Status::UNSCALED),
    ("FINALESTIMATE", Status::FINAL_ESTIMATE),
    ("PV", Status::VALIDATED),
    ("WV", Status::QUESTIONABLE),
    ("FV", Status::FAILED),
    ("MA", Status::ACCEPTED),
];

/// Long and short names of the same status, each with the name in [`NAMES`].
pub const ALIASES: &[(&str, &str)] = &[
    ("ESN", "ESTNEEDED"),
    ("ESTIMATED", "EST"),
    ("TIMEADJUSTED", "TIME ADJUSTED"),
    ("ASSUMED METER TIME", "AMT"),
    ("PASSED VALIDATION", "PV"),
    ("WARNED VALIDATION", "WV"),
    ("FAILED VALIDATION", "FV"),
    ("MANUAL ACCEPT", "MA"),
];

/// The IEE names of a status set; meanings without a name there are left out.
pub fn names(status: Status) -> Vec<&'static str> {
    NAMES.iter().filter(|(_, named)| status.contains(*named)).map(|(name, _)| *name).collect()
}

/// The meaning of an IEE status by exact name or alias, or of a flag of the shipped maps
/// ([`OPENWAY`], [`UTILITYIQ`]).
///
/// A method of estimation implies "estimated".
pub fn status(name: &str) -> Option<Status> {
    let found = OPENWAY.mapped(UTILITYIQ.mapped(name).unwrap_or(name)).unwrap_or(name);
    let name = lookup(ALIASES, found).unwrap_or(found);
    let status = lookup(NAMES, name)?;
    let made = Status::INTERPOLATED | Status::UNSCALED | Status::FINAL_ESTIMATE;
    Some(if status.intersects(made) { status | Status::ESTIMATED } else { status })
}

fn lookup<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, mapped)| *mapped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::{QualityCode, iec};

    #[test]
    fn open_way_flags_map_to_the_fixed_statuses() {
        // covers: AMT-MAP1-01, AMT-MAP1-02, AMT-MAP1-03, AMT-MAP1-04, AMT-MAP1-05
        check("ClockResetBackwards", "CLOCK");
        check("HardwareFailure", "IOBOARD");
        check("PartialInterval", "IRREGULAR");
        check("PowerFailure", "POWER");
        check("TimeError", "TIMERESET");
    }

    #[test]
    fn utility_iq_flags_reach_the_same_statuses_in_two_steps() {
        // covers: AMT-MAP2-01, AMT-MAP2-02, AMT-MAP2-03, AMT-MAP2-04, AMT-MAP2-05, AMT-MAP-91
        check("Clock reset backward during interval (std table 64)", "CLOCK");
        check("POWER_FAILURE", "POWER");
        check("CLOCK_ERR", "TIMERESET");
        check("SYSTEM_ERR", "IOBOARD");
        check("Partial interval due to common state (std table 64)", "IRREGULAR");
    }

    #[track_caller]
    fn check(flag: &str, iee: &str) {
        assert_eq!(status(flag).map(names), Some(vec![iee]));
    }

    #[test]
    fn the_same_flags_as_iec_codes_mean_the_same() {
        let codes = [
            ("ClockResetBackwards", "1.4.65"),
            ("HardwareFailure", "1.1.0"),
            ("PartialInterval", "1.4.2"),
            ("PowerFailure", "1.2.32"),
            ("TimeError", "1.1.9"),
        ];
        for (flag, code) in codes {
            let code: QualityCode = code.parse().expect("code");
            assert_eq!(Some(iec::quality(&[code]).status), status(flag), "{flag}");
        }
    }

    #[test]
    fn names_come_back_and_unknown_ones_do_not() {
        for (name, _) in NAMES {
            assert!(status(name).map(names).expect(name).contains(name), "{name}");
        }
        assert_eq!(status("clock"), None);
        assert_eq!(status(""), None);
    }
}
