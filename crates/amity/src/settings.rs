//! `amity.toml`: the settings of an installation, with their defaults. Unknown settings are errors.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use formats::{Format, Options};
use headend::Trouble;
use ingest::collection::status;
use ingest::placement::zone_of;
use ingest::{admission, collection, events, flags, review};
use interop::repository::accounts::Field;
use orchestrator::rhythm::ReadSchedule;
use serde::{Deserialize, Serialize};
use usage::Role;

use crate::commands::written;
use crate::output::Failure;

/// The name of the settings file inside the data folder.
pub const FILE_NAME: &str = "amity.toml";

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Zone of usage points that are registered without one.
    pub zone: String,
    /// What the installation is there for: `repository` computes what bills rest on, `collection` only collects.
    pub role: Role,
    /// The specification that the installation is held against; none unless it is named.
    pub profile: Option<Profile>,
    /// The registry book: `sqlite` in the data folder, or `postgres://user@host/database`.
    pub registry: String,
    /// The events book: `sqlite` in the data folder, or `postgres://user@host/database`, which may be that of the registry.
    pub events_book: String,
    /// What happens to readings of unknown channels.
    pub unknown_channels: UnknownChannels,
    /// The plan of validation and estimation: a file, or `default`.
    pub plan: String,
    /// The register of who decides which condition: a file; a relative path begins at the data folder.
    pub thresholds: Option<PathBuf>,
    /// What is collected from, while it serves.
    #[serde(rename = "head_end")]
    pub head_ends: Vec<HeadEnd>,
    /// Checks at admission.
    pub admission: admission::Limits,
    /// What is asked of the collection of a day.
    pub collection: collection::Rules,
    /// Limits of the daily status report and of alerts.
    pub daily_report: status::Limits,
    /// What the repository is given.
    pub hand_over: HandOver,
    /// How head-ends are asked for what is missing.
    pub orders: orchestrator::Config,
    /// When meters are read by schedule.
    #[serde(rename = "schedule")]
    pub schedules: Vec<ReadSchedule>,
    /// What flags of sources mean.
    pub status: flags::Config,
    /// What sources call events, and which reports are one.
    pub events: events::Config,
    /// Whose word counts in the review of exceptions.
    pub review: review::Policy,
    /// The readings book.
    pub readings: Readings,
    /// The page and the API.
    pub serve: Serve,
}

/// A specification that an installation can be held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// The functional specification of Ontario for the metering infrastructure of a distributor, version 2.
    Ontario,
}

impl Profile {
    /// What of the settings is less than the specification asks for.
    fn check(self, settings: &Settings) -> Result<(), String> {
        let Self::Ontario = self;
        let (asked, rules) = (collection::Rules::default(), &settings.collection);
        let less = |name: &str, found: String, expected: String| {
            Err(format!("{name}: {found}, and the profile `ontario` asks for {expected}"))
        };
        if settings.role != Role::Collection {
            return less("role", "repository".into(), "`collection`: a distributor computes nothing (2.8.2)".into());
        }
        if rules.per_cent < asked.per_cent {
            return less("collection.per_cent", rules.per_cent.to_string(), "98 at least (2.3.1)".into());
        }
        if asked.deadline < rules.deadline {
            return less("collection.deadline", rules.deadline.to_string(), "05:00:00 at the latest (2.6.1)".into());
        }
        if rules.register_every_minutes != 60 {
            return less(
                "collection.register_every_minutes",
                rules.register_every_minutes.to_string(),
                "60 (2.2.1)".into(),
            );
        }
        if asked.stamp_tolerance_seconds < rules.stamp_tolerance_seconds {
            let found = rules.stamp_tolerance_seconds.to_string();
            return less("collection.stamp_tolerance_seconds", found, "90 at the most (2.4.3)".into());
        }
        Ok(())
    }
}

/// What the repository of a province is given, and where.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HandOver {
    /// The folder that files are put into; a relative path begins at the data folder.
    pub folder: PathBuf,
    /// Whether each day is handed over by itself when its deadline has passed.
    pub daily: bool,
    /// What is told of accounts, in this order.
    pub account_fields: Vec<Field>,
}

