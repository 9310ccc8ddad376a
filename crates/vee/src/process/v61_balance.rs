//! V61 feeder or transformer balance: what goes in is what comes out, but for the losses.
//!
//! Source: Indian standard bidding document: daily, the head of a feeder against the sum of its transformers,
//! and a transformer against the sum of its consumers, what they feed back netted. Warns where the loss is
//! above the technical loss and a margin of the energy that went in. Loss and margin are proposals.

use std::collections::BTreeMap;

use model::quantity::Decimal;
use smol_str::SmolStr;

use super::{Judgement, Rule};
use crate::amount::Amount;
use crate::settings::{InvalidSetting, SettingForm, SettingKind, Settings};

/// The rule in the table.
pub static RULE: Rule = Rule {
    id: "V61",
    name: "feeder or transformer balance",
    purpose: "Compares the energy into a feeder or transformer with the energy out of it.",
    settings: &[TECHNICAL_LOSS, MARGIN],
};

const TECHNICAL_LOSS: SettingForm = SettingForm {
    name: "technical_loss",
    kind: SettingKind::Share,
    default: "4 %",
    meaning: "the loss of lines and transformers, as a share of what goes in",
};

const MARGIN: SettingForm = SettingForm {
    name: "margin",
    kind: SettingKind::Share,
    default: "3 %",
    meaning: "how far the loss may be from the technical loss",
};

/// What one transformer or consumer took and fed back on the day, in one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Energy delivered to it.
    pub delivered: Decimal,
    /// Energy it fed back.
    pub exported: Decimal,
}

/// The limits.
#[derive(Clone, Debug)]
pub struct Balance(Settings);

impl Balance {
    /// Reads the limits over their defaults.
    ///
    /// # Errors
    /// Every setting that is unknown or of the wrong kind.
    pub fn read(given: &BTreeMap<SmolStr, SmolStr>) -> Result<Self, Vec<InvalidSetting>> {
        Settings::read(RULE.settings, given).map(Self)
    }

    /// Judges the day of a node: what went in and every part below it, all in `unit`.
    ///
    /// Fails where the loss is more than the technical loss and the margin, and where more came out than
    /// went in by more than the margin.
    pub fn judge(&self, head: Decimal, parts: &[Part], unit: &str) -> Judgement {
        if parts.is_empty() {
            return Judgement::NotApplicable("nothing below the node is measured".into());
        }
        self.compared(head.into(), parts, unit)
            .unwrap_or_else(|| Judgement::NotApplicable("the numbers are too large to compare exactly".into()))
    }

    fn compared(&self, head: Amount, parts: &[Part], unit: &str) -> Option<Judgement> {
        if head.is_zero() || head.is_negative() {
            return Some(Judgement::NotApplicable(format!("{head} {unit} went in")));
        }
        let net = |part: &Part| Amount::from(part.delivered).minus(part.exported.into());
        let out = parts.iter().try_fold(Amount::ZERO, |sum, part| sum.plus(net(part)?))?;
        let loss = head.minus(out)?;
        let (technical, margin) = (self.0.share(&TECHNICAL_LOSS), self.0.share(&MARGIN));
        let most = head.times(technical.plus(margin)?)?;
        let least = Amount::ZERO.minus(head.times(margin)?)?;
        if loss.compared(most)?.is_le() && loss.compared(least)?.is_ge() {
            return Some(Judgement::Passed);
        }
        Some(Judgement::Failed(format!(
            "{head} {unit} went in and {out} {unit} came out in {} parts: a loss of {loss} {unit}; the limits are \
             {least} {unit} and {most} {unit}",
            parts.len(),
        )))
    }
}
