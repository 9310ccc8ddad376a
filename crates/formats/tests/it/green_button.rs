//! Green Button feeds: real files against their right answers, the two odd days, links and bad input.

use std::collections::BTreeMap;

use formats::{Format, Options};
use jiff::tz::TimeZone;
use model::finding::{Finding, Severity};
use model::reading::{IntervalRun, Values};
use model::time::LocalDay;

use crate::collect::{Collected, read_in_pieces, real_data};

/// One value: start, end, digits, flag.
type Value = (i64, i64, i64, String);

fn values(told: &Collected) -> Vec<Value> {
    let mut values = Vec::new();
    for piece in &told.readings {
        match &piece.values {
            Values::Intervals(run) => values.extend(run_values(run)),
            Values::Registers(reads) => values.extend(reads.iter().map(|read| {
                let start = read.period_start.unwrap_or(read.at).as_second();
                let digits = read.value.expect("a value").rescaled(0).expect("an integer");
                (start, read.at.as_second(), digits, read.quality.flag.to_string())
            })),
        }
    }
    values
}

fn run_values(run: &IntervalRun) -> Vec<Value> {
    let length = i64::from(run.length_seconds);
    assert_eq!(run.exponent, 0, "the integers of the feed");
    let flag = |at: usize| {
        let at = u32::try_from(at).expect("small");
        let span = run.qualities.iter().find(|span| span.from <= at && at < span.to);
        span.map_or(String::new(), |span| span.quality.flag.to_string())
    };
    let start = run.start.as_second();
    let value = |(at, digits): (usize, &i64)| {
        let start = start + length * i64::try_from(at).expect("small");
        (start, start + length, *digits, flag(at))
    };
    run.values.iter().enumerate().map(value).collect()
}

fn parsed(bytes: &[u8], piece_bytes: usize) -> Collected {
    read_in_pieces(Format::GreenButton, &Options::default(), bytes, piece_bytes)
}

fn read(feed: &str) -> Collected {
    let told = parsed(feed.as_bytes(), 4096);
    assert_eq!(told.refused, None);
    told
}

fn refusal(bytes: &[u8]) -> Finding {
    parsed(bytes, 4096).refused.expect("refused").0
}

fn real_file(name: &str) -> Option<Vec<u8>> {
    real_data("greenbutton").map(|folder| std::fs::read(folder.join(name)).expect("a file"))
}

/// The right answers come from an XML library of another language (see the data's README).
#[test]
fn real_feeds_yield_their_expected_readings() {
    let Some(folder) = real_data("greenbutton") else { return };
    let answers = std::fs::read_to_string(folder.join("expected.json")).expect("the right answers");
    let answers: serde_json::Value = serde_json::from_str(&answers).expect("JSON");
    for answer in answers.as_array().expect("a list") {
        let name = answer["file"].as_str().expect("a name");
        if answer.get("parse_error").is_some() {
            continue;
        }
        let bytes = std::fs::read(folder.join(name)).expect("a file");
        let told = parsed(&bytes, 10_000);
        assert_eq!(told.refused, None, "{name}");
        check_answer(name, answer, &values(&told));
        assert_eq!(told, parsed(&bytes, 7), "{name} in pieces of 7 bytes");
    }
}

fn check_answer(name: &str, answer: &serde_json::Value, values: &[Value]) {
    let count = |field: &str| answer[field].as_i64();
    assert_eq!(Some(values.len() as i64), count("interval_readings"), "{name}");
    assert_eq!(Some(values.iter().map(|value| value.2).sum()), count("value_sum"), "{name}");
    assert_eq!(values.iter().map(|value| value.0).min(), count("first_start"), "{name}");
    assert_eq!(values.iter().map(|value| value.1).max(), count("last_end"), "{name}");
    let mut durations = BTreeMap::new();
    let mut qualities = BTreeMap::new();
    for (start, end, _, flag) in values {
        *durations.entry((end - start).to_string()).or_insert(0_i64) += 1;
        for code in flag.split_whitespace() {
            *qualities.entry(code.to_owned()).or_insert(0_i64) += 1;
        }
    }
    assert_eq!(serde_json::json!(durations), answer["durations"], "{name}");
    assert_eq!(serde_json::json!(qualities), answer["qualities"], "{name}");
    if let Some(days) = answer.get("local_day_totals") {
        check_local_days(name, days, values);
    }
}

