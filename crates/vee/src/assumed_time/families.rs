//! The device families that support assumed meter time, as data.

/// A family of meters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceFamily {
    /// As its maker names it.
    pub name: &'static str,
    /// Assumed meter time is supported from this firmware on.
    pub firmware_lowest: &'static str,
    /// Whether the guidance says how to find its intervals; no rule judges a family without.
    pub covered: bool,
}

/// The families of the guidance. For the Riva families it promises guidance and gives none.
pub const FAMILIES: &[DeviceFamily] = &[
    DeviceFamily { name: "OpenWay CENTRON", firmware_lowest: "7.0.187", covered: true },
    DeviceFamily { name: "OpenWay Riva", firmware_lowest: "5.4.398", covered: false },
    DeviceFamily { name: "Gen5 CENTRON", firmware_lowest: "2.008", covered: true },
    DeviceFamily { name: "Gen5 Riva", firmware_lowest: "10.8.569", covered: false },
];

/// What is known of assumed meter time on a meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// Supported, and the guidance says how to find it.
    Covered,
    /// Supported, without guidance.
    NoGuidance,
    /// Not supported, and why.
    None(String),
}

/// Whether a meter supports assumed meter time.
///
/// Firmware is compared number by number (`2.010` is after `2.008`, `10.8` after `9.9`); a part that is
/// absent counts as 0, and a firmware that is not numbers and points is not supported.
pub fn support(family: &str, firmware: &str) -> Support {
    let Some(known) = FAMILIES.iter().find(|known| known.name == family) else {
        return Support::None(format!("no firmware of {family} is known to support assumed meter time"));
    };
    let lowest = known.firmware_lowest;
    match (parts(firmware), parts(lowest)) {
        (None, _) | (_, None) => {
            Support::None(format!("firmware `{firmware}` of {family} is not numbers and points such as {lowest}"))
        }
        (Some(found), Some(wanted)) if found < wanted => Support::None(format!(
            "firmware {firmware} of {family} is before {lowest}, the first with assumed meter time"
        )),
        _ if known.covered => Support::Covered,
        _ => Support::NoGuidance,
    }
}

/// The numbers of a firmware, without zeros at the end.
fn parts(firmware: &str) -> Option<Vec<u32>> {
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    let mut parts: Vec<u32> = firmware.split('.').map(number).collect::<Option<_>>()?;
    while parts.last() == Some(&0) {
        parts.pop();
    }
    Some(parts)
}
