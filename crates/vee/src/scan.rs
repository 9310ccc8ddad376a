//! The fused value checks: one pass over a day that lets most rules say "nothing here".
//!
//! [`Extremes`] is a few vector instructions for each 16 values. From the least value follow missing
//! (the mark is the smallest integer), negative and zero; from the highest and a lower bound of the
//! third highest follows that a day cannot hold a spike. Only days that are not cleared this way are
//! looked at value by value, so the answer is exact and the usual day is fast.

/// An integer that a day may be stored in; its smallest value marks a slot without a value.
pub trait SlotValue: Copy + Ord + Into<i64> {
    /// The mark of a slot without a value.
    const MISSING: Self;
    /// The largest value.
    const LARGEST: Self;
    /// Nothing used.
    const ZERO: Self;
}

impl SlotValue for i64 {
    const MISSING: Self = Self::MIN;
    const LARGEST: Self = Self::MAX;
    const ZERO: Self = 0;
}

impl SlotValue for i32 {
    const MISSING: Self = Self::MIN;
    const LARGEST: Self = Self::MAX;
    const ZERO: Self = 0;
}

/// Bounds of the values of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extremes<T = i64> {
    /// The least; the mark where a slot has no value; the largest integer where there are no slots.
    pub least: T,
    /// The highest; the mark where no slot has a value.
    pub highest: T,
    /// At most the third highest, and close to it on days without a spike.
    pub third_highest_at_least: T,
}

/// How many partial results the pass keeps: four vectors of SSE, two of AVX2 for 32-bit values.
const LANES: usize = 16;

impl<T: SlotValue> Extremes<T> {
    /// The bounds of the values of a day.
    pub fn of(values: &[T]) -> Self {
        let mut least = [T::LARGEST; LANES];
        let mut highest = [T::MISSING; LANES];
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                least[lane] = least[lane].min(chunk[lane]);
                highest[lane] = highest[lane].max(chunk[lane]);
            }
        }
        for (lane, value) in rest.iter().enumerate() {
            least[lane] = least[lane].min(*value);
            highest[lane] = highest[lane].max(*value);
        }
        Self::of_lanes(least, highest)
    }

    /// The lanes hold the maxima of disjoint groups of slots, so the third of them is at most the
    /// third of all values.
    fn of_lanes(mut least: [T; LANES], mut highest: [T; LANES]) -> Self {
        for width in [8, 4] {
            for lane in 0..width {
                least[lane] = least[lane].min(least[lane + width]);
                highest[lane] = highest[lane].max(highest[lane + width]);
            }
        }
        let [a, b, c, d] = [highest[0], highest[1], highest[2], highest[3]];
        let (high, low) = (a.max(b), a.min(b));
        let (other_high, other_low) = (c.max(d), c.min(d));
        let second_or_third = high.min(other_high);
        Self {
            least: least[0].min(least[1]).min(least[2].min(least[3])),
            highest: high.max(other_high),
            third_highest_at_least: low.max(other_low).min(second_or_third),
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
        let screen = Self { spike: may_spike(extremes, limits), ..Self::default() };
        if T::ZERO < extremes.least && !screen.spike {
            return screen;
        }
        Self::slowly(values, extremes, limits)
    }

    #[cold]
    #[inline(never)]
    fn slowly<T: SlotValue>(values: &[T], extremes: Extremes<T>, limits: ScreenLimits) -> Self {
        let third = if may_spike(extremes, limits) { top_three(values)[2] } else { extremes.third_highest_at_least };
        Self {
            missing: extremes.least == T::MISSING && !values.is_empty(),
            negative: extremes.least < T::ZERO && values.iter().any(|value| *value < T::ZERO && *value != T::MISSING),
            spike: may_spike(Extremes { third_highest_at_least: third, ..extremes }, limits)
                && limits.spike_floor.max(1) <= third.into(),
            zero_run: extremes.least <= T::ZERO && has_zero_run(values, limits.zero_run_fewest),
        }
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
fn has_zero_run<T: SlotValue>(values: &[T], fewest: u16) -> bool {
    let mut run = 0_u32;
    values.iter().any(|value| {
        run = if *value == T::ZERO { run + 1 } else { 0 };
        u32::from(fewest.max(1)) <= run
    })
}
