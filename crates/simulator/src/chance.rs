//! What falls to whom: numbers that follow from the seed, the thing, the moment and what they are for.
//!
//! Nothing is drawn in turn, so any value can be asked for alone and again.

/// What a number is drawn for; two purposes never share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Kind = 1,
    Size,
    Heating,
    HeadEnd,
    Noise,
    Journey,
    Panels,
    FirstRegister,
    Cloud,
    Warmth,
    Lost,
    Late,
    Twice,
    StormTwice,
    StormAgain,
    StormDisorder,
    StormDelay,
    StormClock,
    StormFlaw,
    Family,
    Firmware,
    Radio,
    Latency,
    Neighbour,
    Drift,
    SyncHour,
    Battery,
    LastGasp,
    Corrupt,
}

/// A well-mixed number for a thing at a moment.
pub(crate) fn chance(seed: u64, thing: u64, moment: i64, purpose: Purpose) -> u64 {
    mixed(seed, thing, moment, purpose as u64)
}

/// A well-mixed number for a thing, a moment and a number of what it is for (the finaliser of SplitMix64).
pub fn mixed(seed: u64, thing: u64, moment: i64, purpose: u64) -> u64 {
    let mut state = seed
        ^ (thing + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ moment.cast_unsigned().wrapping_mul(0xd1b5_4a32_d192_ed03)
        ^ purpose.wrapping_mul(0x2545_f491_4f6c_dd1d);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// A number of `[from, to)` for a thing at a moment.
pub(crate) fn between(seed: u64, thing: u64, moment: i64, purpose: Purpose, (from, to): (i64, i64)) -> i64 {
    let width = to.abs_diff(from).max(1);
    from + (chance(seed, thing, moment, purpose) % width).cast_signed()
}

/// Whether so many of a thousand hold for a thing at a moment.
pub(crate) fn falls(seed: u64, thing: u64, moment: i64, purpose: Purpose, per_mille: u64) -> bool {
    0 < per_mille && chance(seed, thing, moment, purpose) % 1000 < per_mille
}
