//! Files that appear in a folder: what an SFTP server, a batch job or a person puts there.
//!
//! A file is a delivery once it was left alone for a while and is called nothing that is usual for files under way. Older
//! ones come first. A file that was taken is moved into the folder `taken` beside the others, never deleted; where it
//! cannot be moved it is left and not asked for again while the program runs.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::{Body, Delivery, HeadEnd, Trouble};

/// Where files that were taken go.
const TAKEN: &str = "taken";
/// Endings of files that are still being written.
const UNDER_WAY: [&str; 6] = ["tmp", "temp", "part", "partial", "filepart", "writing"];
/// Files of one name that `taken` holds at the most; another one stays where it is.
const NAMESAKES_MAX: u32 = 10_000;

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The folder.
    pub folder: PathBuf,
    /// Seconds that a file must have been left alone.
    #[serde(default = "settled")]
    pub settled_seconds: u32,
}

const fn settled() -> u32 {
    2
}

/// A folder as a head-end.
#[derive(Debug)]
pub struct Folder {
    settings: Settings,
    now: fn() -> SystemTime,
    /// Files that could not be moved after they were taken.
    stuck: HashSet<(PathBuf, SystemTime, u64)>,
}

/// A file that is ready.
struct Ready {
    modified: SystemTime,
    path: PathBuf,
}

impl Folder {
    /// A folder of these settings; `now` tells how long a file was left alone.
    pub fn new(settings: Settings, now: fn() -> SystemTime) -> Self {
        Self { settings, now, stuck: HashSet::new() }
    }

    fn oldest(&self) -> io::Result<Option<Ready>> {
        let mut oldest: Option<Ready> = None;
        for entry in fs::read_dir(&self.settings.folder)? {
            let path = entry?.path();
            let metadata = match fs::metadata(&path) {
                Ok(metadata) => metadata,
                // It went while the folder was read.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let Some(ready) = self.ready(path, &metadata) else { continue };
            let is_older = |oldest: &Ready| (ready.modified, &ready.path) < (oldest.modified, &oldest.path);
            if oldest.as_ref().is_none_or(is_older) {
                oldest = Some(ready);
            }
        }
        Ok(oldest)
    }

    fn ready(&self, path: PathBuf, metadata: &Metadata) -> Option<Ready> {
        let modified = metadata.modified().ok()?;
        let settled = Duration::from_secs(self.settings.settled_seconds.into());
        // A stamp of the future says nothing of how long the file was left alone: it is taken once that has come.
        let is_settled = (self.now)().duration_since(modified).is_ok_and(|age| settled <= age);
        let is_stuck = self.stuck.contains(&(path.clone(), modified, metadata.len()));
        (metadata.is_file() && is_settled && !is_under_way(&path) && !is_stuck).then_some(Ready { modified, path })
    }

    fn put_away(&self, path: &Path) -> io::Result<()> {
        let folder = self.settings.folder.join(TAKEN);
        fs::create_dir_all(&folder)?;
        fs::rename(path, free_name(&folder, path)?)
    }

    fn trouble(&self, what: &str, error: &io::Error) -> Trouble {
        let folder = self.settings.folder.display();
        match error.kind() {
            ErrorKind::NotFound => Trouble::Refused(format!("there is no folder {folder}")),
            ErrorKind::NotADirectory => Trouble::Refused(format!("{folder} is no folder")),
            _ => Trouble::Down(format!("{what} {folder}: {error}")),
        }
    }
}

fn is_under_way(path: &Path) -> bool {
    let is_hidden = path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
    is_hidden || ending.is_some_and(|ending| UNDER_WAY.contains(&ending.as_str()))
}

/// A path in a folder that nothing has yet: the name itself, else `2.name`, `3.name` and on.
fn free_name(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default();
    let of = |number: u32| match number {
        1 => folder.join(name),
        _ => {
            let mut numbered = std::ffi::OsString::from(format!("{number}."));
            numbered.push(name);
            folder.join(numbered)
        }
    };
    let free = (1..NAMESAKES_MAX).map(of).find(|path| !path.exists());
    free.ok_or_else(|| io::Error::other(format!("{} holds too many files of that name", folder.display())))
}

impl HeadEnd for Folder {
    async fn pull(&mut self, _after: Option<&str>) -> Result<Option<Delivery>, Trouble> {
        let oldest = self.oldest().map_err(|error| self.trouble("could not read", &error))?;
        Ok(oldest.map(|Ready { path, .. }| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Delivery { position: name.clone(), name, body: Body::File(path) }
        }))
    }

    async fn taken(&mut self, delivery: &Delivery) -> Result<(), Trouble> {
        let Body::File(path) = &delivery.body else { return Ok(()) };
        let Err(error) = self.put_away(path) else { return Ok(()) };
        if let Ok((modified, length)) = fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len()))) {
            self.stuck.insert((path.clone(), modified, length));
        }
        Err(Trouble::Down(format!("{} was taken and cannot be moved to `{TAKEN}`: {error}", path.display())))
    }
}