impl Default for HandOver {
    fn default() -> Self {
        Self { folder: "hand-over".into(), daily: false, account_fields: Field::ALL.to_vec() }
    }
}

/// What happens to readings of channels that the registry does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownChannels {
    /// They wait in quarantine until someone registers the channel.
    #[default]
    Quarantine,
    /// The channel is registered as the message describes it.
    Register,
}

/// A system that is collected from.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct HeadEnd {
    /// What it is called; its readings are kept under this name.
    pub name: String,
    /// Zone of stamps without an offset.
    pub zone: Option<String>,
    /// The format of what it gives, where content alone should not decide.
    pub format: Option<String>,
    /// What it says that its limits are: a file, compared with the register of `thresholds`.
    pub thresholds: Option<PathBuf>,
    /// How often it may be asked.
    pub contract: headend::pace::Contract,
    /// What is expected of what it sends, and of its clock.
    pub feed: headend::feed::Settings,
    /// Where it is a folder.
    pub folder: Option<headend::folder::Settings>,
    /// Where it is a web service.
    pub rest: Option<headend::rest::Settings>,
    /// Where it is asked in SOAP.
    pub soap: Option<headend::soap::Settings>,
    /// Where it publishes to a broker.
    pub mqtt: Option<headend::mqtt::Settings>,
    /// Where it pushes signed messages to `/hooks/NAME`, beside anything else or alone.
    pub hook: Option<Hook>,
}

/// How a head-end signs what it pushes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hook {
    /// The file with its secrets, one a line, each `whsec_` and base64; read for every message.
    pub secret_file: Option<PathBuf>,
    /// Instead, the variable of the environment that has them, with spaces between; read at the start.
    pub secret_env: Option<String>,
    /// Seconds that its clock may be from ours.
    pub tolerance_seconds: u32,
}

impl Default for Hook {
    fn default() -> Self {
        Self { secret_file: None, secret_env: None, tolerance_seconds: 300 }
    }
}

impl Hook {
    fn check(&self) -> Result<(), String> {
        if self.secret_file.is_some() == self.secret_env.is_some() {
            return Err("hook: expected one of secret_file and secret_env".into());
        }
        if !(1..=3600).contains(&self.tolerance_seconds) {
            return Err(format!("hook.tolerance_seconds: {}, expected 1 to 3600", self.tolerance_seconds));
        }
        Ok(())
    }
}

