//! `amity.toml`: the settings of an installation, with their defaults. Unknown settings are errors.

use std::net::SocketAddr;
use std::path::Path;

use formats::{Format, Options};
use ingest::placement::zone_of;
use ingest::{admission, collection, flags, review};
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
    /// The registry book: `sqlite` in the data folder, or `postgres://user@host/database`.
    pub registry: String,
    /// What happens to readings of unknown channels.
    pub unknown_channels: UnknownChannels,
    /// The plan of validation and estimation: a file, or `default`.
    pub plan: String,
    /// What is collected from, while it serves.
    #[serde(rename = "head_end")]
    pub head_ends: Vec<HeadEnd>,
    /// Checks at admission.
    pub admission: admission::Limits,
    /// What is asked of the collection of a day.
    pub collection: collection::Rules,
    /// How head-ends are asked for what is missing.
    pub orders: orchestrator::Config,
    /// What flags of sources mean.
    pub status: flags::Config,
    /// Whose word counts in the review of exceptions.
    pub review: review::Policy,
    /// The readings book.
    pub readings: Readings,
    /// The page and the API.
    pub serve: Serve,
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
    /// How often it may be asked.
    pub contract: headend::pace::Contract,
    /// Where it is a folder.
    pub folder: Option<headend::folder::Settings>,
    /// Where it is a web service.
    pub rest: Option<headend::rest::Settings>,
}

/// What kind of head-end it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'s> {
    /// A folder.
    Folder(&'s headend::folder::Settings),
    /// A web service.
    Rest(&'s headend::rest::Settings),
}

impl HeadEnd {
    /// Its kind; `None` where there is none or more than one, which no checked settings have.
    pub fn kind(&self) -> Option<Kind<'_>> {
        match (&self.folder, &self.rest) {
            (Some(folder), None) => Some(Kind::Folder(folder)),
            (None, Some(rest)) => Some(Kind::Rest(rest)),
            _ => None,
        }
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
        if self.kind().is_none() {
            return Err(format!("`{}`: expected one of [head_end.folder] and [head_end.rest]", self.name));
        }
        if let Some(rest) = &self.rest {
            rest.deliveries().map_err(|trouble| format!("`{}`: {trouble}", self.name))?;
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
            registry: "sqlite".into(),
            unknown_channels: UnknownChannels::default(),
            plan: "default".into(),
            head_ends: Vec::new(),
            admission: admission::Limits::default(),
            collection: collection::Rules::default(),
            orders: orchestrator::Config::default(),
            status: flags::Config::default(),
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
        if self.registry != "sqlite" && !self.registry.starts_with("postgres://") {
            return Err(format!("registry: `{}`, expected `sqlite` or postgres://user@host/database", self.registry));
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
        }
        self.collection.check().map_err(|error| format!("collection.{error}"))?;
        self.orders.check().map_err(|error| format!("orders.{error}"))?;
        self.status.build().map_err(|error| format!("status.{error}"))?;
        Ok(())
    }
}

fn folder_of(head_end: &HeadEnd) -> Option<&Path> {
    head_end.folder.as_ref().map(|settings| settings.folder.as_path())
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
        check("[[head_end]]\nname = \"a\"", "head_end: `a`: expected one of [head_end.folder] and [head_end.rest]");
        check("[[head_end]]\n[head_end.folder]\nfolder = \"in\"", "head_end: name: expected what it is called");
        check("[[head_end]]\nname = \"validation\"", "head_end: name: `validation` is a name of Amity's own");
        let folder = "[[head_end]]\nname = \"a\"\nFORMAT\n[head_end.folder]\nfolder = \"in\"\n";
        check(&folder.replace("FORMAT", "").repeat(2), "head_end: there are two of the name `a`");
        check(&folder.replace("FORMAT", "format = \"xls\""), "head_end: `a`: format: `xls` is not read");
        check(
            "[orders.gap]\ntries_after_seconds = []\nanswer_seconds = 9",
            "orders.gap.tries_after_seconds: [], expected one or more",
        );
        check("[serve]\nlisten = \"everywhere\"", "listen");
    }
}
