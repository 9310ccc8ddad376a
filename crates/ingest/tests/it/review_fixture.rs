//! Books with known readings, validated with the standard plan, and the people who review them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use ingest::determinants::Role;
use ingest::placement::zone_of;
use ingest::plans::LivePlans;
use ingest::review::{Decisions, Policy, Refusal, ReviewError};
use ingest::{Determinants, Review, validation};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use model::id::{ChannelNumber, Name};
use model::quality::{Quality, Status};
use model::quantity::Decimal;
use model::review::{
    Accept, AskExceptions, Decide, Edit, EditedValue, Exception, ExplainedValue, Explanation, Propose,
};
use model::time::LocalDay;
use store::disk::RealDisk;
use store::readings::{Batch, Config, DayRun, NO_VALUE, ReadingsBook, RegisterEntry};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::review::Verdict;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vee::Plan;

/// The day that everything happens on.
pub const NIGHT: Date = date(2026, 3, 1);

/// A utility with hourly channels `UP-0/E1`, `UP-1/E1` and on, in Wh, of one zone.
pub struct Utility {
    pub review: Review,
    pub book: Arc<ReadingsBook>,
    pub registry: Registry,
    pub zone: &'static str,
    pub length: u32,
    pub plans: Arc<LivePlans>,
    clock: Cell<Timestamp>,
    batches: Cell<u16>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Utility {
    pub fn with_channels(count: u32) -> Self {
        Self::of(count, "UTC", 3600, Policy::default())
    }

    /// One hourly channel of UTC, with a meter from an hour of a date on.
    pub fn with_meter_since(date: Date, hour: i64) -> Self {
        let utility = Self::with_channels(0);
        let (meter, from) = (Some(Name::new("Meter", "M-1")), Some(utility.at(date, hour)));
        let entry = ChannelEntry { meter, meter_from: from, ..hourly(0, "UTC", 3600) };
        utility.ask(utility.registry.channels().register(&[entry]));
        utility
    }

    pub fn of(count: u32, zone: &'static str, length: u32, policy: Policy) -> Self {
        Self::built(count, (zone, length), policy, &Plan::standard())
    }

    /// Hourly channels of UTC that this plan judges.
    pub fn with_plan(count: u32, plan: &Plan) -> Self {
        Self::built(count, ("UTC", 3600), Policy::default(), plan)
    }

    /// As [`Utility::of`], judged by this plan.
    pub fn judged_by(plan: &Plan, zone: &'static str, length: u32) -> Self {
        Self::built(1, (zone, length), Policy::default(), plan)
    }

    fn built(count: u32, (zone, length): (&'static str, u32), policy: Policy, plan: &Plan) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runtime = Runtime::new().expect("a runtime");
        let path = folder.path().join("readings");
        let (book, _) = ReadingsBook::open(Arc::new(RealDisk), &path, book_config()).expect("a new book");
        let url = format!("sqlite:{}", folder.path().join("registry.sqlite").display());
        let registry = runtime.block_on(Registry::open(&url)).expect("a new registry");
        let entries: Vec<_> = (0..count).map(|number| hourly(number, zone, length)).collect();
        runtime.block_on(registry.channels().register(&entries)).expect("registered");
        let (book, plans) = (Arc::new(book), Arc::new(LivePlans::new(registry.clone(), plan.clone())));
        let handle = runtime.handle().clone();
        let review = Review::new(Arc::clone(&book), registry.clone(), Arc::clone(&plans), policy, handle);
        let clock = Cell::new("2026-03-02T06:00:00Z".parse().expect("an instant"));
        let batches = Cell::new(0);
        Self { review, book, registry, zone, length, plans, clock, batches, runtime, _folder: folder }
    }

    /// A minute later than the last time.
    pub fn now(&self) -> Timestamp {
        let now = self.clock.get() + SignedDuration::from_mins(1);
        self.clock.set(now);
        now
    }

    /// A register of daily amounts beside channel 0.
    pub fn register(&self) -> ChannelNumber {
        self.register_of("D1", "11.0.0.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0")
    }

    /// A register that goes on counting, beside channel 0.
    pub fn counter(&self) -> ChannelNumber {
        self.register_of("R1", "0.0.0.1.1.1.12.0.0.0.0.0.0.0.0.3.72.0")
    }

    /// A register that counts in one time-of-use bucket, beside channel 0.
    pub fn bucket(&self, suffix: &str, tou: u16) -> ChannelNumber {
        self.register_of(suffix, &format!("0.0.0.1.1.1.12.0.0.0.0.{tou}.0.0.0.3.72.0"))
    }

    fn register_of(&self, suffix: &str, reading_type: &str) -> ChannelNumber {
        let entry = ChannelEntry {
            suffix: suffix.into(),
            reading_type: reading_type.parse().expect("a reading type"),
            interval_seconds: None,
            ..hourly(0, self.zone, self.length)
        };
        self.ask(self.registry.channels().register(&[entry])).first().expect("registered").number
    }

    /// Waits for an answer of the registry.
    pub fn ask<T>(&self, question: impl Future<Output = Result<T, store::registry::RegistryError>>) -> T {
        self.wait(question).expect("answered")
    }

    /// Waits for an answer.
    pub fn wait<T>(&self, question: impl Future<Output = T>) -> T {
        self.runtime.block_on(question)
    }

    fn day(&self, date: Date) -> LocalDay {
        LocalDay::of(date, &zone_of(self.zone).expect("a zone")).expect("in range")
    }

    /// Where a slot of a day begins.
    pub fn at(&self, date: Date, slot: i64) -> Timestamp {
        self.day(date).range.start + SignedDuration::from_secs(slot * i64::from(self.length))
    }

    /// Values arrive: `_` is none; a text of one cell is every slot of the day.
    pub fn arrive(&self, channel: u32, date: Date, first: u16, values: &str) {
        let day = self.day(date);
        let slots = day.slots(self.length).expect("whole slots");
        match values.split_whitespace().collect::<Vec<_>>()[..] {
            [one] if first == 0 => {
                let values = vec![one; slots.into()].join(" ");
                self.arrive_from(channel, (date, day.range.start), first, &values);
            }
            _ => self.arrive_from(channel, (date, day.range.start), first, values),
        }
    }

    /// A day of one value arrives, of which the source says what it is.
    pub fn arrive_as(&self, channel: u32, date: Date, value: &str, status: Status) {
        let quality = self.book.quality_id(&Quality { status, ..Quality::default() });
        let day = self.day(date);
        let slots = day.slots(self.length).expect("whole slots");
        let values = vec![value.parse().expect("a number"); slots.into()];
        let (channel, day_start, slot_seconds) = (ChannelNumber(channel), day.range.start.as_second(), self.length);
        let (values, qualities) = (&values[..], &[(0, slots, quality)][..]);
        let run = DayRun { channel, date, day_start, slots, slot_seconds, first: 0, values, qualities, revision: None };
        let mut batch = self.batch();
        batch.push_run(&run).expect("a run");
        self.book.append(batch).expect("stored");
    }

    /// Values of a day that begins at an instant arrive, from a slot on.
    pub fn arrive_from(&self, channel: u32, day: (Date, Timestamp), first: u16, values: &str) {
        self.run_arrives(channel, day, (first, values), None);
    }

    /// Values that their source revised at an instant arrive.
    pub fn arrive_revised(&self, channel: u32, date: Date, (first, values): (u16, &str), revised: Timestamp) {
        let start = self.day(date).range.start;
        self.run_arrives(channel, (date, start), (first, values), Some(revised.as_second()));
    }

    fn run_arrives(
        &self,
        channel: u32,
        (date, start): (Date, Timestamp),
        (first, values): (u16, &str),
        revision: Option<i64>,
    ) {
        let slots = self.day(date).slots(self.length).expect("whole slots");
        let values: Vec<i64> = values.split_whitespace().map(|cell| cell.parse().unwrap_or(NO_VALUE)).collect();
        let day_start = start.as_second();
        let channel = ChannelNumber(channel);
        let slot_seconds = self.length;
        let run =
            DayRun { channel, date, day_start, slots, slot_seconds, first, values: &values, qualities: &[], revision };
        let mut batch = self.batch();
        batch.push_run(&run).expect("a run");
        self.book.append(batch).expect("stored");
    }

    /// The amount of a whole day arrives.
    pub fn amount(&self, register: ChannelNumber, date: Date, value: i64) {
        let range = self.day(date).range;
        self.read(register, range.end.as_second(), Some(range.start.as_second()), value);
    }

    /// What a counter showed at the beginning and the end of a local day.
    pub fn counts(&self, register: ChannelNumber, date: Date, from: i64, to: i64) {
        let range = self.day(date).range;
        self.read(register, range.start.as_second(), None, from);
        self.read(register, range.end.as_second(), None, to);
    }

    /// The source reports that a counter could not be read at the beginning of a local day.
    pub fn no_count(&self, register: ChannelNumber, date: Date) {
        self.register_read(register, self.day(date).range.start.as_second(), None, None);
    }

    /// A read of a register arrives; an amount where its period begins somewhere.
    pub fn read(&self, channel: ChannelNumber, at: i64, period_start: Option<i64>, value: i64) {
        self.register_read(channel, at, period_start, Some(value));
    }

    fn register_read(&self, channel: ChannelNumber, at: i64, period_start: Option<i64>, value: Option<i64>) {
        let entry = RegisterEntry { channel, at, period_start, value, quality: Default::default(), revision: None };
        let mut batch = self.batch();
        batch.push_register(&entry).expect("a register read");
        self.book.append(batch).expect("stored");
    }

    fn batch(&self) -> Batch {
        let number = self.batches.get() + 1;
        self.batches.set(number);
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_le_bytes());
        key[2] = 1;
        Batch::new("HES-1", key, self.now().as_microsecond())
    }

    /// Validates days as intake does after it took a message, and brings the queue up to date.
    pub fn validate(&self, days: &[(u32, Date)]) {
        let _ = self.run(days);
        self.review.follow(self.now()).expect("followed");
    }

    /// Validates days; nobody follows.
    pub fn run(&self, days: &[(u32, Date)]) -> validation::Report {
        let stamp = validation::stamp(&self.book, self.now());
        let mut days: BTreeSet<_> = days.iter().map(|(channel, date)| (ChannelNumber(*channel), *date)).collect();
        let directory = self.ask(self.registry.directory());
        let plans = self.wait(self.plans.now()).expect("a book of plans");
        let decisions = self.ask(Decisions::of(&self.registry, &directory, &days, &plans));
        validation::run(&self.book, &directory, &plans, &decisions, &mut days, stamp, &mut |_| {}).expect("validated")
    }

    /// The same after the program ended at once and was started again.
    pub fn reopened(self) -> Self {
        let Self { review, book, registry, zone, length, plans, clock, batches, runtime, _folder } = self;
        drop((review, book));
        let path = _folder.path().join("readings");
        let (book, _) = ReadingsBook::open(Arc::new(RealDisk), &path, book_config()).expect("the book");
        let (book, handle) = (Arc::new(book), runtime.handle().clone());
        let review = Review::new(Arc::clone(&book), registry.clone(), Arc::clone(&plans), Policy::default(), handle);
        Self { review, book, registry, zone, length, plans, clock, batches, runtime, _folder }
    }

    /// Seals every day and flips a bit in what is stored of a date.
    pub fn damage(&self, date: Date) {
        self.book.seal(Date::MAX).expect("sealed");
        let folder = self._folder.path().join("readings/segments");
        let is_of_date =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&date.to_string()));
        let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let [path] = &files.filter(is_of_date).collect::<Vec<_>>()[..] else { panic!("one file of {date}") };
        let mut bytes = std::fs::read(path).expect("readable");
        // Behind 8 bytes of magic and the head of the first block.
        bytes[20] ^= 1;
        std::fs::write(path, bytes).expect("written");
    }

    /// Lets time go on to an instant.
    pub fn wait_until(&self, instant: &str) {
        self.clock.set(instant.parse().expect("an instant"));
    }

    /// Validates what is due; answers how many days that were, and how many wait.
    pub fn validate_due(&self) -> (u64, u64) {
        let clock = || self.now();
        let mut report = self.review.validate_received(&clock, &mut |_| {}).expect("validated");
        report += self.review.validate_ended(&clock, &mut |_| {}).expect("swept");
        (report.days, report.waiting)
    }

    /// Review after a restart of the program.
    pub fn restarted(&self) -> Review {
        let handle = self.runtime.handle().clone();
        let (book, plans) = (Arc::clone(&self.book), Arc::clone(&self.plans));
        Review::new(book, self.registry.clone(), plans, Policy::default(), handle)
    }

    /// Determinants over the same books, in an installation of a role.
    pub fn determinants(&self, role: Role) -> Determinants {
        Determinants::new(Arc::clone(&self.book), self.registry.clone(), role, self.runtime.handle().clone())
    }

    pub fn exceptions(&self) -> Vec<Exception> {
        let asked = AskExceptions { limit: Some(1000), ..AskExceptions::default() };
        self.review.exceptions(&asked).expect("listed").exceptions
    }

    /// Rule and state of every exception: `V30 open, V31 accepted`.
    pub fn states(&self) -> String {
        let one = |exception: &Exception| format!("{} {}", exception.rule, exception.state);
        self.exceptions().iter().map(one).collect::<Vec<_>>().join(", ")
    }

    pub fn explained(&self, channel: u32) -> Explanation {
        self.review.explain(&channel.to_string(), NIGHT, self.now()).expect("explained")
    }

    /// The final values of slots of the night: `-` where there is none.
    pub fn finals(&self, channel: u32, from: usize, to: usize) -> String {
        let one = |value: &ExplainedValue| value.last.clone().unwrap_or_else(|| "-".into());
        self.explained(channel).values[from..to].iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// Proposes values for the slots of the night from `first` on.
    pub fn propose(&self, by: &str, first: i64, values: &str) -> Result<u64, ReviewError> {
        self.propose_on(NIGHT, by, first, values)
    }

    /// One person proposes values for the slots of a date from `first` on, and another approves them; whether that was allowed.
    pub fn decide(&self, date: Date, first: i64, values: &str) -> bool {
        let Ok(act) = self.propose_on(date, "Ada", first, values) else { return false };
        self.review.decide(act, Verdict::Approve, &word("Ben"), self.now()).is_ok()
    }

    fn propose_on(&self, date: Date, by: &str, first: i64, values: &str) -> Result<u64, ReviewError> {
        let values = (first..).zip(values.split_whitespace());
        let values = values.map(|(slot, value)| EditedValue { start: self.at(date, slot), value: value.into() });
        let edits = vec![Edit { channel: "UP-0/E1".into(), values: values.collect() }];
        let (note, key) = ("from the visit".into(), None);
        let asked = Propose { edits, method: "values".into(), reason: "meter-fault".into(), note, by: by.into(), key };
        self.review.propose(&asked, self.now()).map(|state| state.act)
    }
}

/// Feed files are given up at once, so that sealing days makes a follower come too late.
fn book_config() -> Config {
    Config { feed_bytes: 1, background: false, ..Config::default() }
}

pub fn hourly(number: u32, zone: &str, length: u32) -> ChannelEntry {
    ChannelEntry {
        usage_point: Name::new("UsagePoint", format!("UP-{number}")),
        meter: None,
        meter_from: None,
        suffix: "E1".into(),
        reading_type: "0.0.7.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(length),
        zone: zone.into(),
    }
}

pub fn accept(exceptions: &[Exception], by: &str) -> Accept {
    Accept {
        exceptions: exceptions.iter().map(|exception| exception.id).collect(),
        by: by.into(),
        reason: "communication".into(),
        note: "collector 7 was replaced".into(),
        key: None,
    }
}

pub fn word(by: &str) -> Decide {
    Decide { by: by.into(), note: String::new() }
}

#[track_caller]
pub fn refused<T: std::fmt::Debug>(answer: Result<T, ReviewError>) -> Refusal {
    match answer.expect_err("refused") {
        ReviewError::Refused(refusal) => refusal,
        error => panic!("{error:?}"),
    }
}
