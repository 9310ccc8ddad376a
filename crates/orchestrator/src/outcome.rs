//! What became of each meter of a group: one outcome for a device, whatever its orders are. Pure.
//!
//! | its orders | outcome |
//! |---|---|
//! | none: nothing could be ordered | unknown |
//! | one is under way | that one |
//! | all are closed | the first of refused, given up, cancelled that one is; answered where all are |

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use smol_str::SmolStr;
use store::registry::order::{Group, Order, OrderState};

/// What became of a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The device, as its head-end calls it; as it was given where it is not known.
    pub device: SmolStr,
    /// The head-end that is asked; empty where none is known.
    pub head_end: SmolStr,
    /// How far it is; `None` where the device is not known.
    pub state: Option<OrderState>,
    /// How often the head-end accepted it.
    pub tries: u32,
    /// When its end was noted.
    pub closed_at: Option<Timestamp>,
    /// What is said of it, for people.
    pub outcome: String,
    /// The numbers of its orders.
    pub orders: Vec<u64>,
}

impl Outcome {
    /// The word for how far it is: that of the state, or `unknown`.
    pub fn word(&self) -> &'static str {
        self.state.map_or("unknown", OrderState::as_str)
    }
}

/// An outcome for each device of a group, the unknown ones last, each in order of its first order.
pub fn outcomes(group: &Group, orders: &[Order]) -> Vec<Outcome> {
    let mut of_points: BTreeMap<_, Vec<&Order>> = BTreeMap::new();
    for order in orders {
        of_points.entry(order.entry.usage_point).or_default().push(order);
    }
    let mut told: Vec<Outcome> = of_points.values().filter_map(|orders| outcome(orders)).collect();
    told.sort_by_key(|outcome| outcome.orders.first().copied());
    told.extend(group.entry.unknown.iter().map(|unknown| Outcome {
        device: unknown.device.clone(),
        head_end: SmolStr::default(),
        state: None,
        tries: 0,
        closed_at: None,
        outcome: unknown.why.clone(),
        orders: Vec::new(),
    }));
    told
}

/// The outcome of one device: that of the order that says most about it.
fn outcome(orders: &[&Order]) -> Option<Outcome> {
    let telling = orders.iter().min_by_key(|order| weight(order.state))?;
    Some(Outcome {
        device: telling.entry.route.device.clone(),
        head_end: telling.entry.route.head_end.clone(),
        state: Some(telling.state),
        tries: telling.tries,
        closed_at: telling.closed_at,
        outcome: telling.outcome.clone(),
        orders: orders.iter().map(|order| order.id).collect(),
    })
}

const fn weight(state: OrderState) -> u8 {
    match state {
        OrderState::Open => 0,
        OrderState::Asked => 1,
        OrderState::Refused => 2,
        OrderState::GivenUp => 3,
        OrderState::Cancelled => 4,
        OrderState::Answered => 5,
    }
}
