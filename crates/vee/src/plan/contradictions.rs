//! Settings that are right one by one and can mean nothing together, so that a rule fails everything or never anything.

use std::cmp::Ordering;

use model::finding::Finding;
use smol_str::format_smolstr;

use crate::amount::Amount;
use crate::settings::{SettingForm, SettingKind, Settings};

/// Settings of which the first must not be above the second: rule or method, both names.
const IN_ORDER: &[(&str, &str, &str)] = &[
    ("V32", "low", "high"),
    ("V35", "low", "high"),
    ("V39", "lowest", "highest"),
    ("V43", "lowest", "highest"),
    ("V45", "voltage_lowest", "voltage_highest"),
    ("V47", "lowest", "highest"),
    ("V52", "lowest", "highest"),
    ("V54", "lowest", "highest"),
    ("V58", "lowest", "highest"),
    ("E05", "days_fewest", "days"),
    ("E08", "weeks_fewest", "weeks"),
    ("E09", "days_fewest", "days"),
    ("E10", "days_fewest", "days"),
];

/// Shares that are never above 100 %.
const AT_MOST_WHOLE: &[(&str, &str)] = &[("V42", "lowest"), ("V43", "lowest")];

/// What of the settings of a rule or method contradicts; `place` is where they are written.
pub(crate) fn contradictions(
    place: &str,
    id: &str,
    forms: &'static [SettingForm],
    settings: &Settings,
) -> Vec<Finding> {
    let form = |name: &str| forms.iter().find(|form| form.name == name);
    let told = |name: &str, message: String| {
        Finding::new(0, format_smolstr!("{place}.settings.{name}"), "plan.contradiction", format!("{id}: {message}"))
    };
    let in_order = IN_ORDER.iter().filter(|(of, ..)| *of == id).filter_map(|(_, low, high)| {
        let forms = (form(low)?, form(high)?);
        // A rate of 0 is no limit.
        let no_limit = forms.1.kind == SettingKind::HourlyRate && settings.is_zero(forms.1) && id == "V32";
        (!no_limit && settings.compared(forms.0, forms.1) == Some(Ordering::Greater))
            .then(|| told(low, format!("{low} is above {high}, expected at most that; correct one of them")))
    });
    let whole = Amount::new(1, 0);
    let beyond = AT_MOST_WHOLE.iter().filter(|(of, _)| *of == id).filter_map(|(_, name)| {
        let is_above = settings.share(form(name)?).compared(whole) == Some(Ordering::Greater);
        is_above.then(|| told(name, format!("{name} is above 100 %, which nothing reaches; expected at most 100 %")))
    });
    in_order.chain(beyond).collect()
}
