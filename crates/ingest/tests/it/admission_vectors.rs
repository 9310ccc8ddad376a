//! The published vectors of V01 to V18 in `docs/vee/golden`, through intake as messages come in.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use formats::Options;
use ingest::admission::{Limits, ValuesAgain};
use ingest::intake::{Books, Intake, Message, Receipt, Unknown};
use jiff::{SignedDuration, Timestamp};
use model::id::Name;
use model::quantity::Decimal;
use store::disk::RealDisk;
use store::raw::RawBook;
use store::readings::{Config, ReadingsBook};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::ownership::Ownership;
use store::registry::quarantine::QuarantineFilter;
use store::registry::usage_point::StateChange;
use tokio::runtime::Runtime;

const REGISTER: &str = "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0";

/// A row of a file by column name.
struct Row {
    columns: Vec<String>,
    cells: Vec<String>,
}

impl Row {
    /// The cell of a column; `None` where the file has none or it is empty.
    fn get(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        Some(self.cells[at].as_str()).filter(|cell| !cell.is_empty())
    }

    fn or<'a>(&'a self, column: &str, standing: &'a str) -> &'a str {
        self.get(column).unwrap_or(standing)
    }

    fn number(&self, column: &str, standing: u32) -> u32 {
        self.get(column).map_or(standing, |cell| cell.parse().expect("a number"))
    }

    fn flag(&self, column: &str) -> bool {
        self.get(column) == Some("yes")
    }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vee/golden")
}

fn rows(file: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(file).expect("a file of vectors");
    let split = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut lines = text.lines().filter(|line| !line.starts_with('#')).map(split);
    let columns = lines.next().expect("a line of column names");
    let row = |cells: Vec<String>| {
        assert_eq!(cells.len(), columns.len(), "{}: {cells:?}", file.display());
        Row { columns: columns.clone(), cells }
    };
    let rows: Vec<_> = lines.map(row).collect();
    assert!(!rows.is_empty(), "{} has no rows", file.display());
    rows
}

/// What is registered before any message comes: the standing facts, changed as a row says.
struct Station {
    intake: Intake,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Station {
    fn of(row: &Row) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let disk = Arc::new(RealDisk);
        let (readings, _) =
            ReadingsBook::open(disk.clone(), &folder.path().join("readings"), Config::default()).expect("a book");
        let raw = RawBook::open(disk, &folder.path().join("raw")).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = runtime.block_on(Registry::open(&url)).expect("a registry");
        let siblings = row.or("siblings", "").split_whitespace();
        let entries: Vec<_> = std::iter::once(own_entry(row)).chain(siblings.map(entry)).collect();
        let channels = runtime.block_on(registry.channels().register(&entries)).expect("registered");
        let usage_point = channels[0].usage_point;
        let change = |text: &str| {
            let (from, state) = text.trim().split_once(' ').expect("moment and state");
            StateChange { usage_point, from: instant(from), state: state.parse().expect("a state") }
        };
        let states: Vec<_> =
            row.get("states").map(|states| states.split(';').map(change).collect()).unwrap_or_default();
        runtime.block_on(registry.usage_points().change_states(&states)).expect("entered");
        let owner = (usage_point, row.get("owner").map(Into::into));
        runtime.block_on(registry.usage_points().set_owners(&[owner])).expect("entered");
        let moves: Vec<_> =
            row.or("moves", "").split_terminator(';').map(|text| (usage_point, ownership(text))).collect();
        runtime.block_on(registry.usage_points().move_owners(&moves)).expect("entered");
        let books = Books { readings: Arc::new(readings), raw: Arc::new(raw), registry };
        let handle = runtime.handle().clone();
        let intake = Intake::new(books, limits(row), "UTC".into(), handle).expect("an intake");
        Self { intake, runtime, _folder: folder }
    }

