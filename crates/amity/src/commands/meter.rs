//! `amity meter`: read a meter now or again, and find out whether it answers, over whichever head-end it is at.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use model::quantity::Decimal;
use orchestrator::evidence::latest_read;
use orchestrator::group::{Terms, Which, order};
use orchestrator::on_demand::{self, Asker, NotOrdered, Whose, Wish};
use serde::Serialize;
use serde_json::json;
use smol_str::SmolStr;
use store::registry::order::{Order, OrderKind, OrderReason, OrderState};

use super::group::Told;
use super::orders::line;
use super::time_span::TimeSpan;
use crate::clock;
use crate::hand_over::caller;
use crate::installation::Installation;
use crate::output::{self, Failure};

/// How often it is looked whether an answer came.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Read a meter on demand, or find out whether it answers.
///
/// Exits with 1 where no answer came, and with 2 where nobody can be asked.
#[derive(Debug, Args)]
pub struct Meter {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read what its registers show now; with --from and --to, its readings of that time again.
    Read {
        #[command(flatten)]
        asked: Asked,
        #[command(flatten)]
        span: TimeSpan,
    },
    /// Find out whether it answers.
    Ping {
        #[command(flatten)]
        asked: Asked,
    },
}

#[derive(Debug, Args)]
struct Asked {
    /// Name of the meter.
    #[arg(required_unless_present_any = ["group", "head_end"])]
    meter: Option<String>,
    /// Instead of one, the meters whose names this file has, one in a line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["meter", "head_end"])]
    group: Option<PathBuf>,
    /// Instead of one, every meter of this head-end; may be given more than once.
    #[arg(long, value_name = "NAME", conflicts_with = "meter")]
    head_end: Vec<String>,
    /// Your name.
    #[arg(long = "as", value_name = "NAME", default_value = "amity meter")]
    by: String,
    #[command(flatten)]
    told: Told,
}

/// What a register showed.
#[derive(Debug, Serialize)]
struct Shown {
    channel: String,
    at: jiff::Timestamp,
    value: String,
    unit: String,
}

impl Meter {
    /// Enters the order, and waits where that was asked for.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = &Installation::open(folder)?;
        let zone = ingest::placement::zone_of(&installation.settings.zone);
        let zone: TimeZone = zone.map_err(|error| Failure::Usage(format!("zone: {error}")))?;
        let (asked, wish) = match self.action {
            Action::Read { asked, span } => (asked, span.given(&zone)?.map_or(Wish::ReadNow, Wish::Read)),
            Action::Ping { asked } => (asked, Wish::Ping),
        };
        if asked.told.wait && installation.head_ends.get().is_none() {
            return Err(Failure::Usage("only `amity serve` asks head-ends; start it, or leave out --wait".into()));
        }
        let Some(meter) = asked.meter.clone() else { return group(installation, &asked, wish) };
        if asked.told.csv {
            return Err(Failure::Usage("--csv is for --group and --head-end; one meter has --json".into()));
        }
        let schedule = &installation.settings.orders.on_demand;
        let whose = Whose::Meter(meter);
        let registry = &installation.books.registry;
        let ordered = on_demand::order(registry, &whose, (wish, &asked.by), (schedule, clock::now()));
        let mut orders = installation.runtime.block_on(ordered).map_err(not_ordered)?;
        if asked.told.wait {
            wait(installation, &mut orders)?;
        }
        tell(installation, &orders, asked.told.json)?;
        Ok(status(&orders))
    }
}

/// Enters a wish for many meters as one record, and tells what became of each.
fn group(installation: &Installation, asked: &Asked, wish: Wish) -> Result<ExitCode, Failure> {
    let which = match &asked.group {
        Some(file) => {
            let text = std::fs::read_to_string(caller::path(file));
            let text = text.map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", file.display())))?;
            let names = text.lines().map(str::trim).filter(|name| !name.is_empty() && !name.starts_with('#'));
            Which::Named(names.map(SmolStr::new).collect())
        }
        None => Which::Of(asked.head_end.clone()),
    };
    let (registry, schedule) = (&installation.books.registry, &installation.settings.orders.on_demand);
    let asker = Asker { why: OrderReason::OnDemand, by: &asked.by };
    let ordered = order(registry, &which, Terms { wish, asker, schedule }, clock::now());
    let group = installation.ask(ordered)?;
    let group = group.ok_or_else(|| {
        Failure::Usage(
            "no meter is meant: expected names of meters, or head-ends that own usage points (`amity registry owner`)"
                .into(),
        )
    })?;
    super::group::tell(installation, &group, asked.told)
}

/// Waits until all orders are closed, and says what happens meanwhile.
fn wait(installation: &Installation, orders: &mut [Order]) -> Result<(), Failure> {
    let ledger = installation.books.registry.orders();
    while orders.iter().any(|order| !order.state.is_closed()) {
        installation.runtime.block_on(tokio::time::sleep(LOOK_EVERY));
        for order in orders.iter_mut() {
            let now = installation.ask(ledger.get(order.id))?;
            if (now.state, now.tries) != (order.state, order.tries) && !now.state.is_closed() {
                output::say(&line(&now));
            }
            *order = now;
        }
    }
    Ok(())
}

fn tell(installation: &Installation, orders: &[Order], as_json: bool) -> Result<(), Failure> {
    let mut shown = Vec::new();
    for order in orders.iter().filter(|order| is_read_now(order)) {
        shown.extend(shown_since(installation, order)?);
    }
    if as_json {
        return output::print_json(&json!({ "orders": orders, "reads": shown }));
    }
    orders.iter().try_for_each(|order| output::print(&line(order)))?;
    shown.iter().try_for_each(|Shown { channel, at, value, unit }| {
        output::print(&format!("{channel} showed {value} {unit} at {at}"))
    })
}

fn is_read_now(order: &Order) -> bool {
    order.state == OrderState::Answered && order.entry.kind == OrderKind::ReadNow
}

/// What registers of the usage point showed since an order.
fn shown_since(installation: &Installation, order: &Order) -> Result<Vec<Shown>, Failure> {
    let directory = installation.ask(installation.books.registry.directory())?;
    let mut shown = Vec::new();
    for channel in directory.of_usage_point(order.entry.usage_point).filter(|one| one.interval_seconds.is_none()) {
        let read = latest_read(&installation.books.readings, channel.number, order.ordered_at);
        let read = read.map_err(|error| Failure::work("could not read", error))?;
        let told = read.and_then(|read| {
            let (at, value) = (jiff::Timestamp::from_second(read.at).ok()?, read.value?);
            let value = Decimal::new(value, channel.quantum).to_string();
            Some(Shown { channel: channel.label.to_string(), at, value, unit: channel.unit.to_string() })
        });
        shown.extend(told);
    }
    Ok(shown)
}

fn status(orders: &[Order]) -> ExitCode {
    let any = |states: &[OrderState]| orders.iter().any(|order| states.contains(&order.state));
    match () {
        () if any(&[OrderState::Refused]) => ExitCode::from(2),
        () if any(&[OrderState::GivenUp, OrderState::Cancelled]) => ExitCode::from(1),
        () => ExitCode::SUCCESS,
    }
}

fn not_ordered(error: NotOrdered) -> Failure {
    match error {
        NotOrdered::Registry(error) => Failure::of_registry(error),
        error => Failure::Usage(error.to_string()),
    }
}
