//! The fused value checks: one pass over a day that lets most rules say "nothing here".
//!
//! [`Extremes`] is a few vector instructions for each four values. Values that are all above zero are
//! neither missing nor negative nor zero, since the mark of a missing value is the smallest integer; and
//! the highest value with a lower bound of the third highest tells most days that cannot hold a spike.
//! Only days that are not cleared this way are looked at again, so the answer is exact and the usual
//! day is fast.

use std::ops::BitOr;

/// An integer that a day may be stored in; its smallest value marks a slot without a value.
pub trait SlotValue: Copy + Ord + Into<i64> + BitOr<Output = Self> {
    /// The mark of a slot without a value.
    const MISSING: Self;
    /// Nothing used.
    const ZERO: Self;

    /// A number with the sign bit set exactly where this one is zero or below: free of branches and
    /// of comparisons, which plain x86-64 has no vector form of.
    fn sign_unless_above_zero(self) -> Self;
}

macro_rules! slot_values {
    ($($integer:ty),*) => {$(
        impl SlotValue for $integer {
            const MISSING: Self = Self::MIN;
            const ZERO: Self = 0;

            #[inline]
            fn sign_unless_above_zero(self) -> Self {
                self | self.wrapping_sub(1)
            }
        }
    )*};
}

slot_values!(i32, i64);

/// Bounds of the values of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes<T = i64> {
    /// Whether every slot has a value above zero; true where there are no slots.
    pub all_above_zero: bool,
    /// The highest; the mark where no slot has a value.
    pub highest: T,
    /// At most the third highest, and close to it on days without a spike.
    pub third_highest_at_least: T,
}

/// How many partial results the pass keeps: four vectors of four 32-bit values.
const LANES: usize = 16;

impl<T: SlotValue> Extremes<T> {
    /// The bounds of the values of a day.
    #[inline]
    pub fn of(values: &[T]) -> Self {
        let mut signs = [T::ZERO; LANES];
        let mut highest = [T::MISSING; LANES];
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                let value = chunk[lane];
                signs[lane] = signs[lane] | value.sign_unless_above_zero();
                // Written out: the compiler makes vectors of this, and not of `max`.
                highest[lane] = if highest[lane] < value { value } else { highest[lane] };
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            signs[lane] = signs[lane] | value.sign_unless_above_zero();
            highest[lane] = highest[lane].max(*value);
        }
        Self::of_lanes(signs, highest)
    }

    /// The four groups of lanes hold the maxima of disjoint sets of slots, so the third highest of
    /// the groups is at most the third highest of all values.
    #[inline]
    fn of_lanes(signs: [T; LANES], highest: [T; LANES]) -> Self {
        let sign = signs.into_iter().fold(T::ZERO, |sign, lane| sign | lane);
        let mut groups = [T::MISSING; 4];
        for (lane, value) in highest.into_iter().enumerate() {
            groups[lane % 4] = groups[lane % 4].max(value);
        }
        let [a, b, c, d] = groups;
        let (high, low) = (a.max(b), a.min(b));
        let (other_high, other_low) = (c.max(d), c.min(d));
        Self {
            all_above_zero: T::ZERO <= sign,
            highest: high.max(other_high),
            third_highest_at_least: low.max(other_low).min(high.min(other_high)),
        }
    }
}

/// What the fused pass looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScreenLimits {
    /// A spike is above this many hundredths of the third highest value: 280 for an excess of 180 %.
    pub spike_hundredths: u32,
    /// Third-highest values below this many quanta are too small to judge a spike by.
    pub spike_floor: i64,
    /// As many consecutive zeros are reported.
    pub zero_run_fewest: u16,
}

/// What the fused pass found in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    /// A slot has no value (V30).
    pub missing: bool,
    /// A value is below zero (V38).
    pub negative: bool,
    /// The highest value is a spike (V31).
    pub spike: bool,
    /// So many consecutive values are zero (V36, V39).
    pub zero_run: bool,
}

impl Screen {
    /// The four value checks of a day in one pass.
    #[inline]
    pub fn of<T: SlotValue>(values: &[T], limits: ScreenLimits) -> Self {
        let extremes = Extremes::of(values);
        if extremes.all_above_zero && !may_spike(extremes, limits) {
            return Self::default();
        }
        Self::slowly(values, extremes, limits)
    }

    #[cold]
    #[inline(never)]
    fn slowly<T: SlotValue>(values: &[T], extremes: Extremes<T>, limits: ScreenLimits) -> Self {
        let mut screen = Self::default();
        if may_spike(extremes, limits) {
            let third = top_three(values)[2];
            let exact = Extremes { third_highest_at_least: third, ..extremes };
            screen.spike = may_spike(exact, limits) && limits.spike_floor.max(1) <= third.into();
        }
        if !extremes.all_above_zero {
            for value in values {
                screen.missing |= *value == T::MISSING;
                screen.negative |= (*value < T::ZERO) & (*value != T::MISSING);
            }
            screen.zero_run = has_zero_run(values, limits.zero_run_fewest);
        }
        screen
    }
}

/// Whether the highest value is above the limit over a third highest as small as its bound.
#[inline]
fn may_spike<T: SlotValue>(extremes: Extremes<T>, limits: ScreenLimits) -> bool {
    let third = extremes.third_highest_at_least.into().max(limits.spike_floor).max(1);
    let highest: i64 = extremes.highest.into();
    i128::from(third) * i128::from(limits.spike_hundredths) < i128::from(highest) * 100
}

/// The three highest values, in falling order; the mark where there are fewer.
pub(crate) fn top_three<T: SlotValue>(values: &[T]) -> [T; 3] {
    let [mut first, mut second, mut third] = [T::MISSING; 3];
    for value in values.iter().copied() {
        if third < value {
            third = second.min(value);
            second = second.max(value).min(first);
            first = first.max(value);
        }
    }
    [first, second, third]
}

/// Whether so many consecutive values are zero.
///
/// A run of `n` covers a position `n-1, 2n-1, ...`, so only those need a look, and the values around
/// one that is zero.
fn has_zero_run<T: SlotValue>(values: &[T], fewest: u16) -> bool {
    let fewest = usize::from(fewest.max(1));
    (fewest - 1..values.len()).step_by(fewest).filter(|at| values[*at] == T::ZERO).any(|at| {
        let before = values[..at].iter().rev().take_while(|value| **value == T::ZERO).count();
        let after = values[at..].iter().take_while(|value| **value == T::ZERO).count();
        fewest <= before + after
    })
}
