//! Names of the codes of each field (NAESB ESPI 4.0 and CIM17, which agree number for number).

/// Fixed interval lengths in seconds per measuringPeriod code.
pub const MEASURING_PERIOD_SECONDS: &[(u16, u32)] =
    &[(2, 900), (7, 3600), (5, 1800), (6, 300), (3, 60), (1, 600), (31, 1200), (10, 120), (14, 180), (4, 86_400)];
