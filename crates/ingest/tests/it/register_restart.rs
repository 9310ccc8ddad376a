//! A register that starts anew: people are told once, and intervals are held against it from its new level on.

use jiff::civil::date;
use model::id::ChannelNumber;
use store::readings::AsOf;

use crate::registers::{FIRST, arrive, due, shown, with_register};
use crate::review_fixture::{Utility, accept};

/// Hours of 500 Wh from the 5th to the 8th, without the tenth and eleventh of the 6th and of the 7th.
fn four_days(utility: &Utility) {
    let cells: Vec<&str> = (0..24).map(|hour| if hour == 10 || hour == 11 { "_" } else { "500" }).collect();
    let with_gap = cells.join(" ");
    for (day, cells) in [(5, "500"), (6, with_gap.as_str()), (7, with_gap.as_str()), (8, "500")] {
        utility.arrive(0, date(2026, 1, day), 0, cells);
    }
}

/// What an hour of the gap of a day came out as.
fn in_gap(utility: &Utility, day: i8) -> Option<i64> {
    let found = utility.book.final_day(ChannelNumber(0), date(2026, 1, day), AsOf::Now).expect("readable");
    let found = found.expect("decided");
    found.values.iter().find(|value| value.slot == 10).and_then(|value| value.value)
}

#[test]
fn good_days_after_the_fall_are_held_against_the_new_level() {
    let (utility, register) = with_register();
    four_days(&utility);
    arrive(&utility, register, FIRST, "500 512 3 17 29");
    assert_eq!(shown(&utility, register), "500 512 3!V55 17 29");
    // Nothing is known of the 6th. On the 7th 17 - 3 = 14 kWh were counted, 11 of them measured: 1.5 kWh in each hour of the gap.
    assert_eq!((in_gap(&utility, 6), in_gap(&utility, 7)), (Some(500), Some(1500)));
    assert!(!utility.states().contains("V50"), "{}", utility.states());
    // A person accepts the new level; the fall is no use for that.
    let told: Vec<_> = utility.exceptions().into_iter().filter(|exception| exception.rule == "V55").collect();
    utility.review.accept(&accept(&told, "Ada"), utility.now()).expect("accepted");
    due(&utility);
    assert_eq!((in_gap(&utility, 6), in_gap(&utility, 7)), (Some(500), Some(1500)));
    assert!(!utility.states().contains("V50"), "{}", utility.states());
}

#[test]
fn the_order_of_arrival_leaves_no_trace() {
    for order in [[4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [3, 4, 0, 2, 1]] {
        let (utility, register) = with_register();
        four_days(&utility);
        for at in order {
            let from = FIRST.saturating_add(jiff::Span::new().days(at));
            arrive(&utility, register, from, ["500", "512", "3", "17", "29"][at as usize]);
        }
        assert_eq!(shown(&utility, register), "500 512 3!V55 17 29", "{order:?}");
        assert_eq!((in_gap(&utility, 6), in_gap(&utility, 7)), (Some(500), Some(1500)), "{order:?}");
        assert!(!utility.states().contains("V50 open"), "{order:?}: {}", utility.states());
    }
}
