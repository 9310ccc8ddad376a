//! Which determinants a rate needs: versioned data, checked as a whole when it is loaded.

use model::finding::Finding;
use model::quality::assumed_time::AssumedTime;
use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, format_smolstr};

use crate::demand::DemandWindow;
use crate::meter::{CheckedMeter, CheckedTerm, Netting, NettingSpan, Sign, VirtualMeter};
use crate::ratio::Ratio;
use crate::register::BetweenReads;
use crate::tally::AcrossEdge;
use crate::v73_billing_quality_gate::Gate;
use crate::v74_usage_high_low::HighLow;

/// The determinants of a rate as they are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeterminantSet {
    /// What people call it.
    pub name: SmolStr,
    /// Goes up with every change; stored with every value.
    pub version: u32,
    /// What happens to an interval across an edge.
    #[serde(default)]
    pub across_edge: AcrossEdge,
    /// What is taken of intervals of assumed meter time: `exclude` counts them as missing, `estimate` needs them estimated,
    /// edited or accepted before.
    #[serde(default)]
    pub assumed_time: AssumedTime,
    /// What happens where a period begins between two register reads.
    #[serde(default)]
    pub between_reads: BetweenReads,
    /// V73, where a determinant has no gate of its own.
    #[serde(default)]
    pub gate: Gate,
    /// What is measured.
    pub meters: Vec<VirtualMeter>,
    /// What is computed of it.
    pub determinants: Vec<Definition>,
}

/// One determinant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name in bills (`kwh-on-peak`).
    pub id: SmolStr,
    /// Unit of the quantity; must fit the measure and the meter.
    pub unit: SmolStr,
    /// A meter of the set.
    pub meter: SmolStr,
    /// What is computed.
    pub measure: Measure,
    /// One bucket of the calendar; the whole period where none is given.
    #[serde(default)]
    pub bucket: Option<SmolStr>,
    /// Decimals of the quantity, rounded once, ties to even; exact where none are given, and 4 for factors.
    #[serde(default)]
    pub decimals: Option<u8>,
    /// V73 for this determinant.
    #[serde(default)]
    pub gate: Option<Gate>,
    /// V74; not compared where none is given.
    #[serde(default)]
    pub high_low: Option<HighLow>,
}

/// What is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Measure {
    /// The sum of intervals.
    Usage,
    /// Differences of register reads; the bucket only names which register it is.
    Register,
    /// The largest window.
    Demand(DemandWindow),
    /// Active over apparent energy; the meter is the active one. Unit `pf`.
    PowerFactor {
        /// Meter of the reactive energy.
        reactive: SmolStr,
    },
    /// Reactive energy beyond a share of the active; the meter is the reactive one.
    ExcessReactive {
        /// Meter of the active energy.
        active: SmolStr,
        /// The share that is free, `0.5` or `1/2`.
        free: SmolStr,
    },
    /// Usage over what the peak would have used all the time. Unit `1`.
    LoadFactor(DemandWindow),
}

/// A set in which every name, unit and number is known to be right.
#[derive(Clone, Debug)]
pub struct CheckedSet {
    pub(crate) name: SmolStr,
    pub(crate) version: u32,
    pub(crate) across_edge: AcrossEdge,
    pub(crate) assumed_time: AssumedTime,
    pub(crate) between_reads: BetweenReads,
    pub(crate) meters: Vec<CheckedMeter>,
    pub(crate) determinants: Vec<CheckedDefinition>,
}

#[derive(Clone, Debug)]
pub(crate) struct CheckedDefinition {
    pub id: SmolStr,
    pub unit: SmolStr,
    /// Position in the set.
    pub meter: usize,
    pub measure: CheckedMeasure,
    pub bucket: Option<SmolStr>,
    pub decimals: Option<u8>,
    pub gate: Gate,
    pub high_low: Option<HighLow>,
}

