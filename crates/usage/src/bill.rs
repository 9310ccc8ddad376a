//! The determinants of one account: what several of them need is computed once.

use jiff::Timestamp;
use model::finding::Finding;
use model::time::TimeRange;
use smol_str::SmolStr;

use crate::cycle::Cycle;
use crate::definition::{CheckedDefinition, CheckedMeasure};
use crate::demand::{DemandWindow, Peak, Place};
use crate::determinant::{Determinant, quantity, without_zeros};
use crate::factors::{load_factor, power_factor};
use crate::inputs_hash::InputsHash;
use crate::meter::{Combined, Netting, NettingSpan, too_large};
use crate::quality::{Counts, Exception};
use crate::register::register_usage;
use crate::series::Account;
use crate::tally::{Cell, tally};
use crate::v74_usage_high_low::{Compared, Rate};

/// Work in progress for one account.
pub(crate) struct Bill<'c, 'a> {
    cycle: &'c Cycle<'c>,
    account: &'c Account<'a>,
    /// Intervals by meter of the set, as far as they were needed.
    meters: Vec<Option<Result<Metered<'a>, Finding>>>,
    peaks: Vec<Peaks>,
}

/// The intervals of a meter and what they add up to.
struct Metered<'a> {
    combined: Combined<'a>,
    cells: Vec<Cell>,
}

/// The peaks of a meter, by cell or by part.
struct Peaks {
    meter: usize,
    window: DemandWindow,
    place: Place,
    peaks: Vec<Option<Peak>>,
}

/// A number with what it rests on.
struct Found {
    digits: i128,
    exponent: i8,
    /// The power of ten before losses; zeros that are finer say nothing.
    quantum: i8,
    decimals: Option<u8>,
    peak: Option<TimeRange>,
    note: Option<&'static str>,
    /// Why there is no number; the digits say nothing then.
    absent: Option<String>,
    counts: Counts,
    inputs_hash: u64,
}

const FACTOR_DECIMALS: u8 = 4;

impl<'c, 'a> Bill<'c, 'a> {
    pub(crate) fn new(cycle: &'c Cycle<'c>, account: &'c Account<'a>) -> Self {
        let meters = cycle.set.meters.iter().map(|_| None).collect();
        Self { cycle, account, meters, peaks: Vec::new() }
    }

    /// One determinant of one part of the period.
    pub(crate) fn determinant(
        &mut self,
        definition: &CheckedDefinition,
        bucket: Option<usize>,
        part: usize,
    ) -> Result<Determinant, Finding> {
        let place = (definition.meter, bucket, part);
        let found = match definition.measure {
            CheckedMeasure::Usage => self.usage(definition, place)?,
            CheckedMeasure::Register => self.register(definition, part)?,
            CheckedMeasure::Demand(window) => self.demand(definition, window, place)?,
            CheckedMeasure::PowerFactor { reactive } => self.power_factor(definition, place, reactive)?,
            CheckedMeasure::ExcessReactive { active, free } => {
                let (reactive, active) =
                    (self.usage(definition, place)?, self.usage(definition, (active, bucket, part))?);
                let (over, under, exponent) = aligned(&reactive, &active).ok_or_else(|| too_large(&definition.id))?;
                let excess = free.of(under).and_then(|free| over.checked_sub(free));
                let digits = excess.ok_or_else(|| too_large(&definition.id))?.max(0);
                Found { digits, exponent, ..reactive.with(&active) }
            }
            CheckedMeasure::LoadFactor(window) => self.load_factor(definition, window, place)?,
        };
        self.told(definition, found, part)
    }

    fn usage(
        &mut self,
        definition: &CheckedDefinition,
        (meter, bucket, part): (usize, Option<usize>, usize),
    ) -> Result<Found, Finding> {
        let buckets = self.cycle.grid.buckets;
        let keep = match self.cycle.set.meters[meter].netting {
            Some(Netting { over: NettingSpan::Period, keep }) => Some(keep),
            _ => None,
        };
        let metered = self.metered(meter)?;
        let cells = &metered.cells[part * buckets..(part + 1) * buckets];
        let cell = match bucket {
            Some(bucket) => cells[bucket].clone(),
            None => total(cells),
        };
        let digits = keep.map_or(Some(cell.sum), |keep| keep.of(cell.sum)).ok_or_else(|| too_large(&definition.id))?;
        let Combined { exponent, quantum, .. } = metered.combined;
        Ok(Found::of(cell, (digits, exponent, quantum), definition.decimals))
    }

