//! The ledger of what head-ends are asked to do: read again what is missing, read now, find out whether a device answers.
//!
//! Whoever misses something enters it, `orchestrator` asks and notes, and both meet only here. An order is asked until what it
//! is for is in the books, its tries are used up or a person decides against it. What is said of it stays.
//!
//! - [`ledger`]: entering, claiming and noting; [`group`]: what many meters are asked for at once; [`route`]: which head-end an order goes to; [`schedule`]: when.

pub mod group;
pub mod ledger;
pub mod route;
pub mod schedule;

use jiff::Timestamp;
use model::id::{ChannelNumber, UsagePointId};
use model::time::TimeRange;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::sql::text_enum;

pub use group::{Group, GroupEntry, Missed, NotOrdered, StateCount, Step};
pub use ledger::{Added, Claimed, Note, Orders};
pub use route::{Route, routes};
pub use schedule::Schedule;

text_enum! {
    /// What is asked for.
    pub enum OrderKind {
        /// The readings of a span.
        Read = "read",
        /// What the registers show now.
        ReadNow = "read_now",
        /// A sign of life.
        Ping = "ping",
    }
}

text_enum! {
    /// Why it is asked for.
    pub enum OrderReason {
        /// Readings that were expected are not there.
        Gap = "gap",
        /// A person or a program wants it.
        OnDemand = "on_demand",
        /// It is time for it.
        Schedule = "schedule",
    }
}

text_enum! {
    /// How far an order is.
    pub enum OrderState {
        /// Waits to be asked for.
        Open = "open",
        /// The head-end accepted it; what it is for is not there yet.
        Asked = "asked",
        /// What it is for is there.
        Answered = "answered",
        /// No head-end will do it.
        Refused = "refused",
        /// All tries were in vain.
        GivenUp = "given_up",
        /// A person decided against it.
        Cancelled = "cancelled",
    }
}

impl OrderState {
    /// Whether nothing will happen any more.
    pub const fn is_closed(self) -> bool {
        !matches!(self, Self::Open | Self::Asked)
    }
}

/// Readings of a channel that an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The channel.
    pub channel: ChannelNumber,
    /// The span of the readings: a register read belongs to the span that it ends.
    pub range: TimeRange,
    /// How many, all of one length.
    pub readings: u64,
}

/// An order as it is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderEntry {
    /// What is asked for.
    pub kind: OrderKind,
    /// Why.
    pub why: OrderReason,
    /// Who asked for it.
    pub asked_by: String,
    /// The usage point whose readings it is for.
    pub usage_point: UsagePointId,
    /// Who is asked; refused at once where no route leads there.
    pub route: Route,
    /// What must be there so that it is answered; empty where anything of the device is an answer.
    pub wanted: Vec<Wanted>,
    /// What tells gaps apart: of one name there is one order at most that is not answered.
    pub gap: Option<String>,
    /// When something is done about it next; first of all, when it is asked for.
    pub next_at: Timestamp,
    /// When it is given up.
    pub deadline: Timestamp,
}

/// An order and how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Number by which people name it.
    pub id: u64,
    /// What was entered, and when something is done about it next.
    #[serde(flatten)]
    pub entry: OrderEntry,
    /// How far it is.
    pub state: OrderState,
    /// How often the head-end accepted it.
    pub tries: u32,
    /// The request that is under way and not noted yet.
    pub request: Option<SmolStr>,
    /// When it was entered.
    pub ordered_at: Timestamp,
    /// When the head-end accepted it first.
    pub asked_at: Option<Timestamp>,
    /// When its end was noted.
    pub closed_at: Option<Timestamp>,
    /// What was said of it last, for people.
    pub outcome: String,
}

/// Which orders to list, by ascending id; `None` does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// Only orders in this state.
    pub state: Option<OrderState>,
    /// Only orders for this reason.
    pub why: Option<OrderReason>,
    /// Only orders to this head-end.
    pub head_end: Option<String>,
    /// Only orders for this usage point.
    pub usage_point: Option<UsagePointId>,
    /// Only orders with a greater id: the last id of the page before.
    pub after: u64,
    /// Most orders to return; 0 returns all.
    pub limit: u32,
}

/// How many orders are in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderCount {
    /// The head-end; empty where no route leads to one.
    pub head_end: String,
    /// The state.
    pub state: OrderState,
    /// Orders.
    pub orders: u64,
}
