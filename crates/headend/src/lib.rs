//! The seam to collection systems: what Amity asks of a head-end, and one module a kind that does it.
//!
//! # The contract
//!
//! A head-end has deliveries: files, or messages, in an order of its own. Whoever collects asks for one after the other:
//!
//! 1. [`HeadEnd::pull`] answers the delivery after a position, or that there is none. It changes nothing at the head-end.
//! 2. The delivery is stored, and with it, in one commit, its [`Delivery::position`].
//! 3. [`HeadEnd::taken`] says so. Only now may anything of it go at the head-end.
//!
//! A crash between any of these leads to the same delivery being pulled again, which is harmless, and never to one that is
//! skipped. What goes wrong is a [`Trouble`] of three kinds, by what to do: wait as long as was asked, try again later, or
//! change the settings. A half-written delivery is no delivery yet.
//!
//! [`HeadEnd::ask`] is the other direction: what a head-end is to fetch from its devices. It answers only whether it will;
//! what it fetched comes as ordinary deliveries. A request has an id of ours, and asking again with it has no other effect
//! than asking once, so that a crash between asking and noting it down asks again.
//!
//! [`pace`] decides when a head-end is asked: pure, for every kind. Every kind passes the suite in `tests/it/contract.rs`.
//!
//! - [`clock`]: how far the clock of one is off; [`feed`]: up to when everything of one has come, [`complete`] the same of its
//!   intervals; [`rhythm`]: how often something comes. All pure.
//! - [`folder`]: files that appear in a folder. [`rest`]: deliveries of a web service, by cursor.
//! - [`request`]: what can be asked of a head-end.
//! - [`soap`]: questions of IEC 61968-9, by time. [`mqtt`]: messages that a broker holds until they are durable.

pub mod clock;
pub mod complete;
pub mod feed;
pub mod folder;
pub mod mqtt;
pub mod pace;
pub mod request;
pub mod rest;
pub mod rhythm;
pub mod soap;

use std::path::PathBuf;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

pub use request::{Accepted, Request, RequestKind};

/// Something a head-end hands over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What people call it: a file name, a message id.
    pub name: String,
    /// Where the head-end goes on after it; kept in the commit of what it holds. Empty where the head-end keeps that itself.
    pub position: String,
    /// What it holds.
    pub body: Body,
}

/// What a delivery holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A file, as large as it likes.
    File(PathBuf),
    /// Bytes.
    Bytes(Bytes),
}

/// Why a head-end gave nothing, by what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It asks to be left alone for a while, and says how long where it does.
    #[error("asks to wait")]
    Busy(Option<SignedDuration>),
    /// It cannot be reached, or fails; later it may not.
    #[error("{0}")]
    Down(String),
    /// It refuses what it is asked: no wait will help, the settings must be changed.
    #[error("{0}")]
    Refused(String),
}

/// A collection system as whoever collects sees it; the module has the contract.
pub trait HeadEnd: Send {
    /// The delivery after a position, the first one without; `None` where there is none yet.
    ///
    /// # Errors
    /// [`Trouble`].
    fn pull(&mut self, after: Option<&str>) -> impl Future<Output = Result<Option<Delivery>, Trouble>> + Send;

    /// Everything that was said of a delivery is durable.
    ///
    /// # Errors
    /// [`Trouble`]: it may be pulled again, which is harmless.
    fn taken(&mut self, delivery: &Delivery) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// The time that its last answer told, to the second; `None` where it told none.
    fn said(&self) -> Option<Timestamp> {
        None
    }

    /// Until when it was asked for everything it has, after it had nothing more after a position; `None` is now.
    fn complete_until(&self, _position: Option<&str>) -> Option<Timestamp> {
        None
    }

    /// Asks for something of devices; what it fetches comes as deliveries. Once accepted, asking again with the same id
    /// changes nothing.
    ///
    /// # Errors
    /// [`Trouble`]; [`Trouble::Refused`] where its kind cannot be asked for anything, as it is without an implementation.
    fn ask(&mut self, request: &Request) -> impl Future<Output = Result<Accepted, Trouble>> + Send {
        let _ = request;
        std::future::ready(Err(Trouble::Refused("a head-end of this kind takes no requests".into())))
    }
}

/// An error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
