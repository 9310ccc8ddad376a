//! `amity orders`: what head-ends are asked to do, and how far that is.

use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use model::id::UsagePointId;
use serde_json::json;
use store::registry::master::Class;
use store::registry::order::{Order, OrderFilter, OrderReason, OrderState};

use super::group::{self, Told};
use super::registry::usage_point::find;
use crate::clock;
use crate::gap_lists;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::grouped;

/// Show what head-ends are asked to do: what is missing read again, meters read now; decide against it.
#[derive(Debug, Args)]
pub struct Orders {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List orders, and how many there are of each head-end and state.
    List {
        /// Only this state: open, asked, answered, refused, given_up or cancelled.
        #[arg(long)]
        state: Option<OrderState>,
        /// Only for this reason: gap, on_demand or schedule.
        #[arg(long, visible_alias = "reason")]
        why: Option<OrderReason>,
        /// Only to this head-end.
        #[arg(long, value_name = "NAME")]
        head_end: Option<String>,
        /// Only for this usage point, by name or mRID.
        #[arg(long, value_name = "NAME")]
        usage_point: Option<String>,
        /// Only with a greater number.
        #[arg(long, value_name = "ID", default_value_t = 0)]
        after: u64,
        /// How many at the most.
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: u32,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show one order with all that is known of it.
    Show {
        /// The number of the order.
        id: u64,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show what became of each meter of a group that was asked together.
    Group {
        /// The number of the group.
        id: u64,
        #[command(flatten)]
        told: Told,
    },
    /// Decide against orders that are not closed.
    Cancel {
        /// Numbers of the orders.
        #[arg(required = true)]
        ids: Vec<u64>,
        /// Your name.
        #[arg(long = "as", value_name = "NAME")]
        by: String,
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Order what is missing of a day now, as `amity serve` does by itself after the deadline.
    Gaps {
        /// The local day.
        date: Date,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

impl Orders {
    /// Does what was asked.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = &Installation::open(folder)?;
        let ledger = installation.books.registry.orders();
        match self.action {
            Action::List { state, why, head_end, usage_point, after, limit, json } => {
                let find = |name: String| find(installation, Class::UsagePoint, &name).map(UsagePointId);
                let usage_point = usage_point.map(find).transpose()?;
                list(installation, &OrderFilter { state, why, head_end, usage_point, after, limit }, json)
            }
            Action::Show { id, json } => {
                let order = installation.ask(ledger.get(id))?;
                output::tell(json, &order, &told(&order), "")?;
                Ok(ExitCode::SUCCESS)
            }
            Action::Group { id, told } => {
                let group = installation.ask(ledger.group(id))?;
                group::tell(installation, &group, told)
            }
            Action::Cancel { ids, by, note, json } => {
                let outcome = format!("cancelled by {by}: {note}");
                let cancelled = installation.ask(ledger.cancel(&ids, &outcome, clock::now()))?;
                output::tell(json, &json!({ "cancelled": cancelled }), &format!("{cancelled} orders cancelled"), "")?;
                Ok(ExitCode::from(u8::from(cancelled < ids.len() as u64)))
            }
            Action::Gaps { date, json } => gaps(installation, date, json),
        }
    }
}

fn list(installation: &Installation, filter: &OrderFilter, as_json: bool) -> Result<ExitCode, Failure> {
    let ledger = installation.books.registry.orders();
    // Counted first: what is counted as closed is listed so.
    let counts = installation.ask(ledger.counts())?;
    let orders = installation.ask(ledger.list(filter))?;
    if as_json {
        output::print_json(&json!({ "orders": orders, "counts": counts }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for order in &orders {
        output::print(&line(order))?;
    }
    for count in counts {
        let head_end = if count.head_end.is_empty() { "nobody" } else { &count.head_end };
        output::say(&format!("{head_end}: {} {}", grouped(count.orders), count.state));
    }
    Ok(ExitCode::SUCCESS)
}

fn gaps(installation: &Installation, date: Date, as_json: bool) -> Result<ExitCode, Failure> {
    let listed = installation.runtime.block_on(gap_lists::list(installation, date, clock::now()));
    let listed = listed.map_err(|error| Failure::work("could not make the gap list", error))?;
    let (readings, orders) = (grouped(listed.readings), grouped(listed.orders));
    let line = format!("{date}: {readings} readings of {orders} orders are asked for, {} of them new", listed.added);
    let hint = match listed.refused {
        0 => String::new(),
        refused => format!("nobody can be asked for {refused} of them; `amity orders list --state refused` says why"),
    };
    output::tell(as_json, &listed, &line, &hint)?;
    Ok(ExitCode::from(u8::from(0 < listed.refused)))
}

/// An order in a line.
pub fn line(order: &Order) -> String {
    let entry = &order.entry;
    let (device, head_end, range) = (&entry.route.device, &entry.route.head_end, entry.route.range);
    let of = if range.start < range.end { format!(" {} to {}", range.start, range.end) } else { String::new() };
    format!("{} {} {} of {device} at {head_end}{of}: {}", order.id, order.state, entry.kind, order.outcome)
}

/// An order with all that is known of it.
fn told(order: &Order) -> String {
    let mut lines = vec![line(order)];
    let entry = &order.entry;
    lines.push(format!("  {} by {} at {}", entry.why, entry.asked_by, order.ordered_at));
    lines.extend(entry.wanted.iter().map(|wanted| {
        let range = wanted.range;
        format!("  {} readings of channel {} from {} to {}", wanted.readings, wanted.channel, range.start, range.end)
    }));
    lines.push(format!("  tried {} times", order.tries));
    lines.extend(order.asked_at.map(|at| format!("  accepted first at {at}")));
    match order.closed_at {
        Some(at) => lines.push(format!("  closed at {at}")),
        None => lines.push(format!("  next at {}, given up at {}", entry.next_at, entry.deadline)),
    }
    lines.join("\n")
}
