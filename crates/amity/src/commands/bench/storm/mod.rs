//! `amity bench storm`: an event storm against a server of its own, killed in the middle of it, with everything accounted for.
//!
//! The profile is S750 (`simulator::storm`): ten minutes, three head-ends, a minute at the worst, events told twice, out of order,
//! by wrong clocks and malformed, while readings go on coming in. Who sends knows what must be found, and looks for all of it in
//! the books afterwards: an event that is not there is lost, one that is there more than once is doubled.

mod account;
mod sender;
mod server;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::SignedDuration;
use model::id::Name;
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use simulator::collection::{meter_name, usage_point_name};
use simulator::storm::{Profile, Storm as Telling};
use store::registry::channel::ChannelEntry;

use crate::clock;
use crate::installation::Installation;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};
use account::{Account, Found};
use sender::Sender;
use server::Server;

/// Channels that are registered at a time.
const REGISTERED_AT_ONCE: usize = 10_000;
/// Usage points of which readings come in each second of the storm.
const READ_A_SECOND: u32 = 200;
/// The longest that all but one of a hundred acknowledgements may take, at the pace of the profile (reliability F1).
const ACKNOWLEDGED_MS_MAX: u64 = 250;
/// The most memory that the server may take (reliability F1).
const MEMORY_MIB_MAX: u64 = 2048;

/// Let an event storm break over a server of its own and account for every event.
///
/// Exits with 1 where an event or a reading is lost or doubled; at the pace of the profile also where acknowledgements take
/// too long, or the server takes too much memory.
#[derive(Debug, Args)]
pub struct Storm {
    /// Devices; events, readings and rates go with them.
    #[arg(long, default_value_t = 75_000, value_parser = clap::value_parser!(u32).range(30..))]
    endpoints: u32,
    /// So many times as fast as the profile; 0 is as fast as they are acknowledged.
    #[arg(long, default_value_t = 1)]
    faster: u32,
    /// Decides everything that is left to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Let the server live through it.
    #[arg(long)]
    no_kill: bool,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

impl Storm {
    /// Sends, kills, sends on, and accounts.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let folder = tempfile::tempdir().map_err(|error| Failure::work("could not make a folder", error))?;
        let begins = clock::now() - SignedDuration::from_hours(1);
        let profile = Profile::of(self.endpoints, self.seed, begins);
        self.register(folder.path())?;
        let server = Server::start(folder.path(), None)?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work("could not start", error))?;
        let account = runtime.block_on(self.send(profile, server))?;
        output::say("looking for everything that was sent");
        let found = Found::of(folder.path(), &profile)?;
        let says = account.told(&found);
        if self.json {
            output::print_json(&says)?;
        } else {
            output::print(&says.text())?;
        }
        let in_time = self.faster != 1
            || says.acknowledged_ms_p99 <= ACKNOWLEDGED_MS_MAX
                && says.server_memory_mib.is_none_or(|memory| memory <= MEMORY_MIB_MAX);
        Ok(ExitCode::from(u8::from(!(says.is_whole() && in_time))))
    }

    /// An installation that knows every device.
    fn register(&self, folder: &Path) -> Result<(), Failure> {
        Installation::create(folder, "zone = \"UTC\"\nrole = \"collection\"\n")?;
        let installation = Installation::open(folder)?;
        let mut progress = Progress::new("registered", "devices");
        let numbers: Vec<u32> = (0..self.endpoints).collect();
        for numbers in numbers.chunks(REGISTERED_AT_ONCE) {
            let entries: Vec<_> = numbers.iter().map(|number| entry(*number)).collect();
            installation.ask(installation.books.registry.channels().register(&entries))?;
            progress.add(entries.len() as u64, "");
        }
        progress.finish();
        Ok(())
    }

    async fn send(&self, profile: Profile, mut server: Server) -> Result<Account, Failure> {
        let account = Arc::new(Account::default());
        let sender = Sender::new(server.address.clone(), Arc::clone(&account))?;
        let mut storm = Telling::new(profile).map_err(|error| Failure::Usage(error.to_string()))?;
        let kill_at = (!self.no_kill).then_some(profile.peak.from + profile.peak.seconds / 2);
        let began = Instant::now();
        let mut progress = Progress::new("sent", "events");
        for second in 0..profile.seconds {
            let Some(batches) = storm.next() else { break };
            if let Some(due) = Duration::from_secs(second.into()).checked_div(self.faster) {
                tokio::time::sleep_until((began + due).into()).await;
                account.is_behind(began.elapsed().saturating_sub(due));
            }
            if kill_at == Some(second) {
                server = server.killed_and_started_again(&account).await?;
            }
            sender.send_readings(second, profile.begins, READ_A_SECOND.min(self.endpoints)).await;
            for batch in batches {
                let count = batch.tellings.len() as u64;
                sender.send_events(batch.head_end.name(), batch.json(), count).await;
                progress.add(count, &format!("second {second} of {}", profile.seconds));
            }
        }
        sender.finish().await?;
        progress.finish();
        account.ledger(storm.ledger().clone());
        server.stop(&account).await?;
        let seconds = began.elapsed().as_secs();
        output::say(&format!("sent within {} seconds", grouped(seconds)));
        Arc::into_inner(account).ok_or_else(|| Failure::Usage("somebody still sends".into()))
    }
}

/// An hourly channel of a device.
fn entry(number: u32) -> ChannelEntry {
    ChannelEntry {
        usage_point: usage_point_name(number),
        meter: Some(Name::new("Meter", meter_name(number).value)),
        meter_from: None,
        suffix: "".into(),
        reading_type: hourly(),
        unit: "kWh".into(),
        quantum: -3,
        multiplier: Decimal::new(1, 0),
        dials: None,
        interval_seconds: Some(3600),
        zone: "UTC".into(),
    }
}

/// The energy that each hour delivered.
fn hourly() -> ReadingType {
    ReadingType {
        measuring_period: 7,
        accumulation: 4,
        flow_direction: 1,
        commodity: 1,
        measurement_kind: 12,
        multiplier: 3,
        unit: 72,
        ..ReadingType::default()
    }
}
