//! `kill -9` in the middle of work, again and again: what was acknowledged is there, once, and the next start needs
//! no hand.
//!
//! `AMITY_KILLS` sets how often (50 where it is not set).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;

use formats::{Format, Options, Sink};
use model::event::EndDeviceEvent;
use model::finding::Finding;
use model::reading::{ChannelReadings, MessageHeader, Values};
use serde_json::Value;
use store::disk::RealDisk;
use store::readings::{Config, NO_VALUE, ReadingsBook};

use crate::program::Program;

/// The truth: every value of the files that were acknowledged, by channel label and start of the interval.
#[derive(Default)]
struct Truth(BTreeMap<(String, i64), i64>);

impl Sink for Truth {
    fn message(&mut self, _header: &MessageHeader) {}

    fn readings(&mut self, readings: &ChannelReadings) {
        let Values::Intervals(run) = &readings.values else { return };
        for (at, value) in run.values.iter().enumerate() {
            let start = run.start.as_second() + at as i64 * i64::from(run.length_seconds);
            // The files have thousandths of a kWh, the registered quantum is a millionth.
            let scale = 10_i64.pow(u32::try_from(run.exponent + 6).expect("at most six decimals"));
            self.0.insert((readings.channel.label(), start), value * scale);
        }
    }

    fn event(&mut self, _event: &EndDeviceEvent) {}

    fn finding(&mut self, finding: Finding) {
        panic!("a made-up file has no findings: {finding}");
    }
}

// covers: THR-10
#[test]
fn what_was_acknowledged_survives_being_killed_at_any_moment() {
    let kills: u64 = std::env::var("AMITY_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(50);
    let program = Program::with_installation(&["--zone", "UTC"]);
    let files = program.path("files");
    let files_text = files.to_str().expect("UTF-8 path").to_owned();
    let days = (kills / 8 + 8).to_string();
    let generate = ["bench", "generate", &files_text, "--channels", "12", "--days", &days, "--seed", "11"];
    assert_eq!(program.run(&[&generate[..], &["--flawless", "--from", "2026-01-01"]].concat()).code, 0);
    let mut acknowledged = BTreeSet::new();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..kills {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        kill_after(&program, &files_text, (seed >> 60) % 6, (seed >> 40) % 4000, &mut acknowledged);
    }
    check_everything_acknowledged(&program, &acknowledged);

    let ended = program.run(&["ingest", &files_text, "--register", "--json", "--no-validation"]);
    assert_eq!(ended.code, 0, "after the last kill the rest goes in: {}", ended.talk);
    let all = std::fs::read_dir(&files).expect("files").map(|entry| entry.expect("entry").path().display().to_string());
    check_everything_acknowledged(&program, &all.collect());
    assert_eq!(program.run(&["doctor"]).code, 0);
}

/// Starts taking the files in, notes what is acknowledged, and kills the program some work after the nth answer.
fn kill_after(program: &Program, files: &str, answers: u64, more_work: u64, acknowledged: &mut BTreeSet<String>) {
    let mut command = program.command(&["ingest", files, "--register", "--json", "--no-validation"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut fresh = 0;
    while fresh < answers {
        let Some(Ok(line)) = lines.next() else { break };
        fresh += u64::from(note(&line, acknowledged));
    }
    // Work of no particular length, so that the kill falls anywhere in the next file.
    (0..more_work * 100).for_each(|step| {
        std::hint::black_box(step);
    });
    child.kill().expect("kill");
    // What was written to the pipe before the kill was acknowledged too.
    lines.map_while(Result::ok).for_each(|line| {
        note(&line, acknowledged);
    });
    child.wait().expect("the program is gone");
}

/// Notes an answer; says whether the file was not answered in an earlier run.
fn note(line: &str, acknowledged: &mut BTreeSet<String>) -> bool {
    // A line cut off by the kill is no answer.
    let Ok(answer) = serde_json::from_str::<Value>(line) else { return false };
    assert_eq!(answer["receipt"]["accepted"], true, "{line}");
    acknowledged.insert(answer["path"].as_str().expect("path").to_owned())
}

fn check_everything_acknowledged(program: &Program, acknowledged: &BTreeSet<String>) {
    let mut truth = Truth::default();
    for path in acknowledged {
        let bytes = std::fs::read(path).expect("file");
        let format = if path.ends_with(".xml") { Format::Cim } else { Format::Csv };
        let mut reader = formats::reader(format, &Options::default());
        reader.push(&bytes, &mut truth).and_then(|()| reader.finish(&mut truth)).expect("accepted");
    }
    let channels = program.json(&["registry", "list", "--json"]);
    let (book, recovery) =
        ReadingsBook::open(Arc::new(RealDisk), &program.data().join("readings"), Config::default()).expect("opens");
    assert!(recovery.damaged.is_empty(), "{recovery:?}");
    let mut stored = BTreeMap::new();
    for channel in channels.as_array().expect("list") {
        let number = model::id::ChannelNumber(channel["number"].as_u64().expect("number") as u32);
        for date in book.days() {
            let versions = book.versions(number, date).expect("versions");
            let slots: BTreeSet<_> = versions.iter().map(|version| version.slot).collect();
            assert_eq!(slots.len(), versions.len(), "{channel} on {date}: a value is stored twice");
        }
        let history = book.read(number, i64::MIN / 4, i64::MAX / 4, store::readings::AsOf::Now).expect("read");
        for day in history.days {
            for (slot, value) in day.values.iter().enumerate().filter(|(_, value)| **value != NO_VALUE) {
                let start = day.day_start + slot as i64 * i64::from(day.slot_seconds);
                stored.insert((channel["label"].as_str().expect("label").to_owned(), start), *value);
            }
        }
    }
    let lost: Vec<_> = truth.0.iter().filter(|(key, value)| stored.get(key) != Some(value)).take(3).collect();
    assert!(lost.is_empty(), "acknowledged and not stored: {lost:?} of {}", truth.0.len());
}
