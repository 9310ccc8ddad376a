//! A small installation: a readings book, a registry with two channels, and subscribers.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use interop::engine::Retry;
use interop::message::Filter;
use interop::subscribers::{self, NewSubscription, Start};
use interop::{Config, Delivery};
use jiff::Timestamp;
use jiff::civil::date;
use model::id::{ChannelNumber, Name};
use model::quantity::Decimal;
use store::disk::RealDisk;
use store::readings::{Batch, Cursor, DayRun, ReadingsBook};
use store::registry::Registry;
use store::registry::channel::ChannelEntry;
use store::registry::subscription::{DeliveryState, PayloadFormat, Reach, Subscription, SubscriptionState};
use tempfile::TempDir;

/// The example secret of the Standard Webhooks reference libraries.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// 2024-05-01T00:00+10:00, the start of the first day of the tests.
pub const MAY_1: i64 = 1_714_485_600;
/// How long a test waits for what must happen; far more than it takes.
const LIMIT: Duration = Duration::from_secs(60);

pub struct World {
    pub book: Arc<ReadingsBook>,
    pub registry: Registry,
    pub config: Config,
    folder: TempDir,
    batches: AtomicU8,
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = store::readings::Config { background: false, ..Default::default() };
        let (book, _) =
            ReadingsBook::open(Arc::new(RealDisk), &folder.path().join("readings"), settings).expect("a book");
        let url = format!("sqlite:{}", folder.path().join("registry.db").display());
        let registry = Registry::open(&url).await.expect("a registry");
        registry.channels().register(&[interval_entry("E1"), interval_entry("B1")]).await.expect("registered");
        std::fs::write(folder.path().join("secret"), SECRET).expect("written");
        let config = Config {
            retry: Retry { first: Duration::from_millis(4), longest: Duration::from_millis(20) },
            request_timeout: Duration::from_secs(20),
            reload: Duration::from_millis(10),
            ..Config::default()
        };
        Self { book: Arc::new(book), registry, config, folder, batches: AtomicU8::new(0) }
    }

    pub fn secret_file(&self) -> PathBuf {
        self.folder.path().join("secret")
    }

    pub fn start(&self) -> Delivery {
        Delivery::start(self.config.clone(), Arc::clone(&self.book), self.registry.clone()).expect("started")
    }

    /// A description of a subscriber that is told everything from the beginning.
    pub fn described(&self, name: &str, address: &str, format: PayloadFormat) -> NewSubscription {
        NewSubscription {
            name: name.into(),
            address: address.into(),
            reach: Reach::Private,
            format,
            secret: format!("file:{}", self.secret_file().display()),
            filter: Filter::default(),
            start: Start::After(Cursor::default()),
        }
    }

    pub async fn subscribe(&self, name: &str, address: &str, format: PayloadFormat) -> Subscription {
        self.subscribe_as(&self.described(name, address, format)).await
    }

    pub async fn subscribe_as(&self, described: &NewSubscription) -> Subscription {
        subscribers::add(&self.registry, described, Timestamp::UNIX_EPOCH).await.expect("subscribed")
    }

    /// Stores values (Wh) of quarter-hours of the first day, in a batch of its own.
    pub fn store(&self, channel: u32, first: u16, values: &[i64]) {
        self.append(|batch| push(batch, channel, first, values));
    }

    pub fn append(&self, fill: impl FnOnce(&mut Batch)) {
        let key = self.batches.fetch_add(1, Ordering::Relaxed);
        let mut batch = Batch::new("HES-1", [key; 32], i64::from(key));
        fill(&mut batch);
        self.book.append(batch).expect("stored");
    }

    /// Waits until the registry says what it must of a subscriber's deliveries.
    pub async fn until(&self, subscription: &Subscription, holds: impl Fn(&DeliveryState) -> bool) -> DeliveryState {
        let state = async || self.registry.subscriptions().delivery(subscription.id).await.expect("known");
        until(state, holds).await
    }

    /// Waits until a subscription is in a state.
    pub async fn until_state(&self, name: &str, wanted: SubscriptionState) {
        let state = async || self.registry.subscriptions().by_name(name).await.expect("known").state;
        until(state, |state| *state == wanted).await;
    }
}

async fn until<T>(ask: impl AsyncFn() -> T, holds: impl Fn(&T) -> bool) -> T {
    let waiting = async {
        loop {
            let answer = ask().await;
            if holds(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, waiting).await.expect("the state is reached")
}

pub fn push(batch: &mut Batch, channel: u32, first: u16, values: &[i64]) {
    let run = DayRun {
        channel: ChannelNumber(channel),
        date: date(2024, 5, 1),
        day_start: MAY_1,
        slots: 96,
        slot_seconds: 900,
        first,
        values,
        qualities: &[],
        revision: None,
    };
    batch.push_run(&run).expect("a valid run");
}

/// Quarter-hour kWh, kept in Wh, on Queensland time, which has no daylight saving.
pub fn interval_entry(suffix: &str) -> ChannelEntry {
    ChannelEntry {
        usage_point: Name { authority: "AEMO".into(), kind: "NMI".into(), value: "NEM1201009".into() },
        meter: Some(Name::new("SerialNumber", "METSER123")),
        meter_from: None,
        suffix: suffix.into(),
        reading_type: "0.0.2.4.1.1.12.0.0.0.0.0.0.0.0.3.72.0".parse().expect("a reading type"),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(900),
        zone: "Australia/Brisbane".into(),
    }
}
