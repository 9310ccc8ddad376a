//! What messages say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use interop::message::{Filter, Stage};
use jiff::civil::date;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalValue};
use model::quality::Status;
use model::reading::{IntervalRun, Values};
use serde_json::json;
use sha2::Sha256;
use store::readings::{NO_VALUE, RegisterEntry};
use store::registry::channel::ChannelEntry;
use store::registry::subscription::PayloadFormat;

use super::receiver::{Received, Receiver};
use super::world::{MAY_1, SECRET, World, interval_entry, push};

fn run(received: &Received) -> (String, IntervalRun) {
    let told = received.xml();
    let [readings] = &told.readings[..] else { panic!("one piece, found {:?}", told.readings) };
    match &readings.values {
        Values::Intervals(run) => (readings.channel.label(), run.clone()),
        Values::Registers(reads) => panic!("intervals, found {reads:?}"),
    }
}

// covers: IS-012
#[tokio::test]
async fn new_and_replaced_readings_are_told_in_order() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    world.subscribe("portal", &receiver.url(), PayloadFormat::Xml).await;
    world.store(0, 0, &[250, 300, 275]);
    let delivery = world.start();
    receiver.messages(1).await;
    world.store(0, 1, &[310]);
    world.store(0, 3, &[1000]);
    let messages = receiver.messages(3).await;
    delivery.stop().await;
    let verbs: Vec<_> = messages.iter().map(|message| message.xml().header.verb.to_string()).collect();
    assert_eq!(verbs, ["created", "changed", "created"]);
    let (label, first) = run(&messages[0]);
    assert_eq!(label, "NEM1201009/E1");
    assert_eq!((first.start.as_second(), first.length_seconds, first.exponent), (MAY_1, 900, -3));
    assert_eq!(first.values, [250, 300, 275]);
    let (_, changed) = run(&messages[1]);
    assert_eq!((changed.start.as_second(), changed.values), (MAY_1 + 900, vec![310]));
    let (_, last) = run(&messages[2]);
    assert_eq!((last.start.as_second(), last.values), (MAY_1 + 2700, vec![1000]));
    for message in &messages {
        let told = message.xml();
        assert_eq!(told.header.noun, "MeterReadings");
        assert_eq!(told.header.id, message.id);
        assert_eq!(told.header.source, "amity");
        assert_eq!(message.content_type, "application/xml");
        let meter = told.readings[0].channel.meter.as_ref().expect("the meter that was there");
        assert_eq!(meter.value, "METSER123");
    }
}

#[tokio::test]
async fn every_message_is_signed_with_every_secret() {
    let world = World::new().await;
    let other = format!("whsec_{}", STANDARD.encode([7; 32]));
    std::fs::write(world.secret_file(), format!("{other}\n{SECRET}\n")).expect("written");
    let receiver = Receiver::start(&[]).await;
    world.subscribe("cis", &receiver.url(), PayloadFormat::Json).await;
    world.store(0, 0, &[250]);
    let delivery = world.start();
    let both = receiver.messages(1).await.remove(0);
    std::fs::write(world.secret_file(), SECRET).expect("written");
    world.store(0, 1, &[250]);
    let one = receiver.messages(2).await.remove(1);
    delivery.stop().await;
    let expected = |message: &Received, secret: &str| {
        let key = STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(format!("{}.{}.", message.id, message.timestamp).as_bytes());
        mac.update(&message.body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    assert_eq!(both.signatures, format!("{} {}", expected(&both, &other), expected(&both, SECRET)));
    assert_eq!(one.signatures, expected(&one, SECRET), "a changed file rotates the secrets");
}

#[tokio::test]
async fn json_says_the_same_in_exact_text() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    world.subscribe("cis", &receiver.url(), PayloadFormat::Json).await;
    world.append(|batch| {
        push(batch, 0, 94, &[250, 1_000_000_000_001]);
        push(batch, 1, 0, &[0]);
    });
    let delivery = world.start();
    let message = receiver.messages(1).await.remove(0);
    delivery.stop().await;
    let mut told = message.json();
    let mrid = world.registry.channels().find("NEM1201009/E1").await.expect("registered").id.to_string();
    assert_eq!(told["readings"].as_array().map(Vec::len), Some(2));
    assert_eq!(told["readings"][1]["channel"], "NEM1201009/B1");
    assert_eq!(told["readings"][1]["intervals"]["values"], json!(["0.000"]));
    told["readings"].as_array_mut().expect("a list").truncate(1);
    told.as_object_mut().expect("an object").remove("timestamp").expect("a timestamp");
    let expected = json!({
        "type": "meter-readings.created",
        "id": message.id,
        "source": "amity",
        "readings": [{
            "channel": "NEM1201009/E1",
            "mrid": mrid,
            "usage_point": {"authority": "AEMO", "kind": "NMI", "value": "NEM1201009"},
            "meter": {"authority": "", "kind": "SerialNumber", "value": "METSER123"},
            "reading_type": "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0",
            "unit": "kWh",
            "stage": "received",
            "intervals": {
                // 23:30 in Brisbane.
                "start": "2024-05-01T13:30:00Z",
                "seconds": 900,
                "values": ["0.250", "1000000000.001"],
                "qualities": [],
            },
        }],
    });
    assert_eq!(told, expected);
    assert_eq!(message.content_type, "application/json");
}

#[tokio::test]
async fn final_values_are_told_as_decided() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    let mut described = world.described("billing", &receiver.url(), PayloadFormat::Json);
    described.filter = Filter { stages: vec![Stage::Final], ..Filter::default() };
    world.subscribe_as(&described).await;
    let mut values = [100; 96];
    values[10] = NO_VALUE;
    world.store(0, 0, &values);
    let decided = FinalDay {
        channel: ChannelNumber(0),
        date: date(2024, 5, 1),
        run: 1,
        decided_at: "2024-05-02T00:00Z".parse().expect("a timestamp"),
        plan_name: "residential".into(),
        plan_version: 1,
        status: Status::VALIDATED,
        values: vec![FinalValue {
            slot: 10,
            value: Some(105),
            status: Status::ESTIMATED | Status::INTERPOLATED,
            method: "E04".into(),
            inputs_hash: 0,
        }],
        failures: Vec::new(),
    };
    world.append(|batch| batch.push_final(&decided).expect("a valid day"));
    // The same of a day of which nothing arrived at all.
    let whole = (0..96).map(|slot| FinalValue { slot, ..decided.values[0].clone() }).collect();
    let empty = FinalDay { channel: ChannelNumber(1), values: whole, ..decided.clone() };
    world.append(|batch| batch.push_final(&empty).expect("a valid day"));
    let delivery = world.start();
    let messages = receiver.messages(2).await;
    delivery.stop().await;
    let told = &messages[0].json()["readings"][0];
    assert_eq!(told["stage"], "final");
    assert_eq!(told["intervals"]["start"], "2024-04-30T14:00:00Z");
    assert_eq!(told["intervals"]["values"][9], "0.100");
    assert_eq!(told["intervals"]["values"][10], "0.105");
    let span = |from, to, codes: &[&str], status: &[&str]| json!({"from": from, "to": to, "quality": {"codes": codes, "status": status}});
    let estimated = span(10, 11, &["3.8.1001"], &["estimated", "interpolated"]);
    let expected = [span(0, 10, &["3.0.1"], &["validated"]), estimated, span(11, 96, &["3.0.1"], &["validated"])];
    assert_eq!(told["intervals"]["qualities"], json!(expected));
    let told = &messages[1].json()["readings"][0];
    assert_eq!(told["intervals"]["start"], "2024-04-30T14:00:00Z", "local midnight, not that of UTC");
    assert_eq!(told["intervals"]["values"], json!(vec!["0.105"; 96]));
}

