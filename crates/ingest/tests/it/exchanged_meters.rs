//! Both meters are read at the instant of their exchange: each read is kept, is of its meter, and is judged on its side.

use formats::Options;
use jiff::Timestamp;
use jiff::civil::date;
use model::id::{ChannelNumber, Name};
use model::quantity::Decimal;
use store::readings::AsOf;
use store::registry::channel::ChannelEntry;
use store::registry::link::Relation;

use crate::registers::{FIRST, arrive, due, exchange, register, shown, with_register};
use crate::taken_again::Station;

const EXCHANGED: &str = "2026-01-02T12:00:00Z";

/// A station with a counter of meter `OLD`.
fn station() -> (Station, ChannelNumber) {
    let station = Station::with(&[]);
    let number = installed(&station, "OLD", None);
    (station, number)
}

fn installed(station: &Station, meter: &str, from: Option<Timestamp>) -> ChannelNumber {
    let entry = ChannelEntry {
        usage_point: Name::new("UsagePoint", "R"),
        meter: Some(Name::new("Meter", meter)),
        meter_from: from,
        suffix: "R1".into(),
        reading_type: "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: 0,
        multiplier: Decimal::new(1, 0),
        dials: Some(5),
        interval_seconds: None,
        zone: "UTC".into(),
    };
    let channels = station.intake.books().registry.channels();
    station.runtime.block_on(channels.register(&[entry])).expect("registered")[0].number
}

/// `NEW` takes the place of `OLD`.
fn exchanged(station: &Station) {
    let at: Timestamp = EXCHANGED.parse().expect("an instant");
    let registry = &station.intake.books().registry;
    let directory = station.runtime.block_on(registry.directory()).expect("loaded");
    let usage_point = directory.channels().find(|channel| channel.suffix == "R1").expect("registered").usage_point;
    let old = directory.meters_at(usage_point, at).next().expect("the old meter");
    let master = registry.master();
    let closed = master.close_link(Relation::MeterAtUsagePoint, old.0, at);
    station.runtime.block_on(closed).expect("closed");
    installed(station, "NEW", Some(at));
}

/// A message of reads: `OLD 02T12=30`, or `-OLD ..` where the usage point is not named.
fn send(station: &mut Station, reads: &[&str]) -> u64 {
    let mut text = String::from("usage_point_id,meter_id,channel,uom,start,end,value,reading_type\n");
    for read in reads {
        let (meter, rest) = read.split_once(' ').expect("a meter");
        let (moment, value) = rest.split_once('=').expect("a value");
        let point = if meter.starts_with('-') { "" } else { "R" };
        let meter = meter.trim_start_matches('-');
        let kind = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";
        text.push_str(&format!("{point},{meter},R1,kWh,,2026-01-{moment}:00:00Z,{value},{kind}\n"));
    }
    let receipt = station.send_bytes(&text, Options::default());
    assert!(!format!("{receipt:?}").contains("value.twice"), "{receipt:?}");
    receipt.quarantined
}

/// The reads in order; `^` is the first of the meter that came, at the instant of the exchange.
fn kept(station: &Station, channel: ChannelNumber) -> String {
    let book = &station.intake.books().readings;
    let reads = book.read(channel, 0, i64::MAX / 2, AsOf::Now).expect("readable").registers;
    let one = |read: &store::readings::RegisterRead| {
        format!("{}{}", read.value.expect("a value"), if read.is_opening() { "^" } else { "" })
    };
    reads.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_order_in_which_both_reads_come_leaves_no_trace() {
    let (before, old, new, after) = ("OLD 01T12=10", "OLD 02T12=30", "NEW 02T12=5", "NEW 03T12=9");
    let expected = "10 30 5^ 9";
    let orders: [&[&[&str]]; 4] = [
        &[&[before, old, new, after]],
        &[&[before], &[old], &[new], &[after]],
        &[&[after], &[new], &[old], &[before]],
        &[&["-OLD 02T12=30"], &["-NEW 02T12=5"], &[before, after]],
    ];
    for order in orders {
        let (mut station, channel) = station();
        exchanged(&station);
        for message in order {
            assert_eq!(send(&mut station, message), 0, "{message:?} of {order:?}");
        }
        assert_eq!(kept(&station, channel), expected, "{order:?}");
    }
    // The exchange is entered late: the new meter is not known before, and its reads wait.
    let (mut station, channel) = station();
    assert_eq!(send(&mut station, &[before, old]), 0);
    assert_eq!(send(&mut station, &[new]), 1);
    exchanged(&station);
    station.replay();
    send(&mut station, &[after]);
    assert_eq!(kept(&station, channel), expected);
    // A correction of the one is no correction of the other.
    send(&mut station, &["OLD 02T12=31"]);
    assert_eq!(kept(&station, channel), "10 31 5^ 9");
}

#[test]
fn each_read_is_judged_on_its_side() {
    let (utility, counter) = with_register();
    register(&utility, Some("OLD"), None);
    let at: Timestamp = "2026-01-07T00:00:00Z".parse().expect("an instant");
    exchange(&utility, at);
    arrive(&utility, counter, FIRST, "500 510 520 13 23");
    utility.read(counter, at.as_second(), Some(at.as_second()), 3);
    due(&utility);
    assert_eq!(shown(&utility, counter), "500 510 520 3 13 23");
    // Of each side one is wrong: 510, which stands between 500 and 505, and the last one of the new meter, which fell.
    arrive(&utility, counter, date(2026, 1, 7), "505 . 1");
    assert_eq!(shown(&utility, counter), "500 510!V55 505 3 13 1!V55");
}
