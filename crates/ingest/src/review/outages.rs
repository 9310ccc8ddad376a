//! Where the energy of outages with assumed meter time went, for the explanation of a day (decision T-05).

use jiff::Timestamp;
use model::lineage::FinalDay;
use model::master::Channel;
use model::quality::Status;
use model::review::OutageBalance;
use model::time::TimeRange;
use store::readings::{AsOf, NO_VALUE};
use vee::assumed_time::{BalanceSlot, FIVE, balance};

use super::shift::{DecidedDay, LOOK};
use super::words::{Clock, local, sum};
use super::{Review, ReviewError};
use crate::validation::full_day::FullDay;

impl Review {
    /// The balance of each outage that a day has intervals with assumed stamps of, as it was known at a moment.
    pub(super) fn outages(
        &self,
        channel: &Channel,
        clock: &Clock,
        (day, stored): (&FullDay, Option<&FinalDay>),
        as_of: AsOf,
    ) -> Result<Vec<OutageBalance>, ReviewError> {
        let decided = stored.into_iter().flat_map(|stored| &stored.values).map(|value| value.status);
        if !decided.chain(day.statuses.iter().copied()).any(is_assumed) {
            return Ok(Vec::new());
        }
        let around = TimeRange {
            start: instant(day.start).saturating_sub(LOOK).unwrap_or(Timestamp::MIN),
            end: instant(day.end()).saturating_add(LOOK).unwrap_or(Timestamp::MAX),
        };
        let days = self.decided_days(channel, clock, around, as_of)?;
        let slots: Vec<BalanceSlot> = days.iter().flat_map(slots).collect();
        let of_day = |outage: &&[BalanceSlot]| {
            let (first, last) = (outage.first(), outage.last());
            let begins = first.is_some_and(|slot| slot.range.start.as_second() < day.end());
            begins && last.is_some_and(|slot| day.start < slot.range.end.as_second())
        };
        let goes_on = |left: &BalanceSlot, right: &BalanceSlot| {
            left.is_assumed == right.is_assumed && left.range.end == right.range.start
        };
        let outages = slots.chunk_by(goes_on).filter(|run| run.iter().all(|slot| slot.is_assumed)).filter(of_day);
        let is_treated = |status: Status| status.intersects(Status::ASSUMED_TIME | Status::EDITED);
        let outages = outages.filter(|run| run.iter().any(|slot| is_treated(slot.status)));
        Ok(outages.filter_map(|outage| told(outage, &slots, channel, clock)).collect())
    }
}

/// Whether the meter stamped an interval while it assumed the time: it is marked, or was until its value was moved.
fn is_assumed(status: Status) -> bool {
    status.contains(FIVE) || status.contains(Status::ASSUMED_TIME)
}

fn slots(day: &DecidedDay) -> impl Iterator<Item = BalanceSlot> {
    let (start, length) = (day.received.start, i64::from(day.received.slot_seconds));
    let known = |value: i64| Some(value).filter(|value| *value != NO_VALUE);
    (0..day.received.values.len()).map(move |at| {
        let begin = start + at as i64 * length;
        let (received, status) = (known(day.received.values[at]), day.last.statuses[at]);
        BalanceSlot {
            range: TimeRange { start: instant(begin), end: instant(begin + length) },
            received,
            last: known(day.last.values[at]),
            status,
            is_assumed: received.is_some() && is_assumed(status),
        }
    })
}

fn told(outage: &[BalanceSlot], slots: &[BalanceSlot], channel: &Channel, clock: &Clock) -> Option<OutageBalance> {
    let (from, to) = (outage.first()?.range.start, outage.last()?.range.end);
    let mut after = slots.iter().filter(|slot| to <= slot.range.start);
    let next = after.find(|slot| slot.received.is_some()).map(|slot| slot.range.start);
    let left_out = TimeRange { start: to, end: next.or(slots.last().map(|slot| slot.range.end))? };
    // Other outages have a balance of their own.
    let is_adjusted =
        |slot: &BalanceSlot| slot.range.start == left_out.end && slot.status.contains(Status::TIME_ADJUSTED);
    let within =
        |slot: &&BalanceSlot| from <= slot.range.start && (slot.range.end <= left_out.end || is_adjusted(slot));
    let of_outage: Vec<BalanceSlot> = slots.iter().filter(within).copied().collect();
    let found = balance(&of_outage, left_out);
    let amount = |quanta: i128| sum(quanta, channel.quantum);
    let gap = "no event tells when the clock was set, so it is the gap up to the next value received";
    let open = "nothing was received since, so it is not known when the clock was set";
    Some(OutageBalance {
        from: local(from, clock.zone()),
        to: local(to, clock.zone()),
        left_out_to: next.map(|next| local(next, clock.zone())),
        words: if next.is_some() { gap } else { open }.into(),
        measured: amount(found.measured),
        zeroed: amount(found.zeroed),
        adjusted: amount(found.adjusted),
        elsewhere: amount(found.elsewhere),
        unplaced: amount(found.unplaced),
    })
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}
