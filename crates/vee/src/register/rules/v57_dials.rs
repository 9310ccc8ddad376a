//! V57 dials and decimals: a read has no more digits than its register.
//!
//! Source: California monthly checks, "number of dials" and "decimal quantity" (names only). A read may
//! leave out zeros at its end, and a source that pads with zeros is not at fault; `exact` asks for the
//! digits as configured.

use std::cmp::Ordering;

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::register::surroundings::Kind;
use crate::register::view::View;
use crate::register::words::TOO_LARGE;
use crate::settings::{SettingForm, SettingKind, Settings};

pub(super) static RULE: Rule = Rule {
    id: "V57",
    name: "dials and decimals",
    purpose: "Finds a read with more digits than its register has.",
    settings: &[DECIMALS],
    reads_before: |_| READS_BEFORE,
    judge,
};

const DECIMALS: SettingForm = SettingForm {
    name: "decimals",
    kind: SettingKind::Choice(&["at most", "exact"]),
    default: "at most",
    meaning: "whether a read may be written with fewer digits after the point than configured",
};

fn judge(view: &View<'_>, settings: &Settings) -> Judgement {
    if view.around.kind == Kind::Amount {
        return Err("an amount has no dials".into());
    }
    let value = view.value()?;
    let setup = view.setup(view.read.at)?;
    if value.digits < 0 {
        return Ok(Some(Fault::beyond(Ordering::Less, format!("the read {value} is below zero"))));
    }
    let capacity = Amount::new(1, setup.dials.into());
    if Amount::from(value).compared(capacity).ok_or(TOO_LARGE)?.is_ge() {
        let evidence = format!("the read {value} does not fit on {} dials", setup.dials);
        return Ok(Some(Fault::beyond(Ordering::Greater, evidence)));
    }
    let decimals = |exponent: i8| (-i16::from(exponent)).max(0);
    let (written, needed) = (decimals(value.exponent), decimals(value.normalized().exponent));
    let configured = i16::from(setup.decimals);
    let wrong = configured < needed || (settings.choice(&DECIMALS) == "exact" && written != configured);
    let evidence = || format!("the read {value} has {written} decimals; {configured} are configured");
    Ok(wrong.then(|| Fault::new(evidence())))
}
