//! A small installation with known readings, and one request at a time to it.

use std::sync::{Arc, Mutex};

use api::{Answer, Corrected, Correction, Intake, IntakeError, Otherwise, Receipt, Replayed, State, Upload, Why};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use ingest::determinants::Role;
use ingest::plans::LivePlans;
use ingest::review::Policy;
use ingest::{Determinants, Review};
use jiff::Timestamp;
use jiff::civil::date;
use model::id::{ChannelNumber, Name};
use model::lineage::{Direction, ExceptionSeverity, FinalDay, FinalValue, RuleFailure};
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::review::Reason;
use serde_json::{Value, json};
use store::disk::{Disk, RealDisk};
use store::events::EventsBook;
use store::readings::{Batch, Config, DayRun, NO_VALUE, ReadingsBook, RegisterEntry};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::quarantine::{QuarantineEntry, QuarantineItem};
use tempfile::TempDir;
use tower::ServiceExt as _;
use vee::Plan;

pub const HOUR: i64 = 3600;

/// 2024-11-03 in Toronto, the day of 25 hours, begins at 04:00Z (standards: the zone database).
pub const LONG_DAY: i64 = 1_730_606_400;

/// An answer in full.
pub struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
    pub text: String,
}

/// What the double of the way in was given.
#[derive(Default)]
pub struct Taken {
    pub uploads: Vec<Upload>,
    pub replayed: Vec<u64>,
    pub otherwise: Otherwise,
    pub corrections: Vec<Correction>,
    pub dropped: Vec<(Vec<u64>, Why)>,
    /// What the next upload is refused with.
    pub refusal: Option<IntakeError>,
    /// Whether the next upload is never answered.
    pub stalls: bool,
}

#[derive(Clone, Default)]
pub struct DoubleIntake(pub Arc<Mutex<Taken>>);

impl Intake for DoubleIntake {
    fn receive(&self, upload: Upload) -> Answer<Receipt> {
        let mut taken = self.0.lock().expect("not poisoned");
        let accepted = upload.bytes.starts_with(b"good");
        let told = json!({ "accepted": accepted, "stored": upload.bytes.len() });
        taken.uploads.push(upload);
        if std::mem::take(&mut taken.stalls) {
            return Box::pin(std::future::pending());
        }
        let answer = match taken.refusal.take() {
            Some(refusal) => Err(refusal),
            None => Ok(Receipt { accepted, told }),
        };
        Box::pin(async move { answer })
    }

    fn receive_events(&self, upload: Upload) -> Answer<Receipt> {
        self.receive(upload)
    }

    fn replay(&self, items: Vec<u64>, otherwise: Otherwise) -> Answer<Replayed> {
        self.0.lock().expect("not poisoned").otherwise = otherwise;
        let kept = items.len() as u64;
        self.0.lock().expect("not poisoned").replayed.extend(items);
        Box::pin(async move { Ok(Replayed { released: 0, kept, stored: 0 }) })
    }

    fn correct(&self, correction: Correction) -> Answer<Corrected> {
        let told = json!({ "stored": correction.bytes.len() });
        self.0.lock().expect("not poisoned").corrections.push(correction);
        Box::pin(async move { Ok(Corrected { closed: 1, told }) })
    }

    fn decide_against(&self, items: Vec<u64>, why: Why) -> Answer<u64> {
        let count = items.len() as u64;
        let mut taken = self.0.lock().expect("not poisoned");
        taken.dropped.push((items, why));
        let answer = match taken.refusal.take() {
            Some(refusal) => Err(refusal),
            None => Ok(count),
        };
        Box::pin(async move { answer })
    }

    fn drop_reasons(&self) -> &'static [Reason] {
        &[Reason { code: "mistake", words: "sent by mistake" }]
    }

    fn record(&self, item: &QuarantineItem) -> Answer<Value> {
        let told = json!({ "line": item.entry.line, "text": "300,2026", "bytes": 8, "is_cut": false });
        Box::pin(async move { Ok(told) })
    }
}

pub struct Installation {
    pub router: Router,
    pub intake: DoubleIntake,
    pub review: Arc<Review>,
    pub determinants: Arc<Determinants>,
    pub book: Arc<ReadingsBook>,
    pub events: EventsBook,
    pub registry: Registry,
    _folder: TempDir,
}

