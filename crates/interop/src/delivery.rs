//! All deliveries: one courier for each active subscription, begun and ended as the registry says.
//!
//! The registry is asked again and again, so that a subscription added, changed, paused or removed by another
//! process takes effect here; and a courier that ended with an error is begun again.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use store::readings::ReadingsBook;
use store::registry::Registry;
use store::registry::subscription::{Subscription, SubscriptionId, SubscriptionState};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::courier::{Courier, News, Office, Signals};
use crate::engine::Retry;
use crate::message::Noun;
use crate::post::chain;

/// The name of an installation in its messages, unless it has another.
pub const SOURCE: &str = "amity";
/// How long the watcher of the book waits at most before it looks whether all is ending.
const WATCH_TIMEOUT: Duration = Duration::from_millis(200);

/// How deliveries are made.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name of this installation, the `Source` of messages.
    pub source: String,
    /// How long to wait after failures.
    pub retry: Retry,
    /// How long a subscriber may take to answer.
    pub request_timeout: Duration,
    /// How soon a change of the subscriptions takes effect, and something that was told of determinants is seen.
    pub reload: Duration,
    /// What this installation tells; one that only collects tells of no determinants (decision X-01).
    pub nouns: Vec<Noun>,
    /// The clock.
    pub now: fn() -> Timestamp,
}

impl Default for Config {
    #[expect(clippy::disallowed_methods, reason = "deliveries are a driver, and this is their clock seam")]
    fn default() -> Self {
        Self {
            source: SOURCE.into(),
            retry: Retry::default(),
            request_timeout: Duration::from_secs(30),
            reload: Duration::from_secs(2),
            nouns: vec![Noun::MeterReading, Noun::BillingDeterminant],
            now: Timestamp::now,
        }
    }
}

/// Why deliveries do not run.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The system gave no thread.
    #[error("could not start the thread that watches the readings book")]
    Thread(#[source] std::io::Error),
}

/// Running deliveries.
#[derive(Debug)]
pub struct Delivery {
    stop: watch::Sender<bool>,
    supervisor: JoinHandle<()>,
    watcher: thread::JoinHandle<()>,
}

impl Delivery {
    /// Begins deliveries to every active subscriber of the registry; within a Tokio runtime.
    ///
    /// # Errors
    /// [`DeliveryError`].
    pub fn start(config: Config, book: Arc<ReadingsBook>, registry: Registry) -> Result<Self, DeliveryError> {
        let (tell, readings) = watch::channel(book.sequence());
        let (told, determinants) = watch::channel(0);
        let watched = Arc::clone(&book);
        let watch = move || {
            // The couriers hold the other ends.
            while !tell.is_closed() {
                let last = watched.wait_beyond(*tell.borrow(), WATCH_TIMEOUT);
                tell.send_if_modified(|known| std::mem::replace(known, last) != last);
            }
        };
        let watcher = thread::Builder::new().name("feed watcher".into()).spawn(watch).map_err(DeliveryError::Thread)?;
        let (stop, stopped) = watch::channel(false);
        let office = Arc::new(Office::new(config, book, registry));
        let news = News { readings, determinants };
        let supervisor = tokio::spawn(Couriers { office, told, news, running: HashMap::new() }.supervise(stopped));
        Ok(Self { stop, supervisor, watcher })
    }

    /// Ends all deliveries; a message under way is sent again after the next start.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if let Err(error) = self.supervisor.await {
            warn!(error = chain(&error), "the supervisor of deliveries ended early");
        }
        // It ends within its timeout; a panic in it has been printed.
        let _ = tokio::task::spawn_blocking(move || self.watcher.join()).await;
    }
}

/// The couriers that run.
struct Couriers {
    office: Arc<Office>,
    /// Where the number of the last message about determinants is told.
    told: watch::Sender<u64>,
    news: News,
    running: HashMap<SubscriptionId, Running>,
}

struct Running {
    subscription: Subscription,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Couriers {
    async fn supervise(mut self, mut stopped: watch::Receiver<bool>) {
        loop {
            match self.office.registry.subscriptions().all().await {
                Ok(subscriptions) => self.reconcile(subscriptions).await,
                Err(error) => warn!(error = chain(&error), "could not read the subscriptions"),
            }
            match self.office.registry.determinants().last_message().await {
                Ok(last) => drop(self.told.send_if_modified(|known| std::mem::replace(known, last) != last)),
                Err(error) => warn!(error = chain(&error), "could not read what was told of determinants"),
            }
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(self.office.config.reload) => {}
            }
        }
        self.reconcile(Vec::new()).await;
    }

    /// Ends couriers whose subscription is gone, changed or not active, and begins those that are missing.
    async fn reconcile(&mut self, subscriptions: Vec<Subscription>) {
        let active = subscriptions.into_iter().filter(|subscription| subscription.state == SubscriptionState::Active);
        let wanted: HashMap<_, _> = active.map(|subscription| (subscription.id, subscription)).collect();
        let is_unwanted = |_: &SubscriptionId, running: &mut Running| {
            running.task.is_finished() || wanted.get(&running.subscription.id) != Some(&running.subscription)
        };
        for (_, unwanted) in self.running.extract_if(is_unwanted).collect::<Vec<_>>() {
            unwanted.stop.send_replace(true);
            if let Err(error) = unwanted.task.await {
                warn!(subscriber = unwanted.subscription.name, error = chain(&error), "deliveries ended early");
            }
        }
        for (id, subscription) in wanted {
            self.running.entry(id).or_insert_with(|| {
                let (stop, stopped) = watch::channel(false);
                let signals = Signals { news: self.news.clone(), stop: stopped };
                let courier = Courier::deliver(Arc::clone(&self.office), subscription.clone(), signals);
                Running { subscription, stop, task: tokio::spawn(courier) }
            });
        }
    }
}