fn check_local_days(name: &str, answer: &serde_json::Value, values: &[Value]) {
    let zone = TimeZone::get(answer["tz"].as_str().expect("a zone")).expect("a known zone");
    let mut days: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for (start, _, digits, _) in values {
        let start = jiff::Timestamp::from_second(*start).expect("in range");
        let day = LocalDay::containing(start, &zone).expect("a day");
        let total = days.entry(day.date.to_string()).or_default();
        total.0 += 1;
        total.1 += digits;
    }
    assert_eq!(serde_json::json!(days), answer["local_days"], "{name}");
}

#[test]
fn five_usage_points_with_the_same_short_id_are_told_apart() {
    let Some(bytes) = real_file("MartyBurns__1hrLP_32DaysFiveUsagePoints_M.xml") else { return };
    let labels: Vec<String> = parsed(&bytes, 10_000).totals().into_keys().collect();
    assert_eq!(labels, ["9b6c7063-01/01", "9b6c7064-01/02", "9b6c7065-01/03", "9b6c7066-01/04", "9b6c7067-01/05"]);
}

#[test]
fn a_feed_after_another_root_is_refused_where_it_begins() {
    let Some(bytes) = real_file("MartyBurns__1hrLP_32DaysM.xml") else { return };
    let finding = refusal(&bytes);
    assert_eq!((finding.line, finding.code.as_str()), (56, "xml.malformed"), "{finding}");
}

#[test]
fn a_start_that_is_no_integer_is_a_finding_and_never_moved() {
    let Some(bytes) = real_file("vladistan__gas_containerized.xml") else { return };
    let told = parsed(&bytes, 4096);
    assert_eq!(told.refused, None);
    assert_eq!(values(&told), []);
    let errors: Vec<(u64, &str)> = told
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| (finding.line, finding.field.as_str()))
        .collect();
    assert_eq!(errors, [(52, "start"), (69, "start"), (86, "start")]);
    assert!(told.findings.iter().any(|finding| finding.message.contains("1721154384.66136")));
}

#[test]
fn a_customer_feed_is_accepted_and_said_to_hold_no_readings() {
    let name = "GreenButtonAlliance__Customer-Subscription-Feed-Anonymized.xml";
    let Some(bytes) = real_file(name) else { return };
    let told = parsed(&bytes, 4096);
    assert_eq!(told.refused, None);
    assert_eq!(told.codes(), ["1 green_button.no_readings"]);
    assert_eq!(told.messages.len(), 1);
}

