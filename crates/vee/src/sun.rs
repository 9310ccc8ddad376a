//! Sunrise and sunset by the equations of the NOAA Solar Calculator.
//!
//! Source: NOAA Global Monitoring Laboratory, "Solar Calculation Details", after Meeus, *Astronomical Algorithms*: good to
//! about a minute between 72 degrees north and south, for the years 1800 to 2100. Rise and set are where the upper limb
//! of the sun meets a level horizon, with the usual refraction: its centre 90.833 degrees from the zenith. No energy is
//! calculated here, so that floating point is in place.

use jiff::{SignedDuration, Timestamp};
use model::time::LocalDay;

use crate::context::Sun;

/// From the zenith to the centre of the sun as it rises, in degrees.
const ZENITH: f64 = 90.833;
/// The Julian day of the Unix epoch.
const EPOCH: f64 = 2_440_587.5;
/// The Julian day of the epoch J2000.
const J2000: f64 = 2_451_545.0;

/// Sunrise and sunset of a local day, to the second; `None` where the sun does not do both, and for places that are none.
///
/// `north` and `east` are degrees, below zero to the south and west.
pub fn over(north: f64, east: f64, day: LocalDay) -> Option<Sun> {
    let (start, end) = (day.range.start.as_second(), day.range.end.as_second());
    let middle = Timestamp::from_second(start + (end - start) / 2).ok()?;
    let crossing = |side| crossing(middle, (north, east), side);
    Some(Sun { rise: crossing(-1.0)?, set: crossing(1.0)? })
}

/// When the sun crosses the horizon before (`-1`) or after (`1`) it is highest, which is within half a day of an instant.
/// The position of the sun is that of the crossing itself, found again from the guess before.
fn crossing(near: Timestamp, (north, east): (f64, f64), side: f64) -> Option<Timestamp> {
    let minutes_of_day = near.as_second().rem_euclid(86_400) as f64 / 60.0;
    let mut at = near;
    for _ in 0..3 {
        let (declination, equation_of_time) = declination_and_equation_of_time(at);
        let (latitude, declination) = (north.to_radians(), declination.to_radians());
        let cosine =
            ZENITH.to_radians().cos() / (latitude.cos() * declination.cos()) - latitude.tan() * declination.tan();
        let hour_angle = Some(cosine).filter(|cosine| (-1.0..=1.0).contains(cosine))?.acos().to_degrees();
        let highest = 720.0 - 4.0 * east - equation_of_time - minutes_of_day;
        let highest = (highest + 720.0).rem_euclid(1440.0) - 720.0;
        let seconds = ((highest + side * 4.0 * hour_angle) * 60.0).round();
        at = near.checked_add(SignedDuration::from_secs(seconds as i64)).ok()?;
    }
    Some(at)
}

/// The declination of the sun in degrees, and the equation of time in minutes.
fn declination_and_equation_of_time(at: Timestamp) -> (f64, f64) {
    let julian_day = at.as_second() as f64 / 86_400.0 + EPOCH;
    let century = (julian_day - J2000) / 36_525.0;
    let mean_longitude =
        (280.466_46 + century * (36_000.769_83 + century * 0.000_303_2)).rem_euclid(360.0).to_radians();
    let mean_anomaly = (357.529_11 + century * (35_999.050_29 - 0.000_153_7 * century)).to_radians();
    let eccentricity = 0.016_708_634 - century * (0.000_042_037 + 0.000_000_126_7 * century);
    let center = mean_anomaly.sin() * (1.914_602 - century * (0.004_817 + 0.000_014 * century))
        + (2.0 * mean_anomaly).sin() * (0.019_993 - 0.000_101 * century)
        + (3.0 * mean_anomaly).sin() * 0.000_289;
    let node = (125.04 - 1_934.136 * century).to_radians();
    let longitude = (mean_longitude.to_degrees() + center - 0.005_69 - 0.004_78 * node.sin()).to_radians();
    let seconds = 21.448 - century * (46.815 + century * (0.000_59 - century * 0.001_813));
    let obliquity = (23.0 + (26.0 + seconds / 60.0) / 60.0 + 0.002_56 * node.cos()).to_radians();
    let declination = (obliquity.sin() * longitude.sin()).asin().to_degrees();
    let half = (obliquity / 2.0).tan().powi(2);
    let equation = half * (2.0 * mean_longitude).sin() - 2.0 * eccentricity * mean_anomaly.sin()
        + 4.0 * eccentricity * half * mean_anomaly.sin() * (2.0 * mean_longitude).cos()
        - 0.5 * half * half * (4.0 * mean_longitude).sin()
        - 1.25 * eccentricity * eccentricity * (2.0 * mean_anomaly).sin();
    (declination, 4.0 * equation.to_degrees())
}
