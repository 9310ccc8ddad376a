//! `amity simulate`: the files that the head-ends of a made-up utility send, and what was true.

mod mqtt;
mod service;
mod soap;
mod truth;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ingest::placement::zone_of;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use simulator::collection::{Counts, Told};
use simulator::dialect::File;
use simulator::premises::HeadEnd;
use simulator::script::{self, STORM};
use simulator::{Collection, Network, Script, Settings, Utility};

use crate::clock;
use crate::output::{self, Failure};
use crate::progress::{Progress, grouped};
use truth::Tables;

/// Write what the head-ends of a made-up utility send, a folder each, and beside them tables of what was true.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The folder.
    folder: PathBuf,
    /// How many meters.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    meters: u32,
    /// How many days.
    #[arg(long, default_value_t = 7)]
    days: u16,
    /// First day; without it the last day is yesterday.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Zone of the utility.
    #[arg(long, value_name = "ZONE", default_value = "America/Toronto")]
    zone: String,
    /// Let this head-end collect every meter: hes-cloud, hes-hourly or hes-folder.
    #[arg(long, value_name = "NAME", value_parser = head_end)]
    head_end: Option<HeadEnd>,
    /// Decides everything that is left to chance; the same seed gives the same bytes.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Faults on a time line (TOML). Ready ones are `storm`, the bad night of 2026-02-03, and `today`, a week until now and the
    /// next minutes.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// A feeder for the meters, as NAME.edges.csv beside NAME.customers.csv; made up where none is given.
    #[arg(long, value_name = "NAME", requires = "source_bus")]
    network: Option<PathBuf>,
    /// The bus that feeds the network.
    #[arg(long, value_name = "BUS")]
    source_bus: Option<String>,
    /// Then serve what each head-end sent as a web service below this address, until interrupted.
    #[arg(long, value_name = "ADDRESS")]
    serve: Option<SocketAddr>,
    /// How often each of the web services may be asked in a minute; 0 is without limit.
    #[arg(long, value_name = "COUNT", default_value_t = 0, requires = "serve")]
    requests_per_minute: u32,
    /// Go on from today as time passes: readings and events come as they are made. Needs a new folder.
    #[arg(long, requires = "serve", conflicts_with = "from")]
    live: bool,
    /// Then publish what each head-end sent to this broker of MQTT: mqtt://127.0.0.1:1883.
    #[arg(long, value_name = "ADDRESS")]
    mqtt: Option<String>,
    /// Print what was made as JSON.
    #[arg(long)]
    json: bool,
}

/// What was made, for people and programs.
#[derive(Debug, Default, Serialize)]
struct Made {
    files: u64,
    readings: u64,
    lost: u64,
    late: u64,
    twice: u64,
    corrupt: u64,
    unmade: u64,
}

impl Simulate {
    /// Writes the files.
    pub fn run(self) -> Result<ExitCode, Failure> {
        let utility = self.utility()?;
        let today = clock::now().to_zoned(utility.settings().zone.clone()).date();
        let first = self.from.unwrap_or_else(|| today.saturating_sub(i64::from(self.days).days()));
        if self.live && self.folder.exists() {
            let folder = self.folder.display();
            return Err(Failure::Usage(format!("--live begins anew, and {folder} exists; name another folder")));
        }
        let in_folder = |error| Failure::work(format!("could not write into {}", self.folder.display()), error);
        fs::create_dir_all(&self.folder).map_err(in_folder)?;
        let mut tables = Tables::create(&self.folder, &utility).map_err(in_folder)?;
        let mut progress = Progress::new("made", "readings");
        let (mut made, mut collection) = (Made::default(), Collection::from(&utility, first));
        for day in 0..i64::from(self.days) {
            let date = first.saturating_add(day.days());
            let mut tell = |told: Told| match told {
                Told::File(file) => {
                    made.files += 1;
                    write_file(&self.folder, &file)
                }
                told => tables.add(date, &told),
            };
            let Some(counts) = collection.tell_next_day(&mut tell).map_err(in_folder)? else {
                let why = "is beyond the calendar or no whole number of hours";
                return Err(Failure::Usage(format!(
                    "{date} {why} in {}; choose other days or another zone",
                    self.zone
                )));
            };
            made.add(counts);
            progress.add(counts.made, &date.to_string());
        }
        tables.finish().map_err(in_folder)?;
        progress.finish();
        self.tell(&made)?;
        if let Some(address) = &self.mqtt {
            let of = |head_end: HeadEnd| (head_end.name(), service::files_of(&self.folder.join(head_end.name())));
            let sent = mqtt::publish(address, &HeadEnd::ALL.map(of))?;
            output::say(&format!("{sent} messages published to {address}"));
        }
        if let Some(address) = self.serve {
            let live = self.live.then(|| collection.live());
            service::serve(&self.folder, (utility, first, live), address, self.requests_per_minute)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn utility(&self) -> Result<Utility, Failure> {
        let zone = zone_of(&self.zone).map_err(|error| Failure::Usage(format!("--zone: {error}")))?;
        let script: Script = match &self.script {
            None => Script::default(),
            Some(path) if path == Path::new("storm") => parsed("storm", STORM)?,
            Some(path) if path == Path::new("today") => parsed("today", &script::today(clock::now()))?,
            Some(path) => parsed(&path.display().to_string(), &text(path)?)?,
        };
        let network = match (&self.network, &self.source_bus) {
            (Some(name), Some(source)) => {
                let table = |ending: &str| text(&PathBuf::from(format!("{}.{ending}.csv", name.display())));
                Network::read(&table("edges")?, &table("customers")?, source)
                    .map_err(|error| Failure::Usage(format!("--network: {error}")))?
            }
            _ => Network::made_up(self.meters),
        };
        Utility::new(Settings { seed: self.seed, meters: self.meters, zone, head_end: self.head_end }, &network, script)
            .map_err(|error| Failure::Usage(format!("--script: {error}")))
    }

    fn tell(&self, made: &Made) -> Result<(), Failure> {
        if self.json {
            return output::print_json(made);
        }
        output::say(&format!(
            "{} files with {} readings; lost {}, late {}, twice {}, corrupt {}, not made {}; what was true is in {}",
            grouped(made.files),
            grouped(made.readings),
            grouped(made.lost),
            grouped(made.late),
            grouped(made.twice),
            grouped(made.corrupt),
            grouped(made.unmade),
            self.folder.join(truth::TRUTH).display()
        ));
        Ok(())
    }
}

fn head_end(name: &str) -> Result<HeadEnd, String> {
    let names = HeadEnd::ALL.map(HeadEnd::name);
    let named = HeadEnd::ALL.into_iter().find(|head_end| head_end.name() == name);
    named.ok_or_else(|| format!("there is no head-end `{name}`; there are {}", names.join(", ")))
}

fn parsed(name: &str, script: &str) -> Result<Script, Failure> {
    script.parse().map_err(|error| Failure::Usage(format!("--script: {name}: {error}")))
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::work(format!("could not read {}", path.display()), error))
}

fn write_file(folder: &Path, file: &File) -> std::io::Result<()> {
    let folder = folder.join(file.head_end.name());
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(&file.name), &file.bytes)
}

impl Made {
    fn add(&mut self, counts: Counts) {
        let Counts { made, lost, late, twice, corrupt, unmade } = counts;
        self.readings += made;
        self.lost += lost;
        self.late += late;
        self.twice += twice;
        self.corrupt += corrupt;
        self.unmade += unmade;
    }
}
