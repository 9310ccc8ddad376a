//! Who is supplied through a meter, and what that meter is.

use serde::Deserialize;

use crate::chance::{Purpose, between, chance};

/// What kind of customer uses what passes a meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A household.
    Home,
    /// A household that charges a car at night.
    HomeWithCar,
    /// A household with panels on the roof.
    HomeWithPanels,
    /// A shop, an office or a workshop.
    Business,
    /// Nobody lives there.
    Vacant,
}

/// How a meter's readings leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum HeadEnd {
    /// IEC 61968-9 XML: quarter-hours, events, a register read at midnight.
    #[serde(rename = "hes-cloud")]
    Cloud,
    /// Amity's CSV: what the register shows at the end of every hour.
    #[serde(rename = "hes-hourly")]
    Hourly,
    /// CMEP: hours as intervals, a file a day.
    #[serde(rename = "hes-folder")]
    Folder,
}

impl HeadEnd {
    /// Every head-end, in order.
    pub const ALL: [Self; 3] = [Self::Cloud, Self::Hourly, Self::Folder];

    /// Its name, as its folder and its messages have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cloud => "hes-cloud",
            Self::Hourly => "hes-hourly",
            Self::Folder => "hes-folder",
        }
    }
}

/// A metered place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Premises {
    /// Who uses energy there.
    pub kind: Kind,
    /// How much for its kind, in per cent.
    pub size: i64,
    /// Whether it is heated with electricity.
    pub electric_heating: bool,
    /// Peak power of the panels in kW; 0 without.
    pub panels_kw: i64,
    /// Who collects its readings.
    pub head_end: HeadEnd,
    /// What the register of the meter showed when the simulation began, in Wh.
    pub first_register: i64,
}

impl Premises {
    /// The premises of a meter by number.
    pub fn of(seed: u64, meter: u32) -> Self {
        let thing = u64::from(meter);
        let percent = |purpose| chance(seed, thing, 0, purpose) % 100;
        let kind = match percent(Purpose::Kind) {
            0..=4 => Kind::Vacant,
            5..=16 => Kind::Business,
            17..=24 => Kind::HomeWithPanels,
            25..=34 => Kind::HomeWithCar,
            _ => Kind::Home,
        };
        let panels = between(seed, thing, 0, Purpose::Panels, (3, 9));
        Self {
            kind,
            size: between(seed, thing, 0, Purpose::Size, (50, 160)),
            electric_heating: percent(Purpose::Heating) < 20,
            panels_kw: if kind == Kind::HomeWithPanels { panels } else { 0 },
            head_end: match percent(Purpose::HeadEnd) {
                0..=49 => HeadEnd::Cloud,
                50..=79 => HeadEnd::Hourly,
                _ => HeadEnd::Folder,
            },
            first_register: between(seed, thing, 0, Purpose::FirstRegister, (1_000_000, 40_000_000)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_town_has_about_the_shares_that_it_should() {
        let town: Vec<_> = (0..10_000).map(|meter| Premises::of(7, meter)).collect();
        let per_cent = |has: &dyn Fn(&Premises) -> bool| town.iter().filter(|premises| has(premises)).count() / 100;
        assert!((3..=7).contains(&per_cent(&|premises| premises.kind == Kind::Vacant)));
        assert!((10..=14).contains(&per_cent(&|premises| premises.kind == Kind::Business)));
        assert!((45..=55).contains(&per_cent(&|premises| premises.head_end == HeadEnd::Cloud)));
        assert!(town.iter().all(|premises| (premises.panels_kw != 0) == (premises.kind == Kind::HomeWithPanels)));
    }
}