/// [`Measure`] with positions of meters and parsed shares.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CheckedMeasure {
    Usage,
    Register,
    Demand(DemandWindow),
    PowerFactor { reactive: usize },
    ExcessReactive { active: usize, free: Ratio },
    LoadFactor(DemandWindow),
}

const DECIMALS_MAX: u8 = 9;

impl DeterminantSet {
    /// The set, ready for use.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its field, what is expected and what to do.
    pub fn check(&self) -> Result<CheckedSet, Vec<Finding>> {
        let mut findings = Vec::new();
        let meters = self.meters.iter().enumerate().map(|(at, meter)| self.meter(at, meter, &mut findings)).collect();
        let definitions = self.determinants.iter().enumerate();
        let determinants: Vec<_> =
            definitions.filter_map(|(at, one)| self.definition(at, one, &mut findings)).collect();
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(CheckedSet {
            name: self.name.clone(),
            version: self.version,
            across_edge: self.across_edge,
            assumed_time: self.assumed_time,
            between_reads: self.between_reads,
            meters,
            determinants,
        })
    }

    fn meter(&self, at: usize, meter: &VirtualMeter, findings: &mut Vec<Finding>) -> CheckedMeter {
        let place = format!("meters[{at}]");
        if self.meters[..at].iter().any(|earlier| earlier.name == meter.name) {
            findings.push(repeated(&place, &meter.name));
        }
        if meter.terms.is_empty() {
            let message = format!("`{}` has no terms; name at least one channel", meter.name);
            findings.push(Finding::new(0, format_smolstr!("{place}.terms"), "set.terms", message));
        }
        let mut terms = Vec::with_capacity(meter.terms.len());
        for (term_at, term) in meter.terms.iter().enumerate() {
            let sign = if term.sign == Sign::Minus { Ratio::new(-1, 1) } else { Ratio::new(1, 1) };
            let losses = term.losses.iter().map(|loss| loss.parse().ok().filter(|loss: &Ratio| loss.is_positive()));
            let factor = losses.fold(sign, |product, loss| product?.times(loss?));
            if factor.is_none() {
                let message = format!(
                    "`{}` are no losses; write factors above zero such as 1.015 or 203/200",
                    term.losses.join(", ")
                );
                let field = format_smolstr!("{place}.terms[{term_at}].losses");
                findings.push(Finding::new(0, field, "set.losses", message));
            }
            terms.push(CheckedTerm { channel: term.channel.clone(), factor: factor.unwrap_or(Ratio::ONE) });
        }
        CheckedMeter { unit: meter.unit.clone(), netting: meter.netting, terms }
    }

    fn definition(&self, at: usize, one: &Definition, findings: &mut Vec<Finding>) -> Option<CheckedDefinition> {
        let place = format!("determinants[{at}]");
        let before = findings.len();
        if self.determinants[..at].iter().any(|earlier| earlier.id == one.id) {
            findings.push(repeated(&place, &one.id));
        }
        let meter = self.meter_named(&format!("{place}.meter"), &one.meter, findings);
        let measure = self.measure(&place, one, findings);
        if let Some(meter) = meter {
            findings.extend(unfit(&place, one, &self.meters[meter]));
        }
        if one.decimals.is_some_and(|decimals| DECIMALS_MAX < decimals) {
            let message = format!("expected {DECIMALS_MAX} decimals at most; write fewer");
            findings.push(Finding::new(0, format_smolstr!("{place}.decimals"), "set.decimals", message));
        }
        Some(CheckedDefinition {
            id: one.id.clone(),
            unit: one.unit.clone(),
            meter: meter?,
            measure: measure?,
            bucket: one.bucket.clone(),
            decimals: one.decimals,
            gate: one.gate.clone().unwrap_or_else(|| self.gate.clone()),
            high_low: one.high_low.clone(),
        })
        .filter(|_| findings.len() == before)
    }

