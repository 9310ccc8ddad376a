//! A storm against its ledger, counted anew from the documents it sends.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;
use simulator::storm::{Peak, Profile, ProfileError, Storm};

fn begins() -> Timestamp {
    "2026-02-03T14:00:00Z".parse().expect("an instant")
}

#[test]
fn a_storm_over_all_endpoints_has_the_rates_of_its_profile() {
    let profile = Profile::s750(7, begins());
    let rates: Vec<u32> = (0..profile.seconds).map(|second| profile.rate(second)).collect();
    assert_eq!(rates.iter().sum::<u32>(), 3_000_000, "a mean of 5,000 a second over ten minutes");
    assert!(rates[60..120].iter().all(|rate| *rate == 25_000), "the peak is held for a minute");
    // 3,000,000 less 60 x 25,000, over 540 seconds: 2,777.8.
    assert!(rates[..60].iter().chain(&rates[120..]).all(|rate| (2777..=2778).contains(rate)));
}

// covers: MOD-EVT, MOD-DUP
#[test]
fn what_is_sent_is_every_fact_at_least_once_and_nothing_else() {
    let profile = Profile { batch_max: 50, ..Profile::of(3000, 7, begins()) };
    let facts: BTreeMap<(String, String), Timestamp> =
        profile.facts().map(|fact| ((fact.device_name(), fact.code.to_owned()), fact.told)).collect();
    assert_eq!(facts.len(), 12_000, "no two facts share device and code");

    let mut storm = Storm::new(profile).expect("a storm");
    let (mut found, mut numbers, mut unusable) = (BTreeMap::<_, u64>::new(), BTreeMap::new(), BTreeSet::new());
    let mut per_second = Vec::new();
    for batches in storm.by_ref() {
        per_second.push(batches.iter().map(|batch| batch.tellings.len()).sum::<usize>());
        for batch in batches {
            assert!(batch.tellings.len() <= 50);
            let document: Value = serde_json::from_str(&batch.json()).expect("a document");
            let source = document["headEnd"].as_str().expect("a name").to_owned();
            for event in document["events"].as_array().expect("a list") {
                let sequence = event["sequence"].as_u64().expect("a number");
                assert_eq!(event["id"].as_str(), Some(format!("{source}-{sequence}").as_str()));
                let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                let usable = (text("device"), text("code"), text("time").parse::<Timestamp>());
                let (device, code, Ok(told)) = usable else {
                    unusable.insert((source.clone(), sequence));
                    continue;
                };
                if device.is_empty() || code.is_empty() {
                    unusable.insert((source.clone(), sequence));
                    continue;
                }
                let key = (device, code);
                assert_eq!(facts.get(&key), Some(&told), "{key:?}");
                *found.entry(key.clone()).or_default() += 1;
                let of_number = numbers.insert((source.clone(), sequence), key.clone());
                assert!(of_number.is_none_or(|before| before == key), "a number is used for one fact");
            }
        }
    }
    assert!(found.keys().eq(facts.keys()), "every fact, and nothing else");
    let ledger = storm.ledger();
    assert_eq!((ledger.facts, ledger.told), (12_000, found.values().sum()));
    let named: BTreeSet<_> =
        ledger.unusable.iter().map(|(head_end, number)| (head_end.name().to_owned(), *number)).collect();
    assert_eq!((named, ledger.malformed), (unusable.clone(), unusable.len() as u64));
    for (head_end, last) in &ledger.numbered {
        let of_source = |(source, _): &&(String, u64)| source == head_end.name();
        let used: BTreeSet<u64> =
            numbers.keys().chain(&unusable).filter(of_source).map(|(_, number)| *number).collect();
        assert!(used.into_iter().eq(1..=*last), "no number of {} is left out", head_end.name());
    }
    // 30 % of 12,000 twice and 0.1 % of 12,000 unusable, within what chance allows.
    let twice = found.values().filter(|times| **times == 2).count();
    assert!((3400..=3800).contains(&twice) && (4..=25).contains(&unusable.len()), "{twice} {}", unusable.len());
    // 100 new a second in the peak, and 30 more that come again.
    let in_peak: usize = per_second[75..115].iter().sum();
    assert!((40 * 122..=40 * 138).contains(&in_peak), "{in_peak}");
}

#[test]
fn facts_are_late_and_clocks_wrong_in_their_shares() {
    let profile = Profile::of(30_000, 7, begins());
    let mut storm = Storm::new(profile).expect("a storm");
    let (mut late, mut wrong, mut seen) = (0_u32, BTreeSet::new(), BTreeSet::new());
    for second in 0..600 {
        let now = begins() + jiff::SignedDuration::from_secs(second);
        for telling in storm.next().expect("a second").iter().flat_map(|batch| &batch.tellings) {
            let fact = telling.fact;
            if telling.flaw.is_some() || !seen.insert(fact.number) {
                continue;
            }
            let behind = now.duration_since(fact.happened).as_secs();
            assert!((0..=900).contains(&behind));
            late += u32::from(0 < behind);
            let error = fact.told.duration_since(fact.happened).as_secs();
            assert!(error.abs() <= 7200);
            if error != 0 {
                wrong.insert(fact.device);
            }
        }
    }
    assert!((11_500..=12_500).contains(&late), "a tenth of 120,000: {late}");
    assert!((240..=360).contains(&wrong.len()), "a hundredth of 30,000: {}", wrong.len());
}

#[test]
fn the_same_seed_gives_the_same_storm_and_impossible_ones_are_refused() {
    let documents = |seed| -> Vec<String> {
        let storm = Storm::new(Profile::of(300, seed, begins())).expect("a storm");
        storm.flatten().map(|batch| batch.json()).collect()
    };
    assert_eq!(documents(7), documents(7));
    assert_ne!(documents(7), documents(8));
    let refused = |profile: Profile| Storm::new(profile).map(drop).unwrap_err();
    let good = Profile::of(300, 7, begins());
    assert_eq!(refused(Profile { events: 1201, ..good }), ProfileError::Events { events: 1201, most: 1200 });
    let outside = Peak { from: 550, ..good.peak };
    assert_eq!(refused(Profile { peak: outside, ..good }), ProfileError::Peak(600, 550, 610));
    assert_eq!(refused(Profile { batch_max: 0, ..good }), ProfileError::Batch);
}
