//! The words of sources to event types.
//!
//! A source's own table is asked first. Then a 4-part code is taken as it is where all its parts are known, and a name where
//! it is that of an event Amity knows. Codes that several products use for one event become one of them. What is
//! left is [`Meaning::Unmapped`]: kept, told to people, and never dropped.

use std::collections::BTreeMap;

use model::code::find;
use model::event::report::Meaning;
use model::event::{EndDeviceEvent, EndDeviceEventType, action, canonical, device, sub_domain};
use smol_str::SmolStr;

/// The detail of an event under which readers keep a type that is no 4-part code.
pub const TOLD_TYPE: &str = "EndDeviceEventType";

/// Codes of one event in different products (IEC 61968-9 Annex E editions), and the one that is used for it.
const ONE_EVENT: &[([u16; 4], [u16; 4])] = &[
    ([3, 26, 0, 47], [3, 26, 0, 85]),
    ([3, 26, 17, 185], [3, 26, 0, 85]),
    ([3, 26, 9, 185], [3, 26, 0, 85]),
    ([3, 26, 17, 216], [3, 26, 0, 216]),
    ([3, 12, 93, 263], [3, 12, 17, 257]),
];

/// What the words of each source mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dialects {
    of_source: BTreeMap<SmolStr, BTreeMap<SmolStr, EndDeviceEventType>>,
}

impl Dialects {
    /// Says what a word of a source means; the last time it is said holds.
    pub fn set(&mut self, source: &str, told: &str, event_type: EndDeviceEventType) {
        self.of_source.entry(source.into()).or_default().insert(folded(told), event_type);
    }

    /// What an event of a source means.
    pub fn meaning(&self, source: &str, event: &EndDeviceEvent) -> Meaning {
        self.meaning_of(source, &told_type(event))
    }

    /// What a word of a source means.
    pub fn meaning_of(&self, source: &str, told: &str) -> Meaning {
        let own = self.of_source.get(source).and_then(|words| words.get(&folded(told))).copied();
        let known = own.or_else(|| told.parse().ok().filter(is_known)).or_else(|| named(told));
        match known {
            Some(event_type) => Meaning::Known(one_of_equals(event_type)),
            None => Meaning::Unmapped { source: source.into(), told: told.into() },
        }
    }
}

/// The type of an event in the words of its source.
pub fn told_type(event: &EndDeviceEvent) -> SmolStr {
    let text = event.details.iter().find(|(name, _)| name == TOLD_TYPE).map(|(_, text)| text.clone());
    text.unwrap_or_else(|| match event.event_type == EndDeviceEventType::default() {
        true => SmolStr::default(),
        false => event.event_type.to_string().into(),
    })
}

/// Whether it is a known event, or each part of it is in its table.
fn is_known(event_type: &EndDeviceEventType) -> bool {
    let EndDeviceEventType { device, domain, sub_domain, event_or_action } = *event_type;
    let parts = [
        (device::DEVICES, device),
        (device::DOMAINS, domain),
        (sub_domain::SUB_DOMAINS, sub_domain),
        (action::ACTIONS, event_or_action),
    ];
    let is_empty = *event_type == EndDeviceEventType::default();
    !is_empty
        && (canonical::event(*event_type).is_some()
            || parts.iter().all(|(table, number)| find(table, *number).is_some()))
}

fn named(told: &str) -> Option<EndDeviceEventType> {
    canonical::EVENTS.iter().find(|row| row.name.eq_ignore_ascii_case(told.trim())).map(|row| row.code)
}

fn one_of_equals(event_type: EndDeviceEventType) -> EndDeviceEventType {
    let code = |[device, domain, sub_domain, event_or_action]: [u16; 4]| EndDeviceEventType {
        device,
        domain,
        sub_domain,
        event_or_action,
    };
    let row = ONE_EVENT.iter().find(|(told, _)| code(*told) == event_type);
    row.map_or(event_type, |(_, used)| code(*used))
}

fn folded(told: &str) -> SmolStr {
    told.trim().to_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    // covers: MOD-SCH
    #[test]
    fn words_become_types_or_stay_as_they_are() {
        let mut dialects = Dialects::default();
        dialects.set("HES-2", "PWR_DN", "3.26.0.85".parse().expect("a code"));
        let check = |source: &str, told: &str, expected: &str| {
            assert_eq!(dialects.meaning_of(source, told).to_string(), expected, "{source} {told}");
        };
        check("HES-1", "3.26.0.85", "3.26.0.85");
        check("HES-1", " 3.26.0.216 ", "3.26.0.216");
        check("HES-1", "3.26.0.47", "3.26.0.85");
        check("HES-1", "3.26.17.185", "3.26.0.85");
        check("HES-1", "power restored", "3.26.0.216");
        check("HES-2", "pwr_dn", "3.26.0.85");
        check("HES-1", "PWR_DN", "unmapped (PWR_DN)");
        check("HES-1", "3.26.0.9999", "unmapped (3.26.0.9999)");
        check("HES-1", "0.0.0.0", "unmapped (0.0.0.0)");
        check("HES-1", "", "unmapped ()");
    }

    #[test]
    fn the_last_gasp_of_a_module_is_no_outage_of_its_meter() {
        let dialects = Dialects::default();
        assert_ne!(dialects.meaning_of("HES-1", "3.26.136.47"), dialects.meaning_of("HES-1", "3.26.0.85"));
    }
}
