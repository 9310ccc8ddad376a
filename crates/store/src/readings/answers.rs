//! What sources were answered, by de-duplication key.
//!
//! The newest answers are in memory; when days are sealed, they go to a file of entries sorted by key. Of each file
//! 4 bytes a key stay in memory: the fronts of its keys, which say where a key can be.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::{Damage, Error, Lost};
use super::wire::Input;
use crate::disk::{self, Disk, OpenMode, read_exact_at};

/// Key, sequence, moment of arrival, place and length of the answer, checksum of entry and answer.
const ENTRY_LEN: usize = 64;

/// A batch that was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) sequence: u64,
    pub(super) received_at: i64,
    pub(super) answer: Box<[u8]>,
}

/// What the catalog knows of a file of answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswersEntry {
    pub(super) id: u64,
    pub(super) keys: u64,
    pub(super) bytes: u64,
    /// Checksum of the fronts.
    checksum: u32,
}

impl AnswersEntry {
    pub(super) fn name(&self) -> String {
        format!("{:08}.answers", self.id)
    }
}

/// Every key the book has seen.
pub(super) struct Answers {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    recent: BTreeMap<[u8; 32], Answered>,
    files: Vec<AnswersFile>,
    /// Files that turned out damaged.
    pub(super) damage: Vec<Damage>,
}

struct AnswersFile {
    entry: AnswersEntry,
    /// The first 4 bytes of each key, in order; loaded when first asked.
    fronts: Option<Vec<u32>>,
}

impl Answers {
    pub(super) fn new(disk: &Arc<dyn Disk>, dir: &Path, files: &[AnswersEntry]) -> Self {
        let files = files.iter().map(|entry| AnswersFile { entry: entry.clone(), fronts: None }).collect();
        Self { disk: Arc::clone(disk), dir: dir.into(), recent: BTreeMap::new(), files, damage: Vec::new() }
    }

    /// Notes a batch that is durable.
    pub(super) fn insert(&mut self, key: [u8; 32], answered: Answered) {
        self.recent.insert(key, answered);
    }

    /// The batch that was stored with a key. A damaged file answers nothing and is noted.
    pub(super) fn get(&mut self, key: &[u8; 32]) -> Result<Option<Answered>, Error> {
        if let Some(answered) = self.recent.get(key) {
            return Ok(Some(answered.clone()));
        }
        for at in (0..self.files.len()).rev() {
            match self.files[at].get(&*self.disk, &self.dir, key) {
                Err(Error::Damaged(damage)) => {
                    if !self.damage.contains(&damage) {
                        self.damage.push(damage);
                    }
                }
                Ok(None) => {}
                found => return found,
            }
        }
        Ok(None)
    }

    /// Bytes of the files.
    pub(super) fn file_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.entry.bytes).sum()
    }

    /// The answers up to a sequence, to be filed.
    pub(super) fn through(&self, sequence: u64) -> BTreeMap<[u8; 32], Answered> {
        let old = self.recent.iter().filter(|(_, answered)| answered.sequence <= sequence);
        old.map(|(key, answered)| (*key, answered.clone())).collect()
    }

    /// Forgets what is in files now.
    pub(super) fn filed(&mut self, through: u64, files: &[AnswersEntry]) {
        self.recent.retain(|_, answered| through < answered.sequence);
        let mut known: HashMap<u64, AnswersFile> =
            std::mem::take(&mut self.files).into_iter().map(|file| (file.entry.id, file)).collect();
        self.files = files
            .iter()
            .map(|entry| known.remove(&entry.id).unwrap_or_else(|| AnswersFile { entry: entry.clone(), fronts: None }))
            .collect();
    }
}

impl AnswersFile {
    fn get(&mut self, disk: &dyn Disk, dir: &Path, key: &[u8; 32]) -> Result<Option<Answered>, Error> {
        let front = front(key);
        let path = dir.join(self.entry.name());
        let fronts = match &mut self.fronts {
            Some(fronts) => fronts,
            unread => unread.insert(read_fronts(disk, &path, &self.entry)?),
        };
        let first = fronts.partition_point(|other| *other < front);
        let candidates = fronts[first..].iter().take_while(|other| **other == front).count();
        for at in first..first + candidates {
            let file = disk.open(&path, OpenMode::Read).map_err(Error::io("open", &path))?;
            let mut bytes = [0; ENTRY_LEN];
            read_exact_at(&*file, &mut bytes, (at * ENTRY_LEN) as u64).map_err(Error::io("read", &path))?;
            let Some((found, answered, place, checksum)) = parse_entry(&bytes) else { continue };
            let mut answer = vec![0; place.1.min(self.entry.bytes as usize)];
            match read_exact_at(&*file, &mut answer, place.0) {
                // A place outside the file is none that was written; the checksum says so.
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => answer.clear(),
                read => read.map_err(Error::io("read", &path))?,
            }
            if entry_checksum(&bytes, &answer) != checksum {
                return Err(Error::Damaged(damage(&self.entry)));
            }
            if found == *key {
                return Ok(Some(Answered { answer: answer.into(), ..answered }));
            }
        }
        Ok(None)
    }
}