    fn send(&mut self, source: &str, bytes: &str) -> Receipt {
        let message = Message {
            source: source.into(),
            name: "message.csv".into(),
            format: None,
            zone: None,
            options: Options::default(),
            unknown: Unknown::Quarantine,
            position: String::new(),
            replaces: None,
        };
        let now = instant("2026-01-02T00:00:00Z");
        self.intake.take(&message, &mut bytes.as_bytes(), now).expect("answered")
    }

    /// Whether anything waits in quarantine.
    fn waits(&self) -> bool {
        let registry = &self.intake.books().registry;
        let items = self.runtime.block_on(registry.quarantine().list(&QuarantineFilter::default()));
        !items.expect("listed").is_empty()
    }
}

/// A move in the words of the files: `from source`, or `from any`.
fn ownership(text: &str) -> Ownership {
    let (from, source) = text.trim().split_once(' ').expect("moment and source");
    Ownership { from: instant(from), source: (source != "any").then(|| source.into()) }
}

/// Channel E1 as a row has it registered.
fn own_entry(row: &Row) -> ChannelEntry {
    let entry = entry("E1");
    if row.get("registered") == Some("register") {
        return ChannelEntry {
            interval_seconds: None,
            reading_type: REGISTER.parse().expect("a reading type"),
            ..entry
        };
    }
    entry
}

fn entry(suffix: &str) -> ChannelEntry {
    ChannelEntry {
        usage_point: Name::new("UsagePoint", "N1"),
        meter: Some(Name::new("Meter", "M1")),
        meter_from: None,
        suffix: suffix.into(),
        reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -6,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(900),
        zone: "UTC".into(),
    }
}

