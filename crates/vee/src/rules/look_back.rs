//! How far before a day the rules look that compare it with earlier days in few numbers.

use super::{v34_historical_maximum as v34, v35_high_low_usage as v35};
use crate::settings::Settings;

/// The spans of a rule as `(youngest, oldest)` days before; empty where it compares with none.
pub(crate) fn spans(id: &str, settings: &Settings) -> Vec<(u16, u16)> {
    let days = |count: u32| u16::try_from(count).unwrap_or(u16::MAX);
    match id {
        "V34" => vec![(1, days(settings.count(&v34::DAYS)))],
        "V35" | "V76" => {
            let around = settings.count(&v35::AROUND);
            let span = |name: &str| match name {
                "last year" => {
                    Some((days(v35::YEAR.saturating_sub(around).max(1)), days(v35::YEAR.saturating_add(around))))
                }
                "previous days" => Some((1, days(settings.count(&v35::PREVIOUS)))),
                _ => None,
            };
            settings.list(&v35::ORDER).iter().filter_map(|name| span(name)).collect()
        }
        _ => Vec::new(),
    }
}
