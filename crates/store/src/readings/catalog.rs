//! The catalog: which files make up the book, and what the log no longer tells.
//!
//! One JSON document that a person can read, with a BLAKE3 hash of it on the last line. It is written whole, twice,
//! under two names: where one copy is damaged the other serves. A new state of the book begins with a new catalog;
//! files that no catalog names are left-overs and are removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use model::quality::Quality;
use serde::{Deserialize, Serialize};

use super::answers::AnswersEntry;
use super::error::{Damage, Error, Lost};
use super::feed_file::FeedEntry;
use super::segment::SegmentEntry;
use crate::disk::{self, Disk};

/// The version that is written.
const FORMAT: u32 = 1;

/// The names of the two copies.
const NAMES: [&str; 2] = ["catalog-a.json", "catalog-b.json"];

/// What makes up the book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalog {
    pub(super) format: u32,
    /// Counts the catalogs of a book.
    pub(super) generation: u64,
    /// Higher than that of any record written before the book was opened last.
    pub(super) epoch: u64,
    /// Records before this one are not needed any more.
    pub(super) log_start: u64,
    /// The latest moment of arrival.
    pub(super) received_max: i64,
    /// The number of the next file.
    pub(super) next_id: u64,
    /// Answers up to this sequence are in files.
    pub(super) answered_through: u64,
    /// Changes up to this sequence are in files.
    pub(super) fed_through: u64,
    /// Changes up to this sequence are no longer kept.
    pub(super) feed_dropped_through: u64,
    pub(super) days: Vec<DayEntry>,
    /// One for each month that is complete.
    pub(super) months: Vec<SegmentEntry>,
    pub(super) answers: Vec<AnswersEntry>,
    pub(super) feed: Vec<FeedEntry>,
    /// Positions of sources up to `answered_through`.
    pub(super) positions: BTreeMap<String, String>,
    /// The dictionary of qualities, by number.
    pub(super) qualities: Vec<Quality>,
    /// Damage found and not settled yet.
    pub(super) damage: Vec<Damage>,
    /// Damage that was settled and may be met again.
    pub(super) settled_damage: Vec<Damage>,
}

/// A day that was sealed at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DayEntry {
    pub(super) date: Date,
    /// Batches up to this one are in its segments.
    pub(super) sealed_through: u64,
    /// Newest first.
    pub(super) segments: Vec<SegmentEntry>,
    /// The day as the month segment has it.
    pub(super) rolled: Option<SegmentEntry>,
}

impl Catalog {
    /// The number for a new file.
    pub(super) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The entry of a day, a new one where there is none.
    pub(super) fn day(&mut self, date: Date) -> &mut DayEntry {
        let at = self.days.binary_search_by_key(&date, |day| day.date).unwrap_or_else(|at| {
            self.days.insert(at, DayEntry { date, sealed_through: 0, segments: Vec::new(), rolled: None });
            at
        });
        &mut self.days[at]
    }

    /// Gives up the oldest files of the feed until the others fit the limit.
    pub(super) fn drop_old_feed(&mut self, bytes_max: u64) {
        let mut bytes: u64 = self.feed.iter().map(|entry| entry.bytes).sum();
        while bytes_max < bytes && 1 < self.feed.len() {
            let oldest = self.feed.remove(0);
            bytes -= oldest.bytes;
            self.feed_dropped_through = oldest.last();
        }
    }

    /// Every segment.
    pub(super) fn segments(&self) -> impl Iterator<Item = &SegmentEntry> {
        let of_days = self.days.iter().flat_map(|day| day.segments.iter().chain(&day.rolled));
        of_days.chain(&self.months)
    }

    /// Files other than segments, relative to the book's folder.
    pub(super) fn small_files(&self) -> BTreeSet<PathBuf> {
        let answers = self.answers.iter().map(|entry| Path::new("answers").join(entry.name()));
        answers.chain(self.feed.iter().map(|entry| Path::new("feed").join(entry.name()))).collect()
    }

    /// The catalog of a new book.
    pub(super) fn empty() -> Self {
        Self { format: FORMAT, log_start: 1, next_id: 1, received_max: i64::MIN, ..Self::default() }
    }

    /// Reads the newest whole copy; `None` where the book is new. Tells damage of the other copy.
    pub(super) fn read(disk: &dyn Disk, dir: &Path) -> Result<(Option<Self>, Vec<Damage>), Error> {
        let mut newest: Option<Self> = None;
        let mut damage = Vec::new();
        let mut found = 0;
        for name in NAMES {
            let path = dir.join(name);
            let bytes = match disk::read_all(disk, &path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("read", &path)(error)),
            };
            found += 1;
            match Self::decode(&bytes, &path)? {
                Some(catalog) => {
                    if newest.as_ref().is_none_or(|other| other.generation < catalog.generation) {
                        newest = Some(catalog);
                    }
                }
                None => damage.push(Damage { file: name.into(), lost: Lost::Nothing }),
            }
        }
        if newest.is_none() && 0 < found {
            return Err(Error::Damaged(all_lost()));
        }
        Ok((newest, damage))
    }

    fn decode(bytes: &[u8], path: &Path) -> Result<Option<Self>, Error> {
        let bytes = bytes.trim_ascii_end();
        let Some(newline) = bytes.iter().rposition(|byte| *byte == b'\n') else { return Ok(None) };
        let (document, hash) = (&bytes[..newline], &bytes[newline + 1..]);
        if blake3::hash(document).to_hex().as_bytes() != hash {
            return Ok(None);
        }
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        // The hash says that these are the bytes that were written, so what cannot be read is no damage.
        let other = |found| Error::OtherFormat { path: path.into(), found, known: FORMAT };
        match serde_json::from_slice(document) {
            Ok(Version { format: FORMAT }) => {
                serde_json::from_slice(document).map(Some).map_err(|_| other(format!("{FORMAT} with other fields")))
            }
            Ok(Version { format }) => Err(other(format.to_string())),
            Err(_) => Err(other("without a number".into())),
        }
    }

    /// Makes this the catalog of the book. [`Error::OutOfSpace`] means that the one before still is; after any other
    /// error it is not known which of them is.
    pub(super) fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
        let mut document = serde_json::to_vec(self).expect("numbers, texts and lists are JSON");
        let hash = blake3::hash(&document).to_hex();
        document.push(b'\n');
        document.extend_from_slice(hash.as_bytes());
        document.push(b'\n');
        let [first, second] = NAMES.map(|name| dir.join(name));
        disk::replace(disk, &first, &document).map_err(Error::io("write", &first))?;
        match disk::replace(disk, &second, &document) {
            // The first copy decides; the second is made up for with the next catalog.
            Err(error) if disk::is_full(&error) => Ok(()),
            second_copy => second_copy.map_err(Error::io("write", &second)),
        }
    }
}

/// No catalog can be read, or an older one than the log speaks of.
pub(super) fn all_lost() -> Damage {
    Damage { file: NAMES[0].into(), lost: Lost::Days { from: Date::MIN, to: Date::MAX } }
}
