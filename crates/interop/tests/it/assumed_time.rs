//! What each subscriber is told of intervals of assumed meter time.

use interop::message::{Filter, Stage};
use interop::subscribers::{self, SubscribeError};
use jiff::Timestamp;
use jiff::civil::date;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalValue};
use model::quality::Status;
use model::quality::assumed_time::AssumedTime;
use serde_json::{Value, json};
use store::registry::subscription::PayloadFormat;

use super::receiver::Receiver;
use super::world::World;

/// Quarter-hours 2 and 3 were stamped with an assumed time and zero-filled; 5 is an ordinary estimate.
fn decided() -> FinalDay {
    let zeroed = Status::ASSUMED_TIME | Status::ESTIMATED | Status::VALIDATED;
    let value = |slot, value, status, method: &str| FinalValue {
        slot,
        value: Some(value),
        status,
        method: method.into(),
        inputs_hash: 0,
    };
    FinalDay {
        channel: ChannelNumber(0),
        date: date(2024, 5, 1),
        run: 1,
        decided_at: "2024-05-02T00:00Z".parse().expect("a timestamp"),
        plan_name: "assumed meter time".into(),
        plan_version: 1,
        status: Status::VALIDATED,
        values: vec![
            value(2, 0, zeroed, "E15"),
            value(3, 0, zeroed, "E15"),
            value(5, 150, Status::ESTIMATED | Status::VALIDATED, "E04"),
        ],
        failures: Vec::new(),
    }
}

/// The first eight quarter-hours and the count of what was left out, as one subscriber is told them.
async fn told(world: &World, name: &str, (stage, assumed_time): (Stage, AssumedTime)) -> (Vec<Value>, Value) {
    let receiver = Receiver::start(&[]).await;
    let mut described = world.described(name, &receiver.url(), PayloadFormat::Json);
    described.filter = Filter { stages: vec![stage], assumed_time, ..Filter::default() };
    world.subscribe_as(&described).await;
    let delivery = world.start();
    let message = receiver.messages(1).await.remove(0).json();
    delivery.stop().await;
    subscribers::remove(&world.registry, name).await.expect("removed");
    let intervals = &message["readings"][0]["intervals"];
    (intervals["values"].as_array().expect("values")[..8].to_vec(), intervals["left_out"].clone())
}

// covers: AMT-FUP-02, AMT-FUP-04, AMT-EST-08
#[tokio::test]
async fn the_portal_gets_a_gap_where_time_of_use_billing_gets_zeros() {
    let world = World::new().await;
    world.store(0, 0, &[100, 100, 80, 90, 100, 100, 100, 100]);
    world.append(|batch| batch.push_final(&decided()).expect("a valid day"));
    let values = |third: Value, fourth: Value| {
        vec![
            json!("0.100"),
            json!("0.100"),
            third,
            fourth,
            json!("0.100"),
            json!("0.150"),
            json!("0.100"),
            json!("0.100"),
        ]
    };
    let portal = told(&world, "portal", (Stage::Final, AssumedTime::Exclude)).await;
    assert_eq!(portal, (values(Value::Null, Value::Null), json!(2)));
    let registers = told(&world, "register billing", (Stage::Final, AssumedTime::Accept)).await;
    assert_eq!(registers, (values(json!("0.080"), json!("0.090")), Value::Null));
    let time_of_use = told(&world, "TOU billing", (Stage::Final, AssumedTime::Estimate)).await;
    assert_eq!(time_of_use, (values(json!("0.000"), json!("0.000")), Value::Null));
    // What was received, the sixth quarter-hour too: no estimate is on its way to a subscriber of raw data.
    let (raw, left_out) = told(&world, "load research", (Stage::Received, AssumedTime::Estimate)).await;
    let received = ["0.100", "0.100", "0.080", "0.090", "0.100", "0.100", "0.100", "0.100"];
    assert_eq!((raw, left_out), (received.map(|value| json!(value)).to_vec(), Value::Null));
}

#[tokio::test]
async fn a_treatment_is_for_final_values_alone() {
    let world = World::new().await;
    let mut described = world.described("portal", "https://127.0.0.1:1/", PayloadFormat::Json);
    described.filter = Filter { assumed_time: AssumedTime::Exclude, ..Filter::default() };
    let refused = subscribers::add(&world.registry, &described, Timestamp::UNIX_EPOCH).await;
    assert!(matches!(refused, Err(SubscribeError::Treatment)), "{refused:?}");
    let kept: Filter = serde_json::from_value(json!({ "channels": ["P1/*"] })).expect("a filter of an older version");
    assert_eq!(kept.assumed_time, AssumedTime::Estimate);
}
