//! Files that appear in a folder: what an SFTP server, a batch job or a person puts there.
//!
//! A file is a delivery once it was left alone for a while and is called nothing that is usual for files under way. Older
//! ones come first. A file that was taken is moved into the folder `taken` beside the others, never deleted; one that
//! changed while it was taken stays, and is a delivery again. Links are no files: whoever may write into the folder could
//! have others read through them. A file that cannot be opened or moved is told once and passed over while the program
//! runs, so that it holds up nobody.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
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
    60
}

/// A folder as a head-end.
#[derive(Debug)]
pub struct Folder {
    settings: Settings,
    now: fn() -> SystemTime,
    /// Files that were ready when the folder was last read, oldest first; the first one is the delivery.
    ready: VecDeque<Ready>,
    /// Files that cannot be opened or moved, as they are.
    passed_over: HashSet<(PathBuf, Mark)>,
    /// Whether it was told that files cannot be moved: once is enough, for each of them is taken.
    told_stuck: bool,
}

/// A file that is ready.
#[derive(Clone, Debug)]
struct Ready {
    path: PathBuf,
    mark: Mark,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Mark {
    modified: SystemTime,
    length: u64,
    number: u64,
}

impl Mark {
    /// The mark of a file; `None` where there is none, or no plain one.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let metadata = match fs::symlink_metadata(path) {
            // It went while the folder was read.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            metadata => metadata?,
        };
        let mark = Self { modified: metadata.modified()?, length: metadata.len(), number: metadata.ino() };
        Ok(metadata.is_file().then_some(mark))
    }
}

impl Folder {
    /// A folder of these settings; `now` tells how long a file was left alone.
    pub fn new(settings: Settings, now: fn() -> SystemTime) -> Self {
        Self { settings, now, ready: VecDeque::new(), passed_over: HashSet::new(), told_stuck: false }
    }

    /// The oldest file that is as it was when the folder was read; reads the folder where none is left.
    fn oldest(&mut self) -> io::Result<Option<Ready>> {
        for read_again in [false, true] {
            if read_again {
                self.ready = self.read()?;
            }
            while let Some(ready) = self.ready.front() {
                if Mark::of(&ready.path)? == Some(ready.mark) {
                    return Ok(Some(ready.clone()));
                }
                self.ready.pop_front();
            }
        }
        Ok(None)
    }

    fn read(&self) -> io::Result<VecDeque<Ready>> {
        let mut ready = Vec::new();
        for entry in fs::read_dir(&self.settings.folder)? {
            let path = entry?.path();
            if let Some(mark) = Mark::of(&path)?.filter(|mark| self.is_ready(&path, *mark)) {
                ready.push(Ready { path, mark });
            }
        }
        ready.sort_by(|one, other| (one.mark.modified, &one.path).cmp(&(other.mark.modified, &other.path)));
        Ok(ready.into())
    }

    fn is_ready(&self, path: &Path, mark: Mark) -> bool {
        let settled = Duration::from_secs(self.settings.settled_seconds.into());
        // A stamp of the future says nothing of how long the file was left alone: it is taken once that has come.
        let is_settled = (self.now)().duration_since(mark.modified).is_ok_and(|age| settled <= age);
        is_settled && !is_under_way(path) && !self.passed_over.contains(&(path.to_owned(), mark))
    }

    fn pass_over(&mut self, ready: Ready) {
        self.passed_over.insert((ready.path, ready.mark));
        self.ready.pop_front();
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
        let Some(ready) = oldest else { return Ok(None) };
        if let Err(error) = fs::File::open(&ready.path) {
            let why = format!("{} cannot be opened and is passed over: {error}", ready.path.display());
            self.pass_over(ready);
            return Err(Trouble::Down(why));
        }
        let name = ready.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Some(Delivery { position: name.clone(), name, body: Body::File(ready.path) }))
    }

    async fn taken(&mut self, delivery: &Delivery) -> Result<(), Trouble> {
        let Body::File(path) = &delivery.body else { return Ok(()) };
        let Some(ready) = self.ready.front().filter(|ready| ready.path == *path).cloned() else { return Ok(()) };
        // What came to it since was not read: all of it is a delivery again once it is left alone.
        if !matches!(Mark::of(path), Ok(Some(mark)) if mark == ready.mark) {
            self.ready.pop_front();
            return Ok(());
        }
        if let Err(error) = self.put_away(path) {
            let why = format!("{} was taken and cannot be moved to `{TAKEN}`: {error}", path.display());
            self.pass_over(ready);
            return if std::mem::replace(&mut self.told_stuck, true) { Ok(()) } else { Err(Trouble::Down(why)) };
        }
        self.ready.pop_front();
        Ok(())
    }
}
