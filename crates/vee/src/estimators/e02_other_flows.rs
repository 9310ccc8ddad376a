//! E02 calculated from other flows: what balances a node.
//!
//! Source: Western Australia, Metering Code 2012 appendix 3, method 12 (AEMO 12): an unknown feed to a
//! node is the sum of the other flows to and from it. All other flows of the node must be listed and
//! good in the interval; losses are not considered.

use model::quality::Status;

use super::other_series::{OtherSeries, copied};
use super::{Estimator, Gap, Proposal};
use crate::context::Role;
use crate::plan::needs::Needs;
use crate::plan::reach::Reach;
use crate::settings::{SettingForm, SettingKind, Settings};
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E02",
    name: "calculated from other flows",
    purpose: "Takes what balances the other flows of the node.",
    settings: &[CHANNEL_FLOWS],
    status: Status(Status::ESTIMATED.0 | Status::DERIVED.0),
    fills_any_length: false,
    fills_outages: false,
    reach: |_| Reach::needs(Needs::FLOWS),
    estimate,
};

const CHANNEL_FLOWS: SettingForm = SettingForm {
    name: "channel_flows",
    kind: SettingKind::Choice(&["in", "out"]),
    default: "in",
    meaning: "whether the channel counts what flows into the node or out of it",
};

fn estimate(view: &View<'_>, gap: Gap, settings: &Settings) -> Proposal {
    let fitting = |role| {
        let flows = OtherSeries::of_role(view, role).into_iter();
        flows.map(|flow| OtherSeries::of_companion(view, flow)).collect::<Result<Vec<_>, _>>()
    };
    let (flows_in, flows_out) = match (fitting(Role::FlowIn), fitting(Role::FlowOut)) {
        (Ok(flows_in), Ok(flows_out)) => (flows_in, flows_out),
        (Err(reason), _) | (_, Err(reason)) => return Proposal::not_eligible(reason),
    };
    if flows_in.is_empty() && flows_out.is_empty() {
        return Proposal::not_eligible("no other flow of the node is known");
    }
    let sum = |flows: &[OtherSeries<'_>], slot| {
        flows.iter().map(|flow| flow.good_value(view, slot).map(i128::from)).sum::<Option<i128>>()
    };
    let balance = |slot| {
        let (flows_in, flows_out) = (sum(&flows_in, slot)?, sum(&flows_out, slot)?);
        let into = settings.choice(&CHANNEL_FLOWS) == "in";
        let left = if into { flows_out - flows_in } else { flows_in - flows_out };
        let value = i64::try_from(left).ok().filter(|value| 0 <= *value || view.context.negative_allowed)?;
        Some((value, [value, i64::try_from(flows_in).ok()?, i64::try_from(flows_out).ok()?]))
    };
    let names = |flows: &[OtherSeries<'_>]| {
        let names: Vec<String> = flows.iter().map(|flow| flow.words(view)).collect();
        if names.is_empty() { "none".to_string() } else { names.join(", ") }
    };
    let words = format!("what balances the node: in {}; out {}", names(&flows_in), names(&flows_out));
    let flows = flows_in.iter().chain(&flows_out);
    let mark = flows.fold(Status::NONE, |mark, flow| mark | flow.mark(view));
    copied(gap, &ESTIMATOR, "the balance of the node", balance, words).marked(mark)
}
