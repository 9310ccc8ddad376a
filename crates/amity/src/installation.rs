//! An installation: a data folder with settings and the books.
//!
//! ```text
//! amity-data/
//!   amity.toml      settings
//!   events.sqlite   what devices told of (unless PostgreSQL is set)
//!   registry.sqlite master data, quarantine, history (unless PostgreSQL is set)
//!   readings/       the readings book
//!   raw/            bytes as received
//!   commands.sock   where a running `amity serve` takes commands over
//! ```

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ingest::feeds::OfSettings;
use ingest::intake::{Books, Unknown};
use ingest::placement::zone_of;
use ingest::{Determinants, EventsLane, Feeds, Intake, Review, intake};
use orchestrator::timetable::Timetable;
use smol_str::SmolStr;
use store::disk::RealDisk;
use store::events::EventsBook;
use store::raw::RawBook;
use store::readings::{Config, ReadingsBook, Recovery};
use store::registry::Registry;
use tokio::runtime::Runtime;

use crate::clock;
use crate::hand_over::caller;
use crate::head_ends::Healths;
use crate::output::Failure;
use crate::settings::{self, Settings, UnknownChannels};

/// Where a running `amity serve` says how it is reached.
pub const SERVED_AT: &str = "served-at";

/// An open installation; clones share it.
#[derive(Clone)]
pub struct Installation(Arc<Opened>);

impl Deref for Installation {
    type Target = Opened;

    fn deref(&self) -> &Opened {
        &self.0
    }
}

/// What an open installation has.
pub struct Opened {
    /// Its settings.
    pub settings: Settings,
    /// Its books.
    pub books: Books,
    /// What opening the readings book had to mend.
    pub recovery: Recovery,
    /// What devices told of.
    pub events: EventsBook,
    /// The way there, one for all who use it.
    lane: OnceLock<EventsLane>,
    /// Where asynchronous work runs.
    pub runtime: Runtime,
    /// Review over the books, one for all who use it.
    pub review: OnceLock<Arc<Review>>,
    /// How collecting goes, where the program serves.
    pub head_ends: OnceLock<Healths>,
    folder: PathBuf,
}