/// What kind of head-end it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'s> {
    /// A folder.
    Folder(&'s headend::folder::Settings),
    /// A web service.
    Rest(&'s headend::rest::Settings),
    /// A service in SOAP.
    Soap(&'s headend::soap::Settings),
    /// A broker of MQTT.
    Mqtt(&'s headend::mqtt::Settings),
}

impl Kind<'_> {
    /// The word for it, and where it is.
    pub fn place(self) -> (&'static str, String) {
        match self {
            Self::Folder(folder) => ("folder", folder.folder.display().to_string()),
            Self::Rest(rest) => ("rest", rest.address.clone()),
            Self::Soap(soap) => ("soap", soap.address.clone()),
            Self::Mqtt(mqtt) => ("mqtt", format!("{} {}", mqtt.address, mqtt.topics.join(" "))),
        }
    }

    fn check(self) -> Result<(), Trouble> {
        match self {
            Self::Folder(_) => Ok(()),
            Self::Rest(rest) => rest.deliveries().map(drop),
            Self::Soap(soap) => soap.checked().map(drop),
            Self::Mqtt(mqtt) => mqtt.broker().map(drop),
        }
    }
}

impl HeadEnd {
    /// Its kind; `None` where it only pushes. No checked settings have more than one.
    pub fn kind(&self) -> Option<Kind<'_>> {
        let mut given = self.kinds();
        given.next().filter(|_| given.next().is_none())
    }

    fn kinds(&self) -> impl Iterator<Item = Kind<'_>> {
        let kinds = [
            self.folder.as_ref().map(Kind::Folder),
            self.rest.as_ref().map(Kind::Rest),
            self.soap.as_ref().map(Kind::Soap),
            self.mqtt.as_ref().map(Kind::Mqtt),
        ];
        kinds.into_iter().flatten()
    }

    /// What its bytes do not say: their format, and the zone of their stamps.
    ///
    /// # Errors
    /// The name of the setting, what it is and what was expected.
    pub fn reading(&self) -> Result<(Option<Format>, Options), String> {
        let named = |name: &str| Format::ALL.into_iter().find(|format| format.name() == name);
        let format = self.format.as_deref().map(|name| {
            named(name).ok_or_else(|| {
                format!("format: `{name}` is not read; there are {}", Format::ALL.map(Format::name).join(", "))
            })
        });
        let zone = self.zone.as_deref().map(zone_of).transpose().map_err(|error| format!("zone: {error}"))?;
        Ok((format.transpose()?, Options { zone, ..Options::default() }))
    }

    fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("name: expected what it is called".into());
        }
        // Where validation is lies under names of its own beside those of sources.
        if self.name.starts_with("validation") {
            return Err(format!("name: `{}` is a name of Amity's own; choose another", self.name));
        }
        self.feed.check().map_err(|problem| format!("`{}`: {problem}", self.name))?;
        if let Some(hook) = &self.hook {
            hook.check().map_err(|problem| format!("`{}`: {problem}", self.name))?;
        }
        let only_pushes = self.hook.is_some() && self.kinds().next().is_none();
        match self.kind() {
            Some(kind) => kind.check().map_err(|trouble| format!("`{}`: {trouble}", self.name))?,
            None if only_pushes => {}
            None => {
                return Err(format!(
                    "`{}`: expected one of [head_end.folder], [head_end.rest], [head_end.soap] and [head_end.mqtt]",
                    self.name
                ));
            }
        }
        self.reading().map(drop).map_err(|problem| format!("`{}`: {problem}", self.name))
    }
}

/// Limits of the readings book.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Readings {
    /// Memory for open days, in MiB; the oldest days are sealed when it is used up.
    pub open_days_mib_max: u32,
}

impl Default for Readings {
    fn default() -> Self {
        Self { open_days_mib_max: 512 }
    }
}

/// Where the page and the API listen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Serve {
    /// Address and port; loopback unless set otherwise.
    pub listen: SocketAddr,
    /// Largest message taken over HTTP, in MiB.
    pub message_mib_max: u32,
}

impl Default for Serve {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8460)), message_mib_max: 64 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone: "UTC".into(),
            role: Role::Repository,
            profile: None,
            registry: "sqlite".into(),
            events_book: "sqlite".into(),
            unknown_channels: UnknownChannels::default(),
            plan: "default".into(),
            thresholds: None,
            head_ends: Vec::new(),
            admission: admission::Limits::default(),
            collection: collection::Rules::default(),
            daily_report: status::Limits::default(),
            hand_over: HandOver::default(),
            orders: orchestrator::Config::default(),
            schedules: Vec::new(),
            status: flags::Config::default(),
            events: events::Config::default(),
            review: review::Policy::default(),
            readings: Readings::default(),
            serve: Serve::default(),
        }
    }
}