    fn register(&self, definition: &CheckedDefinition, part: usize) -> Result<Found, Finding> {
        let set = self.cycle.set;
        let meter = &set.meters[definition.meter];
        let seconds = |range: &TimeRange| (range.start.as_second(), range.end.as_second());
        let parts: Vec<(i64, i64)> = self.cycle.grid.parts.iter().map(seconds).collect();
        let mut sum: Option<Found> = None;
        for term in &meter.terms {
            let channel = meter.channel(self.account, term)?;
            let (mut cells, quantum) = register_usage(&channel, &parts, set.between_reads)?;
            let cell = cells.swap_remove(part);
            let (digits, exponent) = term.of(cell.sum, quantum).ok_or_else(|| too_large(channel.name))?;
            let found = Found::of(cell, (digits, exponent, quantum), definition.decimals);
            sum = Some(match sum {
                None => found,
                Some(before) => before.plus(found).ok_or_else(|| too_large(channel.name))?,
            });
        }
        let mut found = sum.ok_or_else(|| too_large(&definition.id))?;
        if let Some(Netting { keep, .. }) = meter.netting {
            found.digits = keep.of(found.digits).ok_or_else(|| too_large(&definition.id))?;
        }
        Ok(found)
    }

    fn demand(
        &mut self,
        definition: &CheckedDefinition,
        window: DemandWindow,
        (meter, bucket, part): (usize, Option<usize>, usize),
    ) -> Result<Found, Finding> {
        let energy = self.usage(definition, (meter, bucket, part))?;
        let Some(peak) = self.peak(window, (meter, bucket, part))? else {
            if energy.counts.expected == 0 {
                return Ok(Found { digits: 0, note: Some("no interval of the period lies in the bucket"), ..energy });
            }
            let (place, at) = self.cell(bucket, part);
            if !window.fits_into(&self.cycle.grid, (place, at)) {
                return Ok(Found { absent: Some(no_window(window, place)), ..energy });
            }
            let message = format!("no window of {} min is complete; estimate what is missing", window.minutes);
            return Err(Finding::new(0, definition.id.clone(), "usage.no_window", message));
        };
        let digits = window.power(peak.energy).ok_or_else(|| too_large(&definition.id))?;
        let instant = |second: i64| Timestamp::from_second(second).ok();
        let range = instant(peak.start).zip(instant(peak.start + window.seconds()));
        Ok(Found { digits, peak: range.map(|(start, end)| TimeRange { start, end }), ..energy })
    }

    fn power_factor(
        &mut self,
        definition: &CheckedDefinition,
        (meter, bucket, part): (usize, Option<usize>, usize),
        reactive: usize,
    ) -> Result<Found, Finding> {
        let active = self.usage(definition, (meter, bucket, part))?;
        let reactive = self.usage(definition, (reactive, bucket, part))?;
        let decimals = definition.decimals.unwrap_or(FACTOR_DECIMALS);
        if active.digits == 0 && reactive.digits == 0 {
            let note = Some("nothing was used; the power factor is taken for 1");
            return Ok(Found { note, ..active.with(&reactive).factor(10_i128.pow(decimals.into()), decimals) });
        }
        let factor = aligned(&active, &reactive).and_then(|(p, q, _)| power_factor(p, q, decimals.into()));
        let digits = factor.ok_or_else(|| no_factor(definition, "active energy is negative"))?;
        Ok(active.with(&reactive).factor(digits, decimals))
    }

    fn load_factor(
        &mut self,
        definition: &CheckedDefinition,
        window: DemandWindow,
        (meter, _, part): (usize, Option<usize>, usize),
    ) -> Result<Found, Finding> {
        let energy = self.usage(definition, (meter, None, part))?;
        let peak = self.demand(definition, window, (meter, None, part))?;
        if peak.absent.is_some() {
            return Ok(peak);
        }
        let decimals = definition.decimals.unwrap_or(FACTOR_DECIMALS);
        if energy.digits == 0 && peak.digits == 0 {
            let note = Some("nothing was used; the load factor is taken for 0");
            return Ok(Found { note, ..energy.factor(0, decimals) });
        }
        let seconds = self.cycle.grid.parts[part].seconds();
        let digits = load_factor(energy.digits, peak.digits, seconds, decimals.into())
            .ok_or_else(|| no_factor(definition, "the peak is zero or less"))?;
        Ok(Found { peak: peak.peak, ..energy.factor(digits, decimals) })
    }

