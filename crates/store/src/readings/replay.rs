//! Reading the log back: which records hold, where the tail is, what is damaged.
//!
//! Every file is looked through for record headers; those of needed sequences are put in order. A sequence whose
//! record is missing or broken is *damage* where something proves that it was synced (the mark, or what a later
//! record says of it), and else the *torn tail* of a group that was never acknowledged: it is cut there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use smol_str::SmolStr;

use super::error::{Damage, Error, Lost};
use super::log::{Log, LogFile, MarkFile, Tail};
use super::record::{ALIGNMENT, HEADER_LEN, Head, Header};
use crate::disk::{Disk, OpenMode, read_exact_at};

/// What became of the log.
#[derive(Debug, Default)]
pub(super) struct Replayed {
    /// Records handed on.
    pub(super) records: u64,
    /// The last sequence that was ever acknowledged or handed on.
    pub(super) last_sequence: u64,
    /// The highest epoch seen in any record.
    pub(super) epoch: u64,
    /// File and offset of a torn group that was cut.
    pub(super) torn: Option<(PathBuf, u64)>,
    pub(super) damage: Vec<Damage>,
    /// The catalog that the mark speaks of.
    pub(super) catalog: u64,
}

/// Where a record lies.
#[derive(Clone, Copy, Debug)]
struct Place {
    file: usize,
    offset: u64,
    header: Header,
}

/// Hands every record from `start` on to `take`, in order, and returns the log ready for appending.
pub(super) fn replay(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    file_bytes: u64,
    start: u64,
    mut take: impl FnMut(&Header, &[u8], &[u8]) -> Result<(), Error>,
) -> Result<(Log, Replayed), Error> {
    let (mark, mark_damaged) = MarkFile::open(&**disk, dir)?;
    let mut files = open_files(&**disk, dir)?;
    let mut seen = Seen { synced: mark.state.durable, ..Seen::default() };
    for (at, file) in files.iter().enumerate() {
        seen.look_through(at, file, start)?;
    }
    let mut replayed = Replayed { epoch: seen.epoch, catalog: mark.state.catalog, ..Replayed::default() };
    if mark_damaged {
        replayed.damage.push(Damage { file: "log/mark".into(), lost: Lost::Nothing });
    }
    replayed.last_sequence = seen.synced.max(start.saturating_sub(1));
    let mut tail = None;
    let mut expected = start;
    let mut epoch = 0;
    let mut content: Option<(usize, Vec<u8>)> = None;
    for (&sequence, places) in &seen.places {
        let Some(place) = places.iter().filter(|place| place.header.epoch >= epoch).max_by_key(|p| p.header.epoch)
        else {
            continue;
        };
        if expected < sequence {
            if seen.synced < expected {
                break;
            }
            // What lies between was acknowledged up to `synced`; a record beyond it after a gap is torn.
            replayed.damage.push(lost(&files, None, expected, (sequence - 1).min(seen.synced)));
            if seen.synced < sequence {
                expected = seen.synced + 1;
                break;
            }
        }
        if content.as_ref().is_none_or(|(file, _)| *file != place.file) {
            content = Some((place.file, read_file(&files[place.file])?));
        }
        let bytes = content.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        let (head, body) = parts(bytes, place);
        let head_holds = crc32c::crc32c(head) == place.header.head_checksum;
        let body_holds = crc32c::crc32c(body) == place.header.body_checksum;
        expected = sequence;
        if head_holds && body_holds {
            take(&place.header, head, body)?;
            replayed.records += 1;
        } else if sequence <= seen.synced {
            replayed.damage.push(lost(&files, head_holds.then_some((place.file, head)), sequence, sequence));
        } else {
            break;
        }
        expected = sequence + 1;
        epoch = place.header.epoch;
        tail = Some(Tail { file: place.file, offset: place.offset + place.header.record_len() });
        let range = &mut files[place.file].sequences;
        *range = Some((range.map_or(sequence, |(first, _)| first), sequence));
    }
    if expected <= seen.synced {
        replayed.damage.push(lost(&files, None, expected, seen.synced));
    } else if let Some(place) = seen.places.range(expected..).flat_map(|(_, places)| places).next() {
        replayed.torn = Some((files[place.file].path.clone(), place.offset));
    }
    replayed.last_sequence = replayed.last_sequence.max(expected.saturating_sub(1));
    Ok((Log::new(Arc::clone(disk), dir, file_bytes, files, tail, mark), replayed))
}