impl Settings {
    /// Reads and checks a settings file.
    ///
    /// # Errors
    /// [`Failure::Usage`] naming the file, the line and what was expected.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Usage(format!("{}: cannot be read: {error}", path.display())))?;
        let settings: Self = written::read(&text, false, "settings.syntax")
            .map_err(|finding| Failure::Usage(format!("{}: {finding}", path.display())))?;
        settings.check().map_err(|problem| Failure::Usage(format!("{}: {problem}", path.display())))?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        zone_of(&self.zone).map_err(|error| format!("zone: {error}"))?;
        for (name, book) in [("registry", &self.registry), ("events_book", &self.events_book)] {
            if book != "sqlite" && !book.starts_with("postgres://") {
                return Err(format!("{name}: `{book}`, expected `sqlite` or postgres://user@host/database"));
            }
        }
        for (place, head_end) in self.head_ends.iter().enumerate() {
            head_end.check().map_err(|problem| format!("head_end: {problem}"))?;
            if self.head_ends[..place].iter().any(|other| other.name == head_end.name) {
                return Err(format!("head_end: there are two of the name `{}`", head_end.name));
            }
            let same_folder = |other: &&HeadEnd| head_end.folder.is_some() && folder_of(other) == folder_of(head_end);
            if let Some(other) = self.head_ends[..place].iter().find(same_folder) {
                return Err(format!("head_end: `{}` and `{}` have the same folder", other.name, head_end.name));
            }
            let same_session = |other: &&HeadEnd| head_end.mqtt.is_some() && session_of(other) == session_of(head_end);
            if let Some(other) = self.head_ends[..place].iter().find(same_session) {
                let names = (&other.name, &head_end.name);
                return Err(format!("head_end: `{}` and `{}` have the same address and client_id", names.0, names.1));
            }
        }
        self.collection.check().map_err(|error| format!("collection.{error}"))?;
        self.daily_report.check().map_err(|error| format!("daily_report.{error}"))?;
        self.profile.map_or(Ok(()), |profile| profile.check(self))?;
        self.orders.check().map_err(|error| format!("orders.{error}"))?;
        self.check_schedules().map_err(|error| format!("schedule: {error}"))?;
        self.status.build().map_err(|error| format!("status.{error}"))?;
        self.events.build().map_err(|error| format!("events.{error}"))?;
        Ok(())
    }
}

impl Settings {
    /// What of the schedules cannot be.
    fn check_schedules(&self) -> Result<(), String> {
        let zone = zone_of(&self.zone).map_err(|error| error.to_string())?;
        for (place, schedule) in self.schedules.iter().enumerate() {
            schedule.rhythm(&zone)?;
            if self.schedules[..place].iter().any(|other| other.name == schedule.name) {
                return Err(format!("there are two of the name `{}`", schedule.name));
            }
            let is_head_end = |name: &&String| self.head_ends.iter().any(|head_end| head_end.name == **name);
            if let Some(name) = schedule.head_ends.iter().find(|name| !is_head_end(name)) {
                return Err(format!("`{}`: head_ends: there is no [[head_end]] of the name `{name}`", schedule.name));
            }
        }
        Ok(())
    }
}

fn folder_of(head_end: &HeadEnd) -> Option<&Path> {
    head_end.folder.as_ref().map(|settings| settings.folder.as_path())
}