/// A feed of our own: one usage point, one meter reading, the given blocks and reading type.
fn feed(reading_type: &str, blocks: &str) -> String {
    let entry = |name: &str, links: &str, content: &str| {
        format!(
            "<entry><id>urn:uuid:{name}</id>{links}<content>{content}</content>\
             <updated>2024-11-05T00:00:00Z</updated></entry>"
        )
    };
    let usage_point = entry(
        "1",
        r#"<link rel="self" href="UsagePoint/7"/><link rel="related" href="UsagePoint/7/MeterReading"/>"#,
        r#"<e:UsagePoint/>"#,
    );
    let meter_reading = entry(
        "2",
        r#"<link rel="self" href="UsagePoint/7/MeterReading/1"/><link rel="up" href="UsagePoint/7/MeterReading"/>
           <link rel="related" href="UsagePoint/7/MeterReading/1/IntervalBlock"/>
           <link rel="related" href="ReadingType/3"/>"#,
        "<e:MeterReading/>",
    );
    let reading_type = entry("3", r#"<link rel="self" href="ReadingType/3"/>"#, reading_type);
    let block = entry(
        "4",
        r#"<link rel="self" href="UsagePoint/7/MeterReading/1/IntervalBlock/a"/>
           <link rel="up" href="https://host/UsagePoint/7/MeterReading/1/IntervalBlock"/>"#,
        blocks,
    );
    // Blocks first: nothing may depend on the order of the entries.
    format!(
        r#"<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"><id>urn:uuid:0</id>
        {block}{reading_type}{meter_reading}{usage_point}</feed>"#
    )
}

const HOURLY: &str = "<e:ReadingType><e:accumulationBehaviour> 4 </e:accumulationBehaviour>\
    <e:commodity>1</e:commodity><e:defaultQuality>17</e:defaultQuality><e:flowDirection>1</e:flowDirection>\
    <e:intervalLength>3600</e:intervalLength><e:kind>12</e:kind>\
    <e:powerOfTenMultiplier>0</e:powerOfTenMultiplier><e:uom>72</e:uom></e:ReadingType>";

fn reading(start: &str, duration: &str, rest: &str) -> String {
    format!(
        "<e:IntervalReading><e:timePeriod><e:duration>{duration}</e:duration><e:start>{start}</e:start>\
         </e:timePeriod>{rest}</e:IntervalReading>"
    )
}

/// The days of `time.md`: Toronto 2024-03-10 has 23 hours, 2024-11-03 has 25.
// covers: ONT-2.4.2b
#[test]
fn days_of_clock_change_keep_their_hours() {
    for (start, hours, date) in [(1_710_046_800_i64, 23_i64, "2024-03-10"), (1_730_606_400, 25, "2024-11-03")] {
        let readings: String = (0..hours)
            .map(|hour| reading(&(start + 3600 * hour).to_string(), "3600", "<e:value>1</e:value>"))
            .collect();
        let told = read(&feed(HOURLY, &format!("<e:IntervalBlock>{readings}</e:IntervalBlock>")));
        let values = values(&told);
        assert_eq!(values.len() as i64, hours);
        let zone = TimeZone::get("America/Toronto").expect("a known zone");
        let day = LocalDay::of(date.parse().expect("a date"), &zone).expect("a day");
        assert_eq!(values[0].0, day.range.start.as_second());
        assert_eq!(values[values.len() - 1].1, day.range.end.as_second());
        assert_eq!(told.readings.len(), 1, "one run without a hole");
    }
}

#[test]
fn a_reading_carries_its_type_unit_quality_and_version() {
    let blocks = format!(
        "<e:IntervalBlock>{}{}</e:IntervalBlock>",
        reading(" 0 ", "3600", "<e:value> 5 </e:value><e:ReadingQuality><e:quality>8</e:quality></e:ReadingQuality>"),
        reading("3600", "3600", "<e:value>-6</e:value>"),
    );
    let told = read(&feed(HOURLY, &blocks));
    let piece = &told.readings[0];
    assert_eq!(piece.channel.label(), "7/1");
    assert_eq!(piece.channel.reading_type.to_string(), "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.0.72.0");
    assert_eq!(piece.unit, "Wh");
    assert_eq!(piece.revision.map(|revision| revision.to_string()).as_deref(), Some("2024-11-05T00:00:00Z"));
    assert_eq!(values(&told), [(0, 3600, 5, "8".into()), (3600, 7200, -6, "17".into())]);
    assert_eq!(told.findings, []);
}

#[test]
fn readings_without_a_period_follow_the_block() {
    let blocks = "<e:IntervalBlock><e:interval><e:duration>7200</e:duration><e:start>7200</e:start></e:interval>\
        <e:IntervalReading><e:value>1</e:value></e:IntervalReading>\
        <e:IntervalReading><e:value>2</e:value></e:IntervalReading></e:IntervalBlock>";
    let told = read(&feed(HOURLY, blocks));
    assert_eq!(values(&told), [(7200, 10_800, 1, "17".into()), (10_800, 14_400, 2, "17".into())]);
}

/// A reading without a period lies where the one before it ends, whether or not that one could be read.
#[test]
fn a_bad_reading_moves_none_of_those_after_it() {
    let block = |bad: &str| {
        let bare = |value: &str| format!("<e:IntervalReading><e:value>{value}</e:value></e:IntervalReading>");
        let start = "<e:interval><e:duration>10800</e:duration><e:start>7200</e:start></e:interval>";
        format!("<e:IntervalBlock>{start}{}{bad}{}</e:IntervalBlock>", bare("1"), bare("3"))
    };
    let told = read(&feed(HOURLY, &block("<e:IntervalReading><e:value>2x</e:value></e:IntervalReading>")));
    assert_eq!(values(&told), [(7200, 10_800, 1, "17".into()), (14_400, 18_000, 3, "17".into())]);
    assert_eq!(told.codes().len(), 1);
    let left_out = told.findings[0].left_out.as_deref().expect("its place is known");
    assert_eq!((left_out.from.as_second(), left_out.to.as_second()), (10_800, 14_400));
    assert_eq!(left_out.channel.label(), "7/1");

    // Where it says itself when it was, and that cannot be read, nothing says when the next one was.
    let told = read(&feed(HOURLY, &block(&reading("noon", "3600", "<e:value>2</e:value>"))));
    assert_eq!(values(&told), [(7200, 10_800, 1, "17".into())]);
    let codes: Vec<_> = told.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["green_button.epoch", "green_button.time"]);
}

