//! When sealing runs: in a thread of its own, and before a batch where memory has run out.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::Shared;
use super::commit::{lock, spawn};
use super::error::Error;
use super::state::State;

/// What the maintaining thread is told.
#[derive(Debug, Default)]
pub(super) struct Orders {
    wanted: bool,
    closing: bool,
    /// The catalog of this opening could not be written yet.
    catalog_owed: bool,
}

/// Starts the thread that seals when it is asked to; it ends after [`Shared::stop_maintaining`].
pub(super) fn start(shared: &Arc<Shared>) -> Result<std::thread::JoinHandle<()>, Error> {
    let working = Arc::clone(shared);
    let run = move || {
        while working.wait_for_orders() {
            if let Err(error) = working.maintain() {
                tracing::warn!(%error, "days could not be sealed");
            }
        }
    };
    spawn("readings-seal", run).map_err(Error::io("start a thread for", &shared.dir))
}

impl Shared {
    fn wait_for_orders(&self) -> bool {
        let mut orders = lock(&self.maintenance);
        while !orders.wanted && !orders.closing {
            orders = self.maintenance_wanted.wait(orders).unwrap_or_else(PoisonError::into_inner);
        }
        orders.wanted = false;
        !orders.closing
    }

    /// Ends the maintaining thread.
    pub(super) fn stop_maintaining(&self) {
        lock(&self.maintenance).closing = true;
        self.maintenance_wanted.notify_all();
    }

    /// Remembers that the catalog has to be written before the next batch.
    pub(super) fn owe_catalog(&self) {
        lock(&self.maintenance).catalog_owed = true;
    }

    /// Takes down how much memory is in use and asks for sealing where it is too much.
    pub(super) fn note_memory(&self, state: &State) {
        let bytes = state.bytes();
        self.memory.store(bytes, Ordering::Relaxed);
        if self.config.arena_bytes < bytes {
            self.ask_for_maintenance();
        }
    }

    pub(super) fn ask_for_maintenance(&self) {
        if self.config.background {
            lock(&self.maintenance).wanted = true;
            self.maintenance_wanted.notify_all();
        }
    }

    /// Sees to it that there is memory for more, before a group is written.
    pub(super) fn make_room(&self) -> Result<(), Error> {
        if lock(&self.maintenance).catalog_owed {
            self.save_catalog()?;
            lock(&self.maintenance).catalog_owed = false;
        }
        let max = self.config.arena_bytes.saturating_mul(2);
        if self.memory.load(Ordering::Relaxed) <= max {
            return Ok(());
        }
        self.maintain()?;
        match self.memory.load(Ordering::Relaxed) {
            bytes if max < bytes => Err(Error::Busy { bytes, max }),
            _ => Ok(()),
        }
    }
}