fn limits(row: &Row) -> Limits {
    let standing = Limits::default();
    Limits {
        future_tolerance_seconds: row.number("future_tolerance_seconds", standing.future_tolerance_seconds),
        refuse_inactive: row.flag("refuse_inactive"),
        age_days_max: row.number("age_days_max", standing.age_days_max),
        span_hours_min: row.number("span_hours_min", standing.span_hours_min),
        report_short_spans: row.flag("report_short_spans"),
        report_missing_values: row.flag("report_missing_values"),
        refuse_missing_values: row.flag("refuse_missing_values"),
        report_missing_siblings: row.flag("report_missing_siblings"),
        refuse_missing_channels: row.flag("refuse_missing_channels"),
        values_again: if row.get("values_again") == Some("keep") { ValuesAgain::Keep } else { ValuesAgain::Replace },
        reading_types: row.get("reading_types").into_iter().map(|text| text.parse().expect("a reading type")).collect(),
        months_begin_on_first: row.flag("months_begin_on_first"),
        ..standing
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A message of a row in Amity's CSV with these values.
fn message(row: &Row, values: &str) -> String {
    let head = String::from("usage_point_id,meter_id,channel,reading_type,uom,start,end,value,quality\n");
    let own = lines(row, row.or("channel", "E1"), row.get("start").expect("a start"), values);
    let sibling = row.get("sibling_values").map_or_else(String::new, |values| {
        let channel = row.or("siblings", "").split(' ').next().expect("a sibling");
        lines(row, channel, row.get("sibling_start").expect("a start"), values)
    });
    head + &own + &sibling
}

/// The lines of one channel of it.
fn lines(row: &Row, channel: &str, start: &str, values: &str) -> String {
    let register = row.get("minutes") == Some("register");
    let minutes = if register { "0" } else { row.or("minutes", "15") };
    let length = SignedDuration::from_mins(minutes.parse().expect("minutes"));
    let reading_type = if register { REGISTER } else { "" };
    let (point, meter) = (row.or("point", "N1"), meter(row));
    let (unit, quality) = (row.or("unit", "kWh"), row.or("quality", ""));
    let mut text = String::new();
    let mut start = instant(start);
    for value in values.split_whitespace() {
        let (end, value) = (start + length, if value == "_" { "" } else { value });
        let from = if register { String::new() } else { start.to_string() };
        text += &format!("{point},{meter},{channel},{reading_type},{unit},{from},{end},{value},{quality}\n");
        start = end;
    }
    text
}

/// The meter that a message names: the registered one, unless the file of vectors is about meters.
fn meter(row: &Row) -> &str {
    let asked = row.columns.iter().any(|column| column == "meter");
    row.or("meter", if asked { "" } else { "M1" })
}

/// An answer in the words of the files.
fn words(receipt: &Receipt) -> String {
    if !receipt.accepted {
        return "refused".into();
    }
    let counts = [("stored", receipt.stored), ("duplicates", receipt.duplicates), ("replaced", receipt.replaced)];
    let counts = counts.iter().filter(|(_, count)| 0 < *count).map(|(word, count)| format!("{word} {count}"));
    let is_named = |code: &str| code.starts_with('V') || code == "csv.order";
    let rules = receipt.findings.iter().filter(|finding| is_named(&finding.code)).map(|finding| {
        match finding.severity.as_str() {
            "error" => format!("waits {} {}", finding.code, receipt.quarantined + receipt.malformed),
            _ => format!("told {}", finding.code),
        }
    });
    let repeated = receipt.repeated.then(|| "first answer".to_owned());
    repeated.into_iter().chain(counts).chain(rules).collect::<Vec<_>>().join("; ")
}

#[test]
fn one_message_is_answered_as_the_vectors_say() {
    // covers: V01, V02, V03, V04, V05, V06, V07, V08, V10, V11, V12, V13, V14, V15, V16, V17
    for file in [
        "v01_point_exists",
        "v02_sender",
        "v03_connection_state",
        "v04_inactive",
        "v05_type",
        "v06_unit",
        "v07_interval_length",
        "v08_period",
        "v10_number",
        "v11_quality",
        "v12_duplicate_payload",
        "v13_sibling_channels",
        "v14_meter",
        "v15_channel_count",
        "v16_complete",
        "v17_future",
    ] {
        for row in rows(&golden().join(file).with_extension("csv")) {
            let mut station = Station::of(&row);
            if let Some(before) = row.get("before") {
                station.send("HES-1", &message(&row, before));
            }
            let values = row.get("values").expect("values");
            let receipt = station.send(row.or("source", "HES-1"), &message(&row, values));
            assert_eq!(words(&receipt), row.or("answer", ""), "{file}, {}: {:?}", row.or("case", ""), receipt.findings);
        }
    }
}

#[test]
fn v09_count_and_order() {
    // covers: V09
    for row in rows(&golden().join("v09_count_and_order.csv")) {
        let mut text = String::from("usage_point_id,channel,uom,start,end,value\n");
        for line in row.get("message").expect("a message").split(" / ") {
            let (start, value) = line.split_once('|').expect("moment and value");
            let end = instant(start) + SignedDuration::from_mins(15);
            text += &format!("N1,E1,kWh,{start},{end},{value}\n");
        }
        let receipt = Station::of(&row).send("HES-1", &text);
        assert_eq!(words(&receipt), row.or("answer", ""), "{}: {:?}", row.or("case", ""), receipt.findings);
        let told = receipt.findings.iter().filter(|finding| finding.code == "V09");
        let lines: Vec<String> =
            told.inspect(|told| assert_eq!(told.field, "start")).map(|told| told.line.to_string()).collect();
        assert_eq!(lines.join(" "), row.or("lines", ""), "{}", row.or("case", ""));
    }
}

#[test]
fn v18_every_message_reaches_a_final_state() {
    // covers: V18
    for row in rows(&golden().join("v18_final_state.csv")) {
        let bytes = row.or("message", "").replace(" / ", "\n").replace('|', ",");
        let mut station = Station::of(&row);
        let first = station.send("HES-1", &bytes);
        assert_eq!(words(&first), row.or("answer", ""), "{}: {:?}", row.or("case", ""), first.findings);
        assert_eq!(station.waits(), !first.accepted || 0 < first.quarantined, "{}", row.or("case", ""));
        let again = station.send("HES-1", &bytes);
        assert!(again.repeated, "{}", row.or("case", ""));
        assert_eq!(Receipt { repeated: false, ..again }, first, "{}", row.or("case", ""));
    }
}