impl Installation {
    /// Books without anything in them.
    pub async fn empty() -> Self {
        Self::of_role(Role::Repository).await
    }

    /// As [`Installation::empty`], of a role.
    pub async fn of_role(role: Role) -> Self {
        Self::built(Arc::new(RealDisk), role).await
    }

    /// As [`Installation::empty`], with its readings on this disk.
    pub async fn on(disk: Arc<dyn Disk>) -> Self {
        Self::built(disk, Role::Repository).await
    }

    async fn built(disk: Arc<dyn Disk>, role: Role) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path();
        let (book, _) = ReadingsBook::open(disk, &path.join("readings"), Config::default()).expect("a new book");
        let url = format!("sqlite:{}", path.join("registry.sqlite").display());
        let registry = Registry::open(&url).await.expect("a new registry");
        let url = format!("sqlite:{}", path.join("events.sqlite").display());
        let events = EventsBook::open(&url).await.expect("a new book of events");
        let (book, intake) = (Arc::new(book), DoubleIntake::default());
        let plans = Arc::new(LivePlans::new(registry.clone(), Plan::standard()));
        let runtime = tokio::runtime::Handle::current();
        let review =
            Review::new(book.clone(), registry.clone(), Arc::clone(&plans), Policy::default(), runtime.clone());
        let determinants = Arc::new(Determinants::new(book.clone(), registry.clone(), role, runtime));
        let review = Arc::new(review);
        let router = api::router(State {
            head_ends: Vec::new(),
            pushers: Arc::new(pushers()),
            collection: ingest::collection::Rules::default(),
            daily_report: Default::default(),
            on_demand: store::registry::order::Schedule::on_demand(),
            zone: jiff::tz::TimeZone::UTC,
            readings: Arc::clone(&book),
            events: events.clone(),
            feeds: ingest::Feeds::default(),
            feeder_rules: Default::default(),
            thresholds: Arc::default(),
            registry: registry.clone(),
            intake: Arc::new(intake.clone()),
            review: review.clone(),
            determinants: determinants.clone(),
            now: || "2024-11-10T12:00:00Z".parse().expect("an instant"),
            hosts: vec!["amity.example".into()],
            version: "0.0.0-test",
            message_bytes_max: 1024,
            plans,
        });
        Self { router, intake, review, determinants, book, events, registry, _folder: folder }
    }

    /// One meter with hourly kWh and its daily amounts, over 2024-11-02 (24 h), -03 (25 h) and -05 (24 h, half of it).
    ///
    /// Values are 1.000 kWh an hour; on the 25-hour day hour 3 is missing and estimated, hour 5 is a spike of 9 kWh.
    pub async fn with_a_meter() -> Self {
        let installation = Self::empty().await;
        installation.registry.channels().register(&[hourly(), daily()]).await.expect("registered");
        installation.fill();
        installation
    }

    fn fill(&self) {
        let mut batch = Batch::new("HES-1", [1; 32], micros("2024-11-06T01:00:00Z"));
        let missing = self.book.quality_id(&Quality { flag: "N".into(), ..Quality::of(Status::MISSING) });
        let hours = [1_000; 24];
        push_day(&mut batch, 2, LONG_DAY - 24 * HOUR, &hours, &[]);
        let mut long = [1_000; 25];
        (long[3], long[5]) = (NO_VALUE, 9_000);
        push_day(&mut batch, 3, LONG_DAY, &long, &[(3, 4, missing)]);
        let mut half = [NO_VALUE; 24];
        half[..12].fill(1_000);
        push_day(&mut batch, 5, LONG_DAY + 49 * HOUR, &half, &[]);
        // 24 kWh is right; 33 kWh is what the long day adds up to with the estimate of 1 kWh: 24 x 1 + 9.
        for (start, length, amount) in [(LONG_DAY - 24 * HOUR, 24, 2_400), (LONG_DAY, 25, 3_300)] {
            push_amount(&mut batch, start, length, amount);
        }
        batch.push_final(&long_day_decided()).expect("a final day");
        self.book.append(batch).expect("stored");
    }

    /// Brings the queue up to date with what is decided.
    pub async fn follow(&self) {
        let review = Arc::clone(&self.review);
        let followed = tokio::task::spawn_blocking(move || review.follow(Timestamp::UNIX_EPOCH));
        followed.await.expect("not cancelled").expect("followed");
    }

    /// Asks as a program on the same machine does.
    pub async fn get(&self, path: &str) -> Told {
        self.send(Request::get(path).header("host", "127.0.0.1:8480").body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Told {
        let request = Request::post(path).header("host", "localhost").header("content-type", content_type);
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub async fn send(&self, request: Request<Body>) -> Told {
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Told { status: parts.status, headers: parts.headers, body, text }
    }

    /// Puts items into quarantine.
    pub async fn quarantine(&self, codes: &[&str]) {
        let entry = |(item, code): (u32, &&str)| QuarantineEntry {
            batch: format!("hash-{}", item % 2),
            item,
            source: "HES-1".into(),
            raw: "raw".into(),
            line: 7,
            channel: format!("P{item}/E1"),
            code: (*code).into(),
            cause: String::new(),
            message: "meter is not in the registry".into(),
            advice: "add the meter, then replay".into(),
            finding: json!({ "name": "night.xml", "finding": { "field": "Meter" } }).to_string(),
        };
        let entries: Vec<_> = (0..).zip(codes).map(entry).collect();
        let at = "2024-11-06T01:00:00Z".parse().expect("an instant");
        self.registry.quarantine().add(&entries, at).await.expect("put away");
    }
}

pub fn micros(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("an instant").as_microsecond()
}

/// `HES-1` signs what it pushes with the secret of the published example.
fn pushers() -> api::Pushers {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().expect("a secret");
    let hook = interop::hook::Hook::new(interop::hook::Secrets::Given(vec![secret]), 300);
    let pusher = api::Pusher { hook, format: None, zone: Some("America/Toronto".into()) };
    api::Pushers::from([("HES-1".into(), pusher)])
}

pub fn hourly() -> ChannelEntry {
    ChannelEntry {
        usage_point: Name::new("UsagePoint", "UP-7"),
        meter: Some(Name::new("SerialNumber", "LG-4821")),
        meter_from: None,
        suffix: "E1".into(),
        reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(3600),
        zone: "America/Toronto".into(),
    }
}

fn daily() -> ChannelEntry {
    ChannelEntry {
        suffix: "D1".into(),
        reading_type: "11.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        quantum: -2,
        interval_seconds: None,
        ..hourly()
    }
}

fn push_day(
    batch: &mut Batch,
    day: i8,
    start: i64,
    values: &[i64],
    qualities: &[(u16, u16, store::readings::QualityId)],
) {
    let run = DayRun {
        channel: ChannelNumber(0),
        date: date(2024, 11, day),
        day_start: start,
        slots: u16::try_from(values.len()).expect("a day"),
        slot_seconds: 3600,
        first: 0,
        values,
        qualities,
        revision: None,
    };
    batch.push_run(&run).expect("a run");
}

fn push_amount(batch: &mut Batch, start: i64, hours: i64, value: i64) {
    let entry = RegisterEntry {
        channel: ChannelNumber(1),
        at: start + hours * HOUR,
        period_start: Some(start),
        value: Some(value),
        quality: store::readings::QualityId::default(),
        revision: None,
    };
    batch.push_register(&entry).expect("a register read");
}

/// Hour 3 estimated at 1 kWh; the spike of hour 5 failed V31 and stands.
fn long_day_decided() -> FinalDay {
    let value = |slot, value, status, method: &str| FinalValue {
        slot,
        value: Some(value),
        status,
        method: method.into(),
        inputs_hash: 0,
    };
    FinalDay {
        channel: ChannelNumber(0),
        date: date(2024, 11, 3),
        run: 12,
        decided_at: "2024-11-06T02:00:00Z".parse().expect("an instant"),
        plan_name: "residential".into(),
        plan_version: 1,
        status: Status::VALIDATED,
        values: vec![
            value(3, 1_000, Status::ESTIMATED | Status::INTERPOLATED, "E04"),
            value(5, 9_000, Status::FAILED, ""),
        ],
        failures: vec![RuleFailure {
            rule: "V31".into(),
            from: 5,
            to: 6,
            blocks: true,
            routed: true,
            severity: ExceptionSeverity::Medium,
            direction: Direction::TooHigh,
            evidence: "highest 9.000 kWh is 800 % above the third highest".into(),
        }],
    }
}