fn damage(entry: &AnswersEntry) -> Damage {
    Damage { file: Path::new("answers").join(entry.name()), lost: Lost::Answers }
}

fn front(key: &[u8; 32]) -> u32 {
    u32::from_be_bytes([key[0], key[1], key[2], key[3]])
}

/// The fronts lie at the end of the file.
fn read_fronts(disk: &dyn Disk, path: &Path, entry: &AnswersEntry) -> Result<Vec<u32>, Error> {
    let file = match disk.open(path, OpenMode::Read) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Error::Damaged(damage(entry))),
        file => file.map_err(Error::io("open", path))?,
    };
    let len = entry.keys * 4;
    if file.len().map_err(Error::io("read", path))? != entry.bytes || entry.bytes < len {
        return Err(Error::Damaged(damage(entry)));
    }
    let mut bytes = vec![0; len as usize];
    read_exact_at(&*file, &mut bytes, entry.bytes - len).map_err(Error::io("read", path))?;
    if crc32c::crc32c(&bytes) != entry.checksum {
        return Err(Error::Damaged(damage(entry)));
    }
    Ok(bytes.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect())
}

type ParsedEntry = ([u8; 32], Answered, (u64, usize), u32);

fn parse_entry(bytes: &[u8; ENTRY_LEN]) -> Option<ParsedEntry> {
    let mut input = Input::new(bytes);
    let key = input.key().ok()?;
    let sequence = input.u64().ok()?;
    let received_at = input.u64().ok()? as i64;
    let place = (input.u64().ok()?, input.u32().ok()? as usize);
    let answered = Answered { sequence, received_at, answer: Box::default() };
    Some((key, answered, place, input.u32().ok()?))
}

fn entry_checksum(entry: &[u8; ENTRY_LEN], answer: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&entry[..ENTRY_LEN - 4]), answer)
}

/// Writes a file of answers; `None` where there are none.
pub(super) fn write(
    disk: &dyn Disk,
    dir: &Path,
    id: u64,
    answers: &BTreeMap<[u8; 32], Answered>,
) -> Result<Option<AnswersEntry>, Error> {
    if answers.is_empty() {
        return Ok(None);
    }
    let mut entries = Vec::with_capacity(answers.len() * (ENTRY_LEN + 4));
    let (mut blob, mut fronts) = (Vec::new(), Vec::new());
    let blob_at = (answers.len() * ENTRY_LEN) as u64;
    for (key, answered) in answers {
        let mut entry = [0; ENTRY_LEN];
        entry[..32].copy_from_slice(key);
        entry[32..40].copy_from_slice(&answered.sequence.to_le_bytes());
        entry[40..48].copy_from_slice(&answered.received_at.to_le_bytes());
        entry[48..56].copy_from_slice(&(blob_at + blob.len() as u64).to_le_bytes());
        entry[56..60].copy_from_slice(&(answered.answer.len() as u32).to_le_bytes());
        let checksum = entry_checksum(&entry, &answered.answer);
        entry[60..].copy_from_slice(&checksum.to_le_bytes());
        entries.extend_from_slice(&entry);
        blob.extend_from_slice(&answered.answer);
        fronts.extend_from_slice(&front(key).to_le_bytes());
    }
    entries.extend_from_slice(&blob);
    entries.extend_from_slice(&fronts);
    let entry =
        AnswersEntry { id, keys: answers.len() as u64, bytes: entries.len() as u64, checksum: crc32c::crc32c(&fronts) };
    let path = dir.join(entry.name());
    disk::replace(disk, &path, &entries).map_err(Error::io("write", &path))?;
    Ok(Some(entry))
}

/// Every answer of a file. Damage ends it.
pub(super) fn read(disk: &dyn Disk, dir: &Path, entry: &AnswersEntry) -> Result<BTreeMap<[u8; 32], Answered>, Error> {
    let path = dir.join(entry.name());
    read_fronts(disk, &path, entry)?;
    let bytes = disk::read_all(disk, &path).map_err(Error::io("read", &path))?;
    let mut answers = BTreeMap::new();
    for raw in bytes.as_chunks::<ENTRY_LEN>().0.iter().take(entry.keys as usize) {
        let whole = parse_entry(raw).and_then(|(key, answered, (start, len), checksum)| {
            let start = usize::try_from(start).ok()?;
            let answer = bytes.get(start..start.checked_add(len)?)?;
            (entry_checksum(raw, answer) == checksum).then(|| (key, Answered { answer: answer.into(), ..answered }))
        });
        let (key, answered) = whole.ok_or_else(|| Error::Damaged(damage(entry)))?;
        answers.insert(key, answered);
    }
    Ok(answers)
}