#[test]
fn days_and_billing_periods_are_amounts_of_a_period() {
    let blocks = format!("<e:IntervalBlock>{}</e:IntervalBlock>", reading("0", "2592000", "<e:value>9</e:value>"));
    let told = read(&feed(HOURLY, &blocks));
    let Values::Registers(reads) = &told.readings[0].values else { panic!("a period amount") };
    assert_eq!(reads[0].period_start.map(jiff::Timestamp::as_second), Some(0));
    assert_eq!(reads[0].at.as_second(), 2_592_000);
}

#[test]
fn one_bad_reading_costs_only_itself() {
    check_bad("1.5", "3600", "<e:value>1</e:value>", "green_button.epoch");
    check_bad("x", "3600", "<e:value>1</e:value>", "green_button.epoch");
    check_bad("0", "3600.0", "<e:value>1</e:value>", "green_button.duration");
    check_bad("0", "-1", "<e:value>1</e:value>", "green_button.duration");
    check_bad("0", "3600", "<e:value>1.25</e:value>", "green_button.value");
    check_bad("9223372036854775807", "3600", "<e:value>1</e:value>", "green_button.time");
    check_bad("253402207201", "4294967294", "<e:value>1</e:value>", "green_button.time");
}

#[track_caller]
fn check_bad(start: &str, duration: &str, rest: &str, code: &str) {
    let blocks = format!(
        "<e:IntervalBlock>{}{}</e:IntervalBlock>",
        reading(start, duration, rest),
        reading("7200", "3600", "<e:value>2</e:value>")
    );
    let told = read(&feed(HOURLY, &blocks));
    assert_eq!(told.findings.len(), 1, "{start} {duration} {rest}");
    assert_eq!(told.findings[0].code, code, "{start} {duration} {rest}");
    assert_eq!(values(&told), [(7200, 10_800, 2, "17".into())], "{start} {duration} {rest}");
}

#[test]
fn a_missing_value_keeps_its_place() {
    let blocks = format!("<e:IntervalBlock>{}</e:IntervalBlock>", reading("0", "3600", ""));
    let told = read(&feed(HOURLY, &blocks));
    let Values::Intervals(run) = &told.readings[0].values else { panic!("a run") };
    assert_eq!(run.values, [IntervalRun::MISSING]);
}

#[test]
fn what_is_no_feed_is_refused() {
    check_refused(b"<MeterReadings/>", "green_button.root", 1);
    check_refused(b"", "xml.malformed", 1);
    check_refused(b"<feed>\n<entry>", "xml.malformed", 2);
    check_refused(b"<feed>\n</entry>", "xml.malformed", 2);
    check_refused(b"<!DOCTYPE feed [<!ENTITY a \"b\">]><feed>&a;</feed>", "xml.doctype", 1);
    check_refused(b"\xFE\xFF\x00<", "xml.encoding", 1);
}

#[track_caller]
fn check_refused(bytes: &[u8], code: &str, line: u64) {
    let finding = refusal(bytes);
    assert_eq!((finding.code.as_str(), finding.line), (code, line), "{finding}");
    assert_eq!(finding.severity, Severity::Refused);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 64, ..Default::default() })]

    /// Damage anywhere is told or refused, the same in any pieces.
    #[test]
    fn damaged_feeds_are_told_the_same_in_any_pieces(
        at in proptest::prelude::any::<proptest::sample::Index>(),
        text in "[0-9a-z<>/&\" .-]{1,4}",
        piece_bytes in 1_usize..400,
    ) {
        let blocks = format!("<e:IntervalBlock>{}</e:IntervalBlock>", reading("0", "3600", "<e:value>1</e:value>"));
        let mut bytes = feed(HOURLY, &blocks).into_bytes();
        let at = at.index(bytes.len());
        let to = (at + text.len()).min(bytes.len());
        bytes.splice(at..to, text.bytes());
        proptest::prop_assert_eq!(parsed(&bytes, piece_bytes), parsed(&bytes, usize::MAX));
    }
}