impl Installation {
    /// Makes a new installation with these settings.
    ///
    /// # Errors
    /// [`Failure::Usage`] when there is one already, [`Failure::Work`] when the folder cannot be written.
    pub fn create(folder: &Path, settings_text: &str) -> Result<(), Failure> {
        let path = folder.join(settings::FILE_NAME);
        if path.exists() {
            return Err(Failure::Usage(format!("{} is an installation already", folder.display())));
        }
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, settings_text));
        written.map_err(|error| Failure::work(format!("could not write {}", path.display()), error))?;
        Self::open(folder).map(drop)
    }

    /// Opens an installation, or answers the one that the server has open which does this command.
    ///
    /// # Errors
    /// [`Failure::Usage`] when there is none, [`Failure::Work`] when a book cannot be opened.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        if let Some(open) = caller::ask(|caller| caller.installation.clone()) {
            return Ok(open);
        }
        let path = folder.join(settings::FILE_NAME);
        if !path.exists() {
            let advice = "make one with `amity init`, or name another with --data";
            return Err(Failure::Usage(format!("{} is not an installation; {advice}", folder.display())));
        }
        let settings = Settings::load(&path)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::work("could not start", error))?;
        let disk = Arc::new(RealDisk);
        let config = Config { arena_bytes: u64::from(settings.readings.open_days_mib_max) << 20, ..Config::default() };
        let (readings, recovery) =
            ReadingsBook::open(disk.clone(), &folder.join("readings"), config).map_err(|error| match error {
                store::readings::Error::InUse(_) => in_use(folder),
                error => Failure::work("could not open the readings book", error),
            })?;
        // Only one that was killed leaves its address behind.
        let _ = std::fs::remove_file(folder.join(SERVED_AT));
        let raw = RawBook::open(disk, &folder.join("raw"))
            .map_err(|error| Failure::work("could not open the raw book", error))?;
        let address = |set: &str, file: &str| match set {
            "sqlite" => format!("sqlite:{}", folder.join(file).display()),
            address => address.to_owned(),
        };
        let registry = runtime
            .block_on(Registry::open(&address(&settings.registry, "registry.sqlite")))
            .map_err(|error| Failure::work("could not open the registry", error))?;
        let events = runtime
            .block_on(EventsBook::open(&address(&settings.events_book, "events.sqlite")))
            .map_err(|error| Failure::work("could not open the events book", error))?;
        let books = Books { readings: Arc::new(readings), raw: Arc::new(raw), registry };
        let (review, head_ends, lane) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        let folder = folder.to_owned();
        let opened = Opened { settings, books, recovery, events, lane, runtime, review, head_ends, folder };
        Ok(Self(Arc::new(opened)))
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The schedules of the settings over the ledger.
    ///
    /// # Errors
    /// [`Failure::Usage`] naming the setting that cannot be.
    pub fn timetable(&self) -> Result<Timetable, Failure> {
        let wrong = |problem: String| Failure::Usage(format!("{}: {problem}", settings::FILE_NAME));
        let zone = zone_of(&self.settings.zone).map_err(|error| wrong(format!("zone: {error}")))?;
        let schedules = (&self.settings.schedules[..], &self.settings.orders.schedule);
        let timetable = Timetable::new(self.books.registry.clone(), schedules, &zone, clock::now);
        timetable.map_err(|problem| wrong(format!("schedule: {problem}")))
    }

    /// An intake over the books.
    ///
    /// # Errors
    /// [`Failure::Work`].
    pub fn intake(&self) -> Result<Intake, Failure> {
        let limits = self.settings.admission.clone();
        let zone = SmolStr::new(&self.settings.zone);
        let flags = self.settings.status.build();
        let flags = flags.map_err(|error| Failure::Usage(format!("{}: status.{error}", settings::FILE_NAME)))?;
        let intake = Intake::new(self.books.clone(), limits, zone, self.runtime.handle().clone()).map_err(in_intake)?;
        Ok(intake.with_flags(flags).with_events(self.events_lane()?))
    }

    /// The way of events to their book.
    ///
    /// # Errors
    /// [`Failure::Usage`] where the settings of events cannot be.
    pub fn events_lane(&self) -> Result<EventsLane, Failure> {
        let rules = self.settings.events.build();
        let rules = rules.map_err(|error| Failure::Usage(format!("{}: events.{error}", settings::FILE_NAME)))?;
        if let Some(lane) = self.lane.get() {
            return Ok(lane.clone());
        }
        let Books { raw, registry, .. } = self.books.clone();
        let head_ends = self.settings.head_ends.iter();
        let of_settings = |of: &settings::HeadEnd| {
            let (name, is_asked) = (SmolStr::new(&of.name), of.kind().is_some());
            OfSettings { name, settings: of.feed, is_asked }
        };
        let of_settings: Vec<_> = head_ends.map(of_settings).collect();
        let feeds = self.ask(Feeds::load(&registry, &of_settings))?;
        let start = || {
            let lane = EventsLane::start(self.events.clone(), raw, registry, rules, self.runtime.handle().clone());
            lane.with_feeds(feeds)
        };
        Ok(self.lane.get_or_init(start).clone())
    }

    /// Gives events to devices that the registry knows by now, and types to words that the settings explain.
    ///
    /// # Errors
    /// [`Failure::Work`].
    pub fn resolve_events(&self) -> Result<(), Failure> {
        let lane = self.events_lane()?;
        let resolved = self.runtime.block_on(async {
            lane.resolve_unknown().await?;
            lane.explain_words().await
        });
        resolved.map(drop).map_err(|error| Failure::work("could not look at events again", error))
    }

    /// What bills rest on, over the books.
    pub fn determinants(&self) -> Determinants {
        let books = &self.books;
        let runtime = self.runtime.handle().clone();
        Determinants::new(books.readings.clone(), books.registry.clone(), self.settings.role, runtime)
    }

    /// What the settings say of unknown channels.
    pub fn unknown(&self, register: bool) -> Unknown {
        if register || self.settings.unknown_channels == UnknownChannels::Register {
            return Unknown::Register;
        }
        Unknown::Quarantine
    }

    /// Runs a question to the registry.
    ///
    /// # Errors
    /// [`Failure::Usage`] when what was asked for is not there or contradicts what is, [`Failure::Work`] otherwise.
    pub fn ask<T>(
        &self,
        question: impl Future<Output = Result<T, store::registry::RegistryError>>,
    ) -> Result<T, Failure> {
        self.runtime.block_on(question).map_err(Failure::of_registry)
    }
}

/// What to do while another command has the books open.
fn in_use(folder: &Path) -> Failure {
    let advice = match std::fs::read_to_string(folder.join(SERVED_AT)) {
        Ok(address) => format!(
            "`amity serve` has it open; ask the page or {address}/api/v1 meanwhile (readings, quality, status and \
             quarantine are there), or stop it and call again"
        ),
        Err(_) => "another command has it open; call again when that has ended".to_owned(),
    };
    Failure::work(format!("{} is in use", folder.display()), advice)
}

/// A failure of intake for people.
pub fn in_intake(error: intake::IntakeError) -> Failure {
    match error {
        intake::IntakeError::Asked(refusal) => Failure::Usage(refusal.to_string()),
        error => Failure::work("nothing more was taken in", error),
    }
}