/// What a broker tells its sessions apart by.
fn session_of(head_end: &HeadEnd) -> Option<(&str, &str)> {
    head_end.mqtt.as_ref().map(|settings| (settings.address.as_str(), settings.client_id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_configuration_loads() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        let examples = std::fs::read_dir(folder).expect("config folder").map(|entry| entry.expect("entry").path());
        let mut loaded = 0;
        for path in examples.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
            if let Err(failure) = Settings::load(&path) {
                panic!("{failure}");
            }
            loaded += 1;
        }
        assert!(0 < loaded, "no example under config/");
    }

    #[test]
    fn wrong_settings_name_file_line_and_expectation() {
        let check = |text: &str, expected: &str| {
            let file = tempfile::NamedTempFile::new().expect("temporary file");
            std::fs::write(file.path(), text).expect("write");
            let message = Settings::load(file.path()).expect_err("refused").to_string();
            assert!(message.contains(expected), "{message}");
        };
        check("zoen = \"UTC\"", "line 1");
        check("zone = \"Mars/Olympus\"", "zone: `Mars/Olympus` is not a time zone");
        check("registry = \"oracle\"", "expected `sqlite` or postgres://");
        check("role = \"both\"", "expected `collection` or `repository`");
        check("unknown_channels = \"drop\"", "expected `quarantine` or `register`");
        check("[status.sources]\nHES-1 = \"Gen5\"", "there is no status map `Gen5`; there are OpenWay, UtilityIQ");
        check("[status.maps.UtilityIQ]\nCLOCK_ERR = \"CLOCK\"", "is shipped and locked");
        check(
            "[collection]\nregister_every_minutes = 7",
            "collection.register_every_minutes: 7, expected 0 or minutes",
        );
        check("[collection]\ndeadline = \"5 am\"", "line 2");
        check("[[head_end]]\nname = \"a\"", "head_end: `a`: expected one of [head_end.folder], [head_end.rest], ");
        let broker = "[[head_end]]\nname = \"NAME\"\n[head_end.mqtt]\naddress = \"mqtt://127.0.0.1:1883\"\n\
                      client_id = \"amity\"\ntopics = [\"hes/#\"]\n";
        let two = [broker.replace("NAME", "a"), broker.replace("NAME", "b")].concat();
        check(&two, "head_end: `a` and `b` have the same address and client_id");
        let soap =
            "[[head_end]]\nname = \"a\"\n[head_end.soap]\naddress = \"https://hes.example\"\nversion = \"1.2\"\n";
        check(&format!("{soap}[head_end.soap.windows]\nminutes = 0\n"), "head_end: `a`: windows.minutes is 0");
        check("[daily_report]\ndisk_per_cent_max = 0", "daily_report.disk_per_cent_max: 0, expected 1 to 100");
        let hook = "[[head_end]]\nname = \"a\"\n[head_end.hook]\n";
        check(hook, "head_end: `a`: hook: expected one of secret_file and secret_env");
        check(&format!("{hook}secret_env = \"S\"\ntolerance_seconds = 0"), "hook.tolerance_seconds: 0, expected 1");
        check("[[schedule]]\nname = \"n\"", "schedule: `n`: expected local times as `at`, or `every_minutes`");
        let hourly = "[[schedule]]\nname = \"n\"\nevery_minutes = 60\n";
        check(&hourly.repeat(2), "schedule: there are two of the name `n`");
        check(&format!("{hourly}head_ends = [\"HES\"]"), "there is no [[head_end]] of the name `HES`");
        check("profile = \"Ontario\"", "expected `ontario`");
        let ontario =
            |collection: &str| format!("profile = \"ontario\"\nrole = \"collection\"\n[collection]\n{collection}");
        check("profile = \"ontario\"", "role: repository, and the profile `ontario` asks for `collection`");
        check(&ontario("register_every_minutes = 0"), "asks for 60 (2.2.1)");
        check(&ontario("register_every_minutes = 60\nper_cent = 97"), "collection.per_cent: 97, and the profile");
        check(&ontario("register_every_minutes = 60\ndeadline = \"05:01:00\""), "05:00:00 at the latest");
        check(&ontario("register_every_minutes = 60\nstamp_tolerance_seconds = 91"), "90 at the most");
        check("[[head_end]]\n[head_end.folder]\nfolder = \"in\"", "head_end: name: expected what it is called");
        check("[[head_end]]\nname = \"validation\"", "head_end: name: `validation` is a name of Amity's own");
        let folder = "[[head_end]]\nname = \"a\"\nFORMAT\n[head_end.folder]\nfolder = \"in\"\n";
        check(&folder.replace("FORMAT", "").repeat(2), "head_end: there are two of the name `a`");
        check(&folder.replace("FORMAT", "format = \"xls\""), "head_end: `a`: format: `xls` is not read");
        check("events_book = \"files\"", "events_book: `files`, expected `sqlite` or postgres://");
        check("[events.dialects.HES-1]\nDN = \"down\"", "events.dialects.HES-1.DN: expected a 4-part event type");
        check(
            "[orders.gap]\ntries_after_seconds = []\nanswer_seconds = 9",
            "orders.gap.tries_after_seconds: [], expected one or more",
        );
        check("[serve]\nlisten = \"everywhere\"", "listen");
    }
}
