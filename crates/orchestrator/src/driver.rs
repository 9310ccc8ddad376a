//! Asks what is due, head-end by head-end, and notes what became of it.
//!
//! Each head-end has a task of its own, so that one that is down holds up nobody else. A request is claimed in the ledger before
//! it is made and noted after: a crash between the two makes the same request again, which has no second effect.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use headend::{Accepted, Request, RequestKind, Trouble};
use jiff::Timestamp;
use smol_str::SmolStr;
use store::events::{EventsBook, EventsError};
use store::readings::ReadingsBook;
use store::registry::order::{Claimed, Note, Order, OrderEntry, OrderFilter, OrderKind, OrderReason, OrderState};
use store::registry::order::{Route, Schedule};
use store::registry::{Registry, RegistryError};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use uuid::Uuid;

use crate::evidence::{evidence, told_since};
use crate::order::{Answer, answered, reviewed};
use crate::{Config, Line};

/// How often the ledger is looked at for what is due, and for what people wait for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The most looks in a row that leave gaps out: where there are many, looking at them takes long, and nobody waits.
const LOOKS_WITHOUT_GAPS_MAX: u64 = 60;
/// Orders that are looked at together.
const PAGE: u32 = 1_000;

/// Asks head-ends for what the ledger has.
#[derive(Clone)]
pub struct Driver {
    registry: Registry,
    readings: Arc<ReadingsBook>,
    events: EventsBook,
    lines: Arc<BTreeMap<SmolStr, Line>>,
    config: Arc<Config>,
    clock: fn() -> Timestamp,
}