#[tokio::test]
async fn register_reads_are_told_with_their_period() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    world.subscribe("billing", &receiver.url(), PayloadFormat::Xml).await;
    let daily = ChannelEntry {
        reading_type: "11.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        interval_seconds: None,
        ..interval_entry("D1")
    };
    let number = world.registry.channels().register(&[daily]).await.expect("registered")[0].number;
    let day = |day: i64, value| RegisterEntry {
        channel: number,
        at: MAY_1 + (day + 1) * 86_400,
        period_start: Some(MAY_1 + day * 86_400),
        value,
        quality: store::readings::QualityId::default(),
        revision: None,
    };
    world.append(|batch| {
        for entry in [day(0, Some(24_500)), day(1, None)] {
            batch.push_register(&entry).expect("a valid read");
        }
    });
    let delivery = world.start();
    let told = receiver.messages(1).await[0].xml();
    delivery.stop().await;
    let reads: Vec<_> = told
        .readings
        .iter()
        .flat_map(|piece| match &piece.values {
            Values::Registers(reads) => reads.clone(),
            Values::Intervals(run) => panic!("register reads, found {run:?}"),
        })
        .map(|read| {
            let start = read.period_start.map(|start| start.as_second());
            (start, read.at.as_second(), read.value.map(|value| value.to_string()))
        })
        .collect();
    let expected =
        [(Some(MAY_1), MAY_1 + 86_400, Some("24.500".to_owned())), (Some(MAY_1 + 86_400), MAY_1 + 2 * 86_400, None)];
    assert_eq!(reads, expected);
}

#[tokio::test]
async fn a_filter_leaves_out_other_channels() {
    let world = World::new().await;
    let receiver = Receiver::start(&[]).await;
    let mut described = world.described("solar", &receiver.url(), PayloadFormat::Xml);
    described.filter = Filter { channels: vec!["NEM1201009/B*".into()], ..Filter::default() };
    let subscription = world.subscribe_as(&described).await;
    world.store(0, 0, &[1]);
    world.append(|batch| {
        push(batch, 0, 1, &[1]);
        push(batch, 1, 0, &[9]);
    });
    world.store(0, 2, &[1]);
    let delivery = world.start();
    let last = world.book.sequence();
    world.until(&subscription, |state| state.position.is_some_and(|position| position.sequence == last)).await;
    delivery.stop().await;
    let messages = receiver.all();
    let [message] = &messages[..] else { panic!("one message, found {}", messages.len()) };
    assert_eq!(run(message).0, "NEM1201009/B1");
}