fn open_files(disk: &dyn Disk, dir: &Path) -> Result<Vec<LogFile>, Error> {
    let mut files = Vec::new();
    for name in disk.list(dir).map_err(Error::io("list", dir))? {
        let path = dir.join(&name);
        let Some(number) = name.strip_suffix(".log").and_then(|number| number.parse().ok()) else {
            continue;
        };
        let file = disk.open(&path, OpenMode::Write).map_err(Error::io("open", &path))?;
        let len = file.len().map_err(Error::io("read", &path))?;
        files.push(LogFile { number, path, file, len, sequences: None });
    }
    Ok(files)
}

fn read_file(file: &LogFile) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; usize::try_from(file.len).unwrap_or(usize::MAX)];
    read_exact_at(&*file.file, &mut bytes, 0).map_err(Error::io("read", &file.path))?;
    Ok(bytes)
}

/// Head and body of a record; empty where the file ends before, which no checksum of a record fits.
fn parts<'a>(bytes: &'a [u8], place: &Place) -> (&'a [u8], &'a [u8]) {
    let start = place.offset as usize + HEADER_LEN;
    let middle = start + place.header.head_len as usize;
    let end = middle + place.header.body_len as usize;
    match (bytes.get(start..middle), bytes.get(middle..end)) {
        (Some(head), Some(body)) => (head, body),
        _ => (&[], &[]),
    }
}

fn lost(files: &[LogFile], head: Option<(usize, &[u8])>, from: u64, to: u64) -> Damage {
    let position = head.and_then(|(_, head)| Head::decode(head).ok());
    let position = position.map(|head| (SmolStr::new(head.source), SmolStr::new(head.position)));
    let name = head.and_then(|(file, _)| files[file].path.file_name()).unwrap_or_default();
    Damage { file: Path::new("log").join(name), lost: Lost::Batches { from, to, position } }
}

#[derive(Default)]
struct Seen {
    /// Places by sequence; several where stale ones of an earlier epoch are left.
    places: BTreeMap<u64, Vec<Place>>,
    synced: u64,
    epoch: u64,
}

impl Seen {
    /// Notes every record header of a file that can matter.
    fn look_through(&mut self, at: usize, file: &LogFile, start: u64) -> Result<(), Error> {
        let bytes = read_file(file)?;
        let mut offset = 0;
        // Where the record after the last one has to begin, and its sequence.
        let mut next = (0, None);
        while let Some(rest) = bytes.get(offset..).filter(|rest| rest.len() >= HEADER_LEN) {
            let Some(header) = Header::decode(rest) else {
                offset += ALIGNMENT;
                continue;
            };
            self.synced = self.synced.max(header.durable_through);
            self.epoch = self.epoch.max(header.epoch);
            let whole = (offset as u64).saturating_add(header.record_len());
            let in_order = offset == next.0 && next.1.is_none_or(|sequence| sequence == header.sequence);
            if header.sequence < start && !in_order {
                // Stale; newer records may begin anywhere behind it.
                offset += ALIGNMENT;
                continue;
            }
            if start <= header.sequence {
                let place = Place { file: at, offset: offset as u64, header };
                self.places.entry(header.sequence).or_default().push(place);
            }
            // A record that cannot end within the file is a broken one; go on looking behind its header.
            offset = match usize::try_from(whole) {
                Ok(whole) if whole <= bytes.len() => whole,
                _ => offset + HEADER_LEN,
            };
            next = (offset, Some(header.sequence.wrapping_add(1)));
        }
        Ok(())
    }
}
