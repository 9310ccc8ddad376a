//! What is truly used and fed in, quarter-hour by quarter-hour, in whole Wh.

use jiff::civil::{Date, Weekday};

use crate::chance::{Purpose, between};
use crate::premises::{Kind, Premises};
use crate::weather::{Sky, day_number};

/// What passes a meter in a quarter of an hour, both ways in Wh; one of them is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// From the network to the customer.
    pub delivered: i64,
    /// From the customer to the network.
    pub received: i64,
}

impl Flow {
    /// Both together.
    pub(crate) fn plus(self, other: &Self) -> Self {
        Self { delivered: self.delivered + other.delivered, received: self.received + other.received }
    }
}

/// A quarter-hour as the wall clock shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarter {
    /// The local date.
    pub date: Date,
    /// The hour on the clock, 0 to 23.
    pub hour: i8,
    /// Quarters of 900 s since 1970: tells the hour that a clock shows twice apart.
    pub number: i64,
}

/// Wh of a quarter of an hour at each hour, for a household of the middle size.
pub const HOME: [i64; 24] =
    [70, 62, 58, 56, 58, 75, 120, 165, 150, 120, 110, 115, 125, 115, 108, 115, 145, 205, 260, 270, 240, 195, 140, 95];
/// The same for a business.
pub const BUSINESS: [i64; 24] = [
    210, 205, 200, 200, 210, 240, 340, 520, 780, 930, 980, 1010, 960, 990, 1000, 960, 860, 690, 480, 360, 300, 260,
    230, 215,
];
/// What a kW of panels makes in a quarter of an hour under a clear sky, in Wh, in the middle of summer and of winter.
const SUMMER_SUN: [i64; 24] =
    [0, 0, 0, 0, 2, 12, 40, 78, 118, 152, 178, 192, 196, 190, 172, 146, 112, 74, 38, 12, 2, 0, 0, 0];
const WINTER_SUN: [i64; 24] = [0, 0, 0, 0, 0, 0, 0, 2, 22, 52, 78, 92, 94, 84, 60, 28, 4, 0, 0, 0, 0, 0, 0, 0];
/// Share of summer in each month, in per cent.
const SUMMER: [i64; 12] = [5, 20, 42, 65, 86, 100, 98, 82, 60, 36, 14, 0];
/// A car takes 7 kW.
const CAR_QUARTER: i64 = 1750;

/// What passes the meter of some premises in a quarter-hour with power, under this sky.
pub fn flow(seed: u64, meter: u32, premises: &Premises, quarter: Quarter, sky: Sky) -> Flow {
    let net = used(seed, meter, premises, quarter, sky) - made(premises, quarter, sky);
    Flow { delivered: net.max(0), received: (-net).max(0) }
}

fn used(seed: u64, meter: u32, premises: &Premises, quarter: Quarter, sky: Sky) -> i64 {
    let noise = between(seed, meter.into(), quarter.number, Purpose::Noise, (80, 121));
    let hour = usize::try_from(quarter.hour).unwrap_or(0) % 24;
    let weekend = matches!(quarter.date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let (base, week) = match premises.kind {
        Kind::Vacant => return noise % 4,
        Kind::Business => (BUSINESS[hour], if weekend { 38 } else { 100 }),
        Kind::Home | Kind::HomeWithCar | Kind::HomeWithPanels => (HOME[hour], if weekend { 115 } else { 100 }),
    };
    let by_weather = 100 + warmth_percent(premises, sky.temperature);
    let car = if premises.kind == Kind::HomeWithCar { charged(seed, meter, quarter) } else { 0 };
    base * premises.size / 100 * week / 100 * by_weather / 100 * noise / 100 + car
}

/// What cooling and heating add, in per cent of the base: 6 a degree above 22 °C, 2 a degree below 15 °C, or 9 where it is
/// heated with electricity.
fn warmth_percent(premises: &Premises, tenths: i64) -> i64 {
    let heating = if premises.electric_heating { 9 } else { 2 };
    (tenths - 220).max(0) * 6 / 10 + (150 - tenths).max(0) * heating / 10
}

/// The car comes home with more or less to fill and begins at ten in the evening; charging never runs past midnight.
fn charged(seed: u64, meter: u32, quarter: Quarter) -> i64 {
    let quarters = between(seed, meter.into(), day_number(quarter.date), Purpose::Journey, (-2, 9));
    let since_ten = (i64::from(quarter.hour) - 22) * 4 + quarter.number.rem_euclid(4);
    if (0..quarters).contains(&since_ten) { CAR_QUARTER } else { 0 }
}

fn made(premises: &Premises, quarter: Quarter, sky: Sky) -> i64 {
    if premises.panels_kw == 0 {
        return 0;
    }
    let hour = usize::try_from(quarter.hour).unwrap_or(0) % 24;
    let summer = SUMMER[usize::try_from(quarter.date.month() - 1).unwrap_or(0) % 12];
    let clear = (SUMMER_SUN[hour] * summer + WINTER_SUN[hour] * (100 - summer)) / 100;
    clear * premises.panels_kw * sky.sunshine / 100
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// A day of 96 quarters in UTC.
    fn day(date: Date) -> impl Iterator<Item = Quarter> {
        let first = day_number(date) * 96;
        (0..96_i8).map(move |at| Quarter { date, hour: at / 4, number: first + i64::from(at) })
    }

    fn premises(kind: Kind) -> (u32, Premises) {
        let mut town = (0..1000).map(|meter| (meter, Premises::of(7, meter)));
        town.find(|(_, premises)| premises.kind == kind).expect("a town has each kind")
    }

    fn sums(kind: Kind, on: Date) -> (i64, i64) {
        let (meter, premises) = premises(kind);
        let flows = day(on).map(|quarter| flow(7, meter, &premises, quarter, Sky::over(7, quarter.date, quarter.hour)));
        flows.fold((0, 0), |(delivered, received), flow| (delivered + flow.delivered, received + flow.received))
    }

    #[test]
    fn only_panels_feed_in_and_only_by_day() {
        let summer = date(2026, 6, 20);
        assert!(0 < sums(Kind::HomeWithPanels, summer).1);
        assert_eq!(sums(Kind::Home, summer).1, 0);
        let (meter, premises) = premises(Kind::HomeWithPanels);
        let night = day(summer).filter(|quarter| quarter.hour < 4);
        assert!(
            night.into_iter().all(|quarter| flow(
                7,
                meter,
                &premises,
                quarter,
                Sky::over(7, quarter.date, quarter.hour)
            )
            .received
                == 0)
        );
    }

    #[test]
    fn businesses_rest_at_the_weekend_and_empty_homes_use_nearly_nothing() {
        let (friday, saturday) = (sums(Kind::Business, date(2026, 5, 8)).0, sums(Kind::Business, date(2026, 5, 9)).0);
        assert!(saturday * 2 < friday, "{saturday} of {friday}");
        assert!(sums(Kind::Vacant, date(2026, 5, 8)).0 < 4 * 96);
    }

    #[test]
    fn a_car_takes_whole_quarters_of_its_power_before_midnight() {
        let (meter, _) = premises(Kind::HomeWithCar);
        let charges: Vec<i64> = (0..30)
            .map(|at| date(2026, 1, 1).saturating_add(jiff::Span::new().days(at)))
            .map(|date| day(date).map(|quarter| charged(7, meter, quarter)).sum::<i64>() / CAR_QUARTER)
            .collect();
        assert!(charges.iter().all(|quarters| (0..=8).contains(quarters)));
        assert!(charges.contains(&0) && charges.iter().any(|quarters| 4 < *quarters));
    }
}
