//! E19 gap record: a whole day between payloads, of which nothing arrived.
//!
//! Source: Oracle, "gap IMD": a new estimation record that covers the hole between payloads. Here a
//! payload's hole is a channel-day with every slot missing; this method answers for such days only, by the automatic
//! choice.

use model::quality::Status;

use super::{Estimator, Gap, Proposal, automatic};
use crate::settings::Settings;
use crate::view::View;

pub(super) static ESTIMATOR: Estimator = Estimator {
    id: "E19",
    name: "gap record",
    purpose: "Fills a day of which nothing arrived, by the automatic choice.",
    settings: &[],
    status: Status::ESTIMATED,
    fills_any_length: false,
    fills_outages: false,
    reach: |_| automatic::ESTIMATOR.reach_with(&[]),
    estimate,
};

fn estimate(view: &View<'_>, gap: Gap, _: &Settings) -> Proposal {
    let arrived = (0..view.slots()).filter(|slot| view.day.value(*slot).is_some()).count();
    if 0 < arrived {
        return Proposal::not_eligible(format!("{arrived} values of the day arrived"));
    }
    let proposal = automatic::ESTIMATOR.by_default(view, gap);
    Proposal { words: format!("no payload brought {}; {}", view.day.date, proposal.words), ..proposal }
}
