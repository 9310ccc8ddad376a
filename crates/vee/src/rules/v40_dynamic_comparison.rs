//! V40 dynamic comparison: a formula over the value and statistics of the day.
//!
//! Source: Oracle dynamic comparison (a user formula over sum, minimum, maximum, average, median, zero
//! count, outage count and standard deviation). The default formula is a proposal: a value fails where
//! it is above the median by more than six scaled median deviations and above the mean by more than four
//! standard deviations.

use model::quality::Status;

use super::by_formula::{self, Test};
use super::{Direction, Finding, Rule, Stage};
use crate::formula::CountScope;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static RULE: Rule = Rule {
    id: "V40",
    name: "dynamic comparison",
    purpose: "Compares every value with statistics of its day by a formula.",
    settings: &[FORMULA, DIRECTION],
    stage: Stage::Values,
    reach,
    judge,
};

const FORMULA: SettingForm = SettingForm {
    name: "formula",
    kind: SettingKind::Formula,
    default: "$input > @median($input) + 6 * 1.4826 * @mad($input) AND $input > @avg($input) + 4 * @sd($input)",
    meaning: "a value fails where it is not 0",
};

const DIRECTION: SettingForm = SettingForm {
    name: "direction",
    kind: SettingKind::Choice(&Direction::WORDS),
    default: "too high",
    meaning: "what a failure says of the value",
};

fn reach(settings: &Settings) -> Reach {
    by_formula::reach(settings.formula(&FORMULA))
}

fn judge(view: &View<'_>, settings: &Settings) -> Finding {
    if view.values.is_empty() {
        return Finding::NotApplicable("the day has no intervals".into());
    }
    let test = Test {
        name: RULE.name,
        formula: settings.formula(&FORMULA),
        scope: CountScope::Interval,
        stamp: Status::NONE,
        direction: Direction::of(settings.choice(&DIRECTION)),
    };
    by_formula::judge(view, test)
}