    fn metered(&mut self, meter: usize) -> Result<&Metered<'a>, Finding> {
        let Cycle { set, grid, .. } = self.cycle;
        let account = self.account;
        let metered = self.meters[meter].get_or_insert_with(|| {
            let combined = set.meters[meter].combined(account, grid.range, set.assumed_time)?;
            let cells = tally(&combined.pieces, grid, set.across_edge)?;
            Ok(Metered { combined, cells })
        });
        metered.as_ref().map_err(Clone::clone)
    }

    /// Where among the peaks that of a bucket in a part of the period is, or that of the part.
    fn cell(&self, bucket: Option<usize>, part: usize) -> (Place, usize) {
        match bucket {
            Some(bucket) => (Place::Buckets, part * self.cycle.grid.buckets + bucket),
            None => (Place::Parts, part),
        }
    }

    fn peak(
        &mut self,
        window: DemandWindow,
        (meter, bucket, part): (usize, Option<usize>, usize),
    ) -> Result<Option<Peak>, Finding> {
        let (place, at) = self.cell(bucket, part);
        let same = |known: &&Peaks| known.meter == meter && known.window == window && known.place == place;
        if let Some(known) = self.peaks.iter().find(same) {
            return Ok(known.peaks[at]);
        }
        let grid = &self.cycle.grid;
        let pieces = &self.metered(meter)?.combined.pieces;
        let peaks = window.peaks(pieces, grid, place)?;
        let peak = peaks[at];
        self.peaks.push(Peaks { meter, window, place, peaks });
        Ok(peak)
    }

    /// The determinant with its exceptions.
    fn told(&self, definition: &CheckedDefinition, found: Found, part: usize) -> Result<Determinant, Finding> {
        let set = self.cycle.set;
        let quantity = match found.absent {
            Some(_) => None,
            None => {
                let exact =
                    quantity(found.digits, found.exponent, found.decimals).ok_or_else(|| too_large(&definition.id))?;
                Some(if found.decimals.is_some() { exact } else { without_zeros(exact, found.quantum) })
            }
        };
        let period = self.cycle.grid.parts[part];
        let mut exceptions: Vec<Exception> = definition.gate.exceptions(&found.counts);
        let mut notes: Vec<String> = found.note.map(String::from).into_iter().chain(found.absent).collect();
        if let (Some(high_low), Some(quantity)) = (&definition.high_low, quantity) {
            let rate = Rate { quantity, seconds: period.seconds() };
            match high_low.compared(&definition.id, rate, self.account.references) {
                Compared::Within => {}
                Compared::Outside(exception) => exceptions.push(exception),
                Compared::NotApplicable(reason) => notes.push(reason),
            }
        }
        Ok(Determinant {
            id: definition.id.clone(),
            unit: definition.unit.clone(),
            quantity,
            period,
            bucket: definition.bucket.clone(),
            peak: found.peak,
            channels: self.channels(definition),
            counts: found.counts,
            exceptions,
            notes,
            inputs_hash: found.inputs_hash,
            set: set.name.clone(),
            version: set.version,
        })
    }

    fn channels(&self, definition: &CheckedDefinition) -> Vec<SmolStr> {
        let second = match definition.measure {
            CheckedMeasure::PowerFactor { reactive: other } | CheckedMeasure::ExcessReactive { active: other, .. } => {
                Some(other)
            }
            _ => None,
        };
        let meters = [Some(definition.meter), second].into_iter().flatten();
        meters.flat_map(|meter| &self.cycle.set.meters[meter].terms).map(|term| term.channel.clone()).collect()
    }
}

impl Found {
    fn of(cell: Cell, (digits, exponent, quantum): (i128, i8, i8), decimals: Option<u8>) -> Self {
        let Cell { counts, inputs_hash, .. } = cell;
        Self { digits, exponent, quantum, decimals, peak: None, note: None, absent: None, counts, inputs_hash }
    }

    /// The sum of two.
    fn plus(self, other: Self) -> Option<Self> {
        let (left, right, exponent) = aligned(&self, &other)?;
        let quantum = self.quantum.min(other.quantum);
        Some(Self { digits: left.checked_add(right)?, exponent, quantum, ..self.with(&other) })
    }

    /// This number, resting on the readings of another as well.
    fn with(self, other: &Self) -> Self {
        let inputs_hash = InputsHash::of_all([self.inputs_hash, other.inputs_hash]);
        Self { counts: self.counts.plus(&other.counts), inputs_hash, ..self }
    }

    /// A factor that rests on the same readings.
    fn factor(self, digits: i128, decimals: u8) -> Self {
        Self { digits, exponent: -i8::try_from(decimals).unwrap_or_default(), decimals: Some(decimals), ..self }
    }
}

fn aligned(left: &Found, right: &Found) -> Option<(i128, i128, i8)> {
    let exponent = left.exponent.min(right.exponent);
    let lifted = |found: &Found| {
        let power = u32::try_from(i16::from(found.exponent) - i16::from(exponent)).ok()?;
        found.digits.checked_mul(10_i128.checked_pow(power)?)
    };
    Some((lifted(left)?, lifted(right)?, exponent))
}

fn total(cells: &[Cell]) -> Cell {
    Cell {
        sum: cells.iter().map(|cell| cell.sum).sum(),
        counts: cells.iter().fold(Counts::default(), |all, cell| all.plus(&cell.counts)),
        inputs_hash: InputsHash::of_all(cells.iter().map(|cell| cell.inputs_hash)),
    }
}

/// Why a demand has no amount, whatever was measured.
fn no_window(window: DemandWindow, place: Place) -> String {
    let place = match place {
        Place::Buckets => "any stretch of the bucket",
        Place::Parts => "the period",
    };
    let minutes = window.minutes;
    format!("no amount: no window of {minutes} min lies wholly inside {place}; use shorter windows or longer stretches")
}

fn no_factor(definition: &CheckedDefinition, reason: &str) -> Finding {
    let message = format!("there is no factor: {reason}; leave it out of this bill");
    Finding::new(0, definition.id.clone(), "usage.no_factor", message)
}
