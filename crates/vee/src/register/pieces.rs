//! The intervals of a day as sums in pieces that end where registers were read, for methods that make reads of them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::quality::Status;

use super::surroundings::{Read, SpanSum};
use crate::amount::Amount;
use crate::day::Day;

/// The sums of a day's final intervals, in `10^exponent` of the register's unit, cut where a read was taken, at the edge
/// next to it.
pub fn pieces(day: &Day<'_>, reads: &[Read], exponent: i32) -> Vec<SpanSum> {
    let (start, length) = (day.start.as_second(), i64::from(day.slot_seconds));
    let end = start + length * i64::from(day.slots());
    let instants = reads.iter().flat_map(|read| [Some(read.at), read.period_start]).flatten();
    let inside = instants.map(Timestamp::as_second).filter(|at| (start..end).contains(at));
    let edge = |at: i64| u16::try_from((at - start + length / 2) / length).ok();
    let mut cuts: BTreeSet<u16> = inside.filter_map(edge).filter(|cut| *cut <= day.slots()).collect();
    cuts.extend([0, day.slots()]);
    let cuts: Vec<u16> = cuts.into_iter().collect();
    cuts.windows(2).map(|ends| sum_of(day, (ends[0], ends[1]), exponent)).collect()
}

fn sum_of(day: &Day<'_>, (from, to): (u16, u16), exponent: i32) -> SpanSum {
    let (mut sum, mut missing, mut estimated) = (0_i128, 0, 0);
    for slot in from..to {
        let status = day.status(slot);
        match day.value(slot).filter(|_| !status.contains(Status::FAILED)) {
            Some(value) => {
                estimated += u32::from(status.contains(Status::ESTIMATED));
                sum += i128::from(value);
            }
            None => missing += 1,
        }
    }
    SpanSum { range: day.range(from, to), sum: Amount::new(sum, exponent), missing, estimated }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_cut_where_reads_were_taken() {
        let (start, date) = (Timestamp::UNIX_EPOCH, jiff::civil::date(1970, 1, 1));
        let day = Day { date, start, slot_seconds: 3600, clock_change: None, values: &[1, 2, 4, 8], statuses: &[] };
        let read = |second: i64| Read {
            at: Timestamp::from_second(second).expect("instant"),
            period_start: None,
            value: None,
            status: Status::NONE,
        };
        // A read at 01:05 counts as one at 01:00; one at 04:00 is the end of the day.
        let sums: Vec<String> =
            pieces(&day, &[read(3900), read(14_400)], -3).iter().map(|piece| piece.sum.to_string()).collect();
        assert_eq!(sums, ["0.001", "0.014"]);
    }
}