/// Why asking could not go on; it is tried again.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// The ledger.
    #[error("the ledger of orders cannot be used")]
    Registry(#[from] RegistryError),
    /// The readings book.
    #[error("the readings book cannot be read")]
    Readings(#[from] store::readings::Error),
    /// The events book.
    #[error("the events book cannot be read")]
    Events(#[from] EventsError),
    /// A review broke off.
    #[error("a review of orders broke off")]
    Panicked(#[from] JoinError),
}

/// A driver at work.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Driver {
    /// A driver over the books and the ways to the head-ends.
    pub fn new(
        (registry, readings, events): (Registry, Arc<ReadingsBook>, EventsBook),
        lines: BTreeMap<SmolStr, Line>,
        config: Config,
        clock: fn() -> Timestamp,
    ) -> Self {
        Self { registry, readings, events, lines: Arc::new(lines), config: Arc::new(config), clock }
    }

    /// Begins on the runtime of the caller: a task for each head-end, and one that holds orders against the books.
    pub fn start(self) -> Running {
        let (stop, stopped) = watch::channel(false);
        let ask = |head_end: &SmolStr| tokio::spawn(self.clone().ask_until_stopped(head_end.clone(), stopped.clone()));
        let mut tasks: Vec<_> = self.lines.keys().map(ask).collect();
        tasks.push(tokio::spawn(self.review_until_stopped(stopped)));
        Running::of(stop, tasks)
    }

    /// Asks one head-end for what is due there; answers whether anything was.
    ///
    /// # Errors
    /// [`DriverError`].
    pub async fn ask(&self, head_end: &str) -> Result<bool, DriverError> {
        let Some(line) = self.lines.get(head_end) else { return Ok(false) };
        let (id, limit) = (Uuid::new_v4().to_string(), self.config.devices_max);
        let claimed = self.registry.orders().claim(head_end, (self.clock)(), limit, &id).await?;
        let Some(Claimed { request, orders }) = claimed else { return Ok(false) };
        let Some(kind) = orders.first().map(|order| kind(&order.entry)) else { return Ok(false) };
        let devices = orders.iter().map(|order| order.entry.route.device.clone()).collect();
        match line.ask(Request { id: request, kind, devices }).await {
            // It was not asked: the same request is made again.
            None | Some(Err(Trouble::Busy(_) | Trouble::Down(_))) => Ok(false),
            Some(answer) => {
                let now = (self.clock)();
                let notes: Vec<_> = orders.iter().map(|order| self.noted(order, &answer, now)).collect();
                self.registry.orders().note(&notes, now).await?;
                Ok(true)
            }
        }
    }

    fn noted(&self, order: &Order, answer: &Result<Accepted, Trouble>, now: Timestamp) -> Note {
        let why = answer.as_ref().map_or_else(ToString::to_string, |_| String::new());
        let answer = match answer {
            Ok(Accepted { refused }) => {
                let refused = refused.iter().find(|(device, _)| *device == order.entry.route.device);
                refused.map_or(Answer::Accepted, |(_, why)| Answer::Device(why))
            }
            Err(_) => Answer::Request(&why),
        };
        answered(order, answer, self.schedule(order.entry.why), now)
    }

    /// Holds orders for a reason against the books and the clock; answers how many there are under way.
    ///
    /// # Errors
    /// [`DriverError`].
    pub async fn review(&self, why: OrderReason) -> Result<u64, DriverError> {
        let (mut after, mut looked_at) = (0, 0);
        loop {
            let orders = self.registry.orders().under_way(why, after, PAGE).await?;
            let Some(last) = orders.last() else { return Ok(looked_at) };
            (after, looked_at) = (last.id, looked_at + orders.len() as u64);
            let (book, now) = (Arc::clone(&self.readings), (self.clock)());
            let directory = self.registry.directory().await?;
            let mut told = BTreeMap::new();
            for order in orders.iter().filter(|order| order.entry.kind == OrderKind::Ping) {
                told.extend(told_since(&self.events, order).await?.map(|words| (order.id, words)));
            }
            let review = move || -> Result<Vec<Note>, store::readings::Error> {
                let review = |order: &Order| {
                    let evidence = evidence(&book, &directory, order)?.or_else(|| told.get(&order.id).cloned());
                    Ok(reviewed(order, evidence, now))
                };
                orders.iter().filter_map(|order| review(order).transpose()).collect()
            };
            let notes = spawn_blocking(review).await??;
            self.registry.orders().note(&notes, now).await?;
        }
    }

    /// Refuses open orders to sources that are no head-end of the settings; answers how many.
    ///
    /// # Errors
    /// [`DriverError`].
    pub async fn refuse_strangers(&self) -> Result<u64, DriverError> {
        let mut refused = 0;
        for count in self.registry.orders().counts().await? {
            if count.state != OrderState::Open || self.lines.contains_key(count.head_end.as_str()) {
                continue;
            }
            let (state, head_end) = (Some(OrderState::Open), Some(count.head_end));
            let filter = OrderFilter { state, head_end, limit: PAGE, ..OrderFilter::default() };
            let orders = self.registry.orders().list(&filter).await?;
            let notes: Vec<_> = orders.iter().map(refusal).collect();
            refused += self.registry.orders().note(&notes, (self.clock)()).await?;
        }
        Ok(refused)
    }

    fn schedule(&self, why: OrderReason) -> &Schedule {
        match why {
            OrderReason::OnDemand => &self.config.on_demand,
            OrderReason::Gap => &self.config.gap,
            OrderReason::Schedule => &self.config.schedule,
        }
    }

    async fn ask_until_stopped(self, head_end: SmolStr, mut stopped: watch::Receiver<bool>) {
        while !*stopped.borrow() {
            let asked = tokio::select! {
                asked = self.ask(&head_end) => asked,
                _ = stopped.changed() => return,
            };
            match asked {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => warn("a head-end could not be asked", &error),
            }
            pause(&mut stopped, LOOK_EVERY).await;
        }
    }

    async fn review_until_stopped(self, mut stopped: watch::Receiver<bool>) {
        let mut without_gaps = 0;
        while !*stopped.borrow() {
            match self.reviews(without_gaps == 0).await {
                Ok(looked_at) if without_gaps == 0 => {
                    without_gaps = (looked_at / u64::from(PAGE)).min(LOOKS_WITHOUT_GAPS_MAX);
                }
                Ok(_) => without_gaps -= 1,
                Err(error) => warn("orders are not up to date", &error),
            }
            pause(&mut stopped, LOOK_EVERY).await;
        }
    }

    async fn reviews(&self, all: bool) -> Result<u64, DriverError> {
        let mut looked_at = self.review(OrderReason::OnDemand).await?;
        if all {
            self.refuse_strangers().await?;
            looked_at += self.review(OrderReason::Schedule).await?;
            looked_at += self.review(OrderReason::Gap).await?;
        }
        Ok(looked_at)
    }
}

impl Running {
    pub(crate) fn of(stop: watch::Sender<bool>, tasks: Vec<JoinHandle<()>>) -> Self {
        Self { stop, tasks }
    }

    /// Ends. A request that is under way is made again after the next start.
    pub async fn stop(self) {
        // Without a task nobody listens.
        let _ = self.stop.send(true);
        for task in self.tasks {
            // A task that broke off has ended, too.
            let _ = task.await;
        }
    }
}

pub(crate) async fn pause(stopped: &mut watch::Receiver<bool>, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        _ = stopped.changed() => {}
    }
}

fn kind(entry: &OrderEntry) -> RequestKind {
    match entry.kind {
        OrderKind::Read => RequestKind::Read { range: entry.route.range },
        OrderKind::ReadNow => RequestKind::ReadNow,
        OrderKind::Ping => RequestKind::Ping,
    }
}

fn refusal(order: &Order) -> Note {
    let Route { head_end, .. } = &order.entry.route;
    let outcome =
        format!("`{head_end}` owns the usage point and is no head-end that can be asked; add it as [[head_end]]");
    Note { id: order.id, state: OrderState::Refused, tries: order.tries, next_at: order.entry.next_at, outcome }
}

fn warn(what: &str, error: &DriverError) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}
