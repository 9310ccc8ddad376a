//! V10: a number that does not fit its channel waits alone, and the rest of its run is taken.

use crate::taken_again::Station;

// covers: V10
#[test]
fn one_wrong_number_does_not_keep_the_others_out() {
    let mut station = Station::with(&["UP-1"]);
    // The channel counts in Wh: a tenth of one does not fit, and eleven digits of kWh are not plausible.
    let receipt = station.send(&["UP-1 0=1.5 1=2.0001 2=3.5 3=12345678901 4=0.5"]);
    assert_eq!((receipt.stored, receipt.quarantined), (3, 2));
    assert_eq!(station.values(0, 6), [Some(1500), None, Some(3500), None, Some(500), None]);
    let waiting = station.waiting();
    let [item] = &waiting[..] else { panic!("{waiting:?}") };
    assert_eq!(item.entry.code, "V10");
    assert!(item.entry.message.contains("2.0001 waits, and the other values are taken"), "{}", item.entry.message);
    station.replay();
    assert_eq!((station.values(0, 6)[0], station.waiting().len()), (Some(1500), 1), "nothing changed for it");
}
