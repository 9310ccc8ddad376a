//! V56 multiplier: the multiplier in the message is the one on file at the moment of the read.
//!
//! Source: Oracle multiplier check.

use super::{Fault, Judgement, READS_BEFORE, Rule};
use crate::amount::Amount;
use crate::register::view::View;
use crate::register::words::{TOO_LARGE, standing};
use crate::settings::Settings;

pub(super) static RULE: Rule = Rule {
    id: "V56",
    name: "multiplier",
    purpose: "Finds a multiplier in the message that is not the one on file.",
    settings: &[],
    reads_before: |_| READS_BEFORE,
    judge,
};

fn judge(view: &View<'_>, _: &Settings) -> Judgement {
    let stated = view.around.stated_multiplier.ok_or("the message states no multiplier")?;
    let on_file = view.setup(view.read.at)?.multiplier;
    if Amount::from(stated).compared(on_file.into()).ok_or(TOO_LARGE)?.is_eq() {
        return Ok(None);
    }
    let (stated, on_file) = (standing(stated), standing(on_file));
    Ok(Some(Fault::new(format!("the message states a multiplier of {stated}; the one on file is {on_file}"))))
}