    fn measure(&self, place: &str, one: &Definition, findings: &mut Vec<Finding>) -> Option<CheckedMeasure> {
        let field = format!("{place}.measure");
        match &one.measure {
            Measure::Usage => Some(CheckedMeasure::Usage),
            Measure::Register => Some(CheckedMeasure::Register),
            Measure::Demand(window) => known_window(&field, *window, findings).map(CheckedMeasure::Demand),
            Measure::LoadFactor(window) => known_window(&field, *window, findings).map(CheckedMeasure::LoadFactor),
            Measure::PowerFactor { reactive } => {
                let reactive = self.meter_named(&format!("{field}.reactive"), reactive, findings)?;
                Some(CheckedMeasure::PowerFactor { reactive })
            }
            Measure::ExcessReactive { active, free } => {
                let active = self.meter_named(&format!("{field}.active"), active, findings)?;
                let free = free.parse().ok().filter(|free: &Ratio| free.is_positive());
                if free.is_none() {
                    let message = "expected a share above zero such as 0.5 or 1/2; correct it";
                    findings.push(Finding::new(0, format_smolstr!("{field}.free"), "set.share", message));
                }
                Some(CheckedMeasure::ExcessReactive { active, free: free? })
            }
        }
    }

    fn meter_named(&self, field: &str, name: &str, findings: &mut Vec<Finding>) -> Option<usize> {
        let found = self.meters.iter().position(|meter| meter.name == name);
        if found.is_none() {
            let known: Vec<&str> = self.meters.iter().map(|meter| meter.name.as_str()).collect();
            let message = format!("there is no meter `{name}`; expected one of {}", known.join(", "));
            findings.push(Finding::new(0, field, "set.meter", message));
        }
        found
    }
}

fn known_window(field: &str, window: DemandWindow, findings: &mut Vec<Finding>) -> Option<DemandWindow> {
    if !window.is_known() {
        let message =
            format!("a window of {} min, expected 5, 10, 15, 20, 30 or 60; choose one of them", window.minutes);
        findings.push(Finding::new(0, field, "set.window", message));
    }
    window.is_known().then_some(window)
}

/// What does not go together in a determinant and its meter.
fn unfit(place: &str, one: &Definition, meter: &VirtualMeter) -> Vec<Finding> {
    let mut findings = Vec::new();
    let expected: SmolStr = match &one.measure {
        Measure::Usage | Measure::Register | Measure::ExcessReactive { .. } => meter.unit.clone(),
        Measure::Demand(_) => meter.unit.strip_suffix('h').unwrap_or(&meter.unit).into(),
        Measure::PowerFactor { .. } => "pf".into(),
        Measure::LoadFactor(_) => "1".into(),
    };
    if one.unit != expected {
        let message = format!("found `{}`, expected `{expected}` of a meter in {}; correct one", one.unit, meter.unit);
        findings.push(Finding::new(0, format_smolstr!("{place}.unit"), "set.unit", message));
    }
    let windows = matches!(one.measure, Measure::Demand(_) | Measure::LoadFactor(_));
    let over = meter.netting.map(|Netting { over, .. }| over);
    if windows && over == Some(NettingSpan::Period)
        || one.measure == Measure::Register && over == Some(NettingSpan::Interval)
    {
        let message = format!(
            "`{}` is netted over a span that this measure does not know; net windows over the interval and registers \
             over the period",
            meter.name
        );
        findings.push(Finding::new(0, format_smolstr!("{place}.measure"), "set.netting", message));
    }
    if matches!(one.measure, Measure::LoadFactor(_)) && one.bucket.is_some() {
        let message = "a load factor is of the whole period; leave the bucket out";
        findings.push(Finding::new(0, format_smolstr!("{place}.bucket"), "set.bucket", message));
    }
    findings
}

fn repeated(place: &str, name: &str) -> Finding {
    Finding::new(0, place, "set.repeated", format!("`{name}` is defined twice; rename or remove one"))
}

impl CheckedDefinition {
    /// Whether its bucket is one of the calendar; that of a register only names the register.
    pub(crate) fn names_calendar_bucket(&self) -> bool {
        self.bucket.is_some() && !matches!(self.measure, CheckedMeasure::Register)
    }
}
