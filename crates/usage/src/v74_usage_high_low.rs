//! V74 usage high or low: usage that is far from last year's or the previous usage.
//!
//! Source: Oracle D2-USGHIGLOW.

use model::quantity::{Decimal, Sum};
use serde::{Deserialize, Serialize};

use crate::quality::Exception;
use crate::series::{Earlier, Reference};

/// How far a determinant may be from an earlier one, for each second of its period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HighLow {
    /// What it is compared with: the first of these that is known.
    pub against: Vec<Earlier>,
    /// How many percent it may be above.
    pub above_percent: u16,
    /// How many percent it may be below, 100 at most.
    pub below_percent: u16,
}

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    Within,
    Outside(Exception),
    NotApplicable(String),
}

/// A quantity and the seconds in which it was used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub quantity: Decimal,
    pub seconds: i64,
}

impl HighLow {
    /// Compares `quantity / seconds` with that of the reference. Exact: all is multiplied out.
    pub(crate) fn compared(&self, determinant: &str, now: Rate, references: &[Reference<'_>]) -> Compared {
        let of = |earlier: &Earlier| {
            references.iter().find(|known| known.determinant == determinant && known.of == *earlier)
        };
        let Some(reference) = self.against.iter().find_map(of) else {
            return Compared::NotApplicable("V74 not applicable: no earlier quantity is known".into());
        };
        let earlier = Rate { quantity: reference.quantity, seconds: reference.seconds };
        let Some((found, normal)) = in_same_units(now, earlier) else {
            return Compared::NotApplicable("V74 not applicable: the numbers are too large to compare exactly".into());
        };
        if normal <= 0 || earlier.seconds <= 0 {
            return Compared::NotApplicable(
                "V74 not applicable: the earlier quantity or period is zero or less".into(),
            );
        }
        let below = i128::from(100_u16.saturating_sub(self.below_percent));
        let (percent, limit) = (normal.checked_mul(100 + i128::from(self.above_percent)), normal.checked_mul(below));
        match (found.checked_mul(100), percent, limit) {
            (Some(found), Some(high), Some(low)) if found < low || high < found => Compared::Outside(Exception {
                rule: "V74".into(),
                evidence: format!(
                    "{} in {} s against {} in {} s {}; the limits are {} % above and {} % below",
                    now.quantity,
                    now.seconds,
                    earlier.quantity,
                    earlier.seconds,
                    words(reference.of),
                    self.above_percent,
                    self.below_percent
                ),
            }),
            (Some(_), Some(_), Some(_)) => Compared::Within,
            _ => Compared::NotApplicable("V74 not applicable: the numbers are too large to compare exactly".into()),
        }
    }
}

fn words(earlier: Earlier) -> &'static str {
    match earlier {
        Earlier::LastYear => "last year",
        Earlier::Previous => "in the previous period",
    }
}

/// Both quantities, each times the seconds of the other, in one power of ten.
fn in_same_units(left: Rate, right: Rate) -> Option<(i128, i128)> {
    let exponent = left.quantity.exponent.min(right.quantity.exponent);
    let times = |quantity: Decimal, seconds: i64| {
        let mut sum = Sum::default();
        sum.add(i128::from(quantity.digits).checked_mul(seconds.into())?, quantity.exponent).ok()?;
        sum.in_units(exponent)
    };
    Some((times(left.quantity, right.seconds)?, times(right.quantity, left.seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    #[test]
    fn usage_is_compared_by_the_second() {
        // Last year 300 kWh in 30 days: 10 a day. Limits 50 % above and 60 % below: 4 to 15 a day.
        check("450", 30, "within");
        check("450.1", 30, "outside");
        check("465", 31, "within");
        check("120", 30, "within");
        check("119.999", 30, "outside");
    }

    #[track_caller]
    fn check(quantity: &str, days: i64, expected: &str) {
        let high_low =
            HighLow { against: vec![Earlier::LastYear, Earlier::Previous], above_percent: 50, below_percent: 60 };
        let reference = |of, quantity: &str, days: i64| Reference {
            determinant: "kwh",
            of,
            quantity: quantity.parse().expect("decimal"),
            seconds: days * DAY,
        };
        let references = [reference(Earlier::Previous, "1", 30), reference(Earlier::LastYear, "300", 30)];
        let now = Rate { quantity: quantity.parse().expect("decimal"), seconds: days * DAY };
        let found = match high_low.compared("kwh", now, &references) {
            Compared::Within => "within".into(),
            Compared::Outside(exception) => {
                assert!(exception.evidence.contains("last year"), "{}", exception.evidence);
                "outside".into()
            }
            Compared::NotApplicable(reason) => reason,
        };
        assert_eq!(found, expected, "{quantity} in {days} days");
        assert!(matches!(high_low.compared("other", now, &references), Compared::NotApplicable(_)));
    }
}
