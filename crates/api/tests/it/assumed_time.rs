//! What a reader of final values is given of intervals of assumed meter time.

use jiff::Timestamp;
use jiff::civil::date;
use model::id::ChannelNumber;
use model::lineage::{FinalDay, FinalValue};
use model::quality::Status;
use serde_json::{Value, json};
use store::readings::Batch;

use crate::fixture::{Installation, micros};

/// 2024-11-02 in Toronto, hours 3 to 6: 1 kWh each, of which hours 4 and 5 were stamped with an assumed time.
const HOURS: &str = "from=2024-11-02T07:00:00Z&to=2024-11-02T11:00:00Z";

async fn with_two_assumed_hours() -> Installation {
    let amity = Installation::with_a_meter().await;
    let zeroed = |slot| FinalValue {
        slot,
        value: Some(0),
        status: Status::ASSUMED_TIME | Status::ESTIMATED,
        method: "E15".into(),
        inputs_hash: 0,
    };
    let decided = FinalDay {
        channel: ChannelNumber(0),
        date: date(2024, 11, 2),
        run: 2,
        decided_at: Timestamp::UNIX_EPOCH,
        plan_name: "assumed meter time".into(),
        plan_version: 1,
        status: Status::VALIDATED,
        values: vec![zeroed(4), zeroed(5)],
        failures: Vec::new(),
    };
    let mut batch = Batch::new("HES-1", [2; 32], micros("2024-11-06T02:00:00Z"));
    batch.push_final(&decided).expect("a final day");
    amity.book.append(batch).expect("stored");
    amity
}

/// Sum and count of the summary, what was left out, and the final values run by run.
async fn read(amity: &Installation, more: &str) -> Value {
    let told = amity.get(&format!("/api/v1/channels/0/readings?{HOURS}{more}")).await.body;
    let summary = &told["summary"];
    let runs: Vec<&Value> = told["runs"].as_array().expect("runs").iter().map(|run| &run["final"]).collect();
    json!([told["assumed_time"], summary["final_sum"], summary["expected"], summary["left_out"], runs])
}

// covers: AMT-FUP-02, AMT-FUP-04
#[tokio::test]
async fn every_reader_names_its_treatment() {
    let amity = with_two_assumed_hours().await;
    let usual = json!(["estimate", "2.000", 4, 0, [[1000, 0, 0, 1000]]]);
    assert_eq!(read(&amity, "").await, usual);
    assert_eq!(read(&amity, "&assumed_time=estimate").await, usual);
    assert_eq!(read(&amity, "&assumed_time=exclude").await, json!(["exclude", "2.000", 2, 2, [[1000], [1000]]]));
    assert_eq!(
        read(&amity, "&assumed_time=accept").await,
        json!(["accept", "4.000", 4, 0, [[1000, 1000, 1000, 1000]]])
    );
    let csv = amity.get(&format!("/api/v1/channels/0/readings.csv?{HOURS}&assumed_time=exclude")).await.text;
    let starts: Vec<&str> = csv.lines().skip(1).filter_map(|row| row.split(',').next()).collect();
    assert_eq!(starts, ["2024-11-02T03:00:00-04:00", "2024-11-02T06:00:00-04:00"]);
}

#[tokio::test]
async fn an_unknown_treatment_is_refused_by_name() {
    let amity = Installation::with_a_meter().await;
    let refused = amity.get(&format!("/api/v1/channels/0/readings?{HOURS}&assumed_time=drop")).await;
    assert_eq!((refused.status.as_u16(), &refused.body["pointer"]), (400, &json!("assumed_time")));
    assert!(refused.text.contains("exclude"), "{}", refused.text);
}
