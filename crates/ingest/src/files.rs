//! What a path holds: a file, a folder of files, the members of a zip archive, a gzip stream.
//!
//! Names decide nothing; content does. Archives are read member by member as a stream, with limits that
//! stop a decompression bomb early and in bounded memory.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use model::finding::{Finding, Severity};

/// How much one input may expand to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Members of one archive.
    pub members_max: usize,
    /// Bytes of one member or gzip stream after expansion.
    pub expanded_bytes_max: u64,
    /// Expansion of one member compared with its packed size, once it is past 64 MiB; and of all members compared with
    /// the archive, for several may be packed into the same bytes.
    pub expansion_ratio_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { members_max: 10_000, expanded_bytes_max: 4 << 30, expansion_ratio_max: 200 }
    }
}

const RATIO_CHECKED_FROM_BYTES: u64 = 64 << 20;

/// One stream of bytes to read, or the reason why there is none.
pub enum Input<'a> {
    /// Bytes, with the name people see: the path, and the member for an archive.
    Stream(&'a str, &'a mut dyn Read),
    /// A folder or an archive without a file, with the warning that says so.
    Empty(&'a str, Finding),
    /// What cannot be read.
    Unreadable(&'a str, Finding),
}

/// Calls `each` for every input below `path`, folders in name order. A link that leads back to a folder it lies in is
/// not followed: everything there is met anyway.
///
/// # Errors
/// Only what `each` returns; what cannot be opened is an [`Input::Unreadable`].
pub fn for_each<E>(path: &Path, limits: &Limits, each: &mut dyn FnMut(Input<'_>) -> Result<(), E>) -> Result<(), E> {
    for_each_within(&mut Vec::new(), path, limits, each)
}

/// As [`for_each`], in the folders `around`, which are named without links.
fn for_each_within<E>(
    around: &mut Vec<PathBuf>,
    path: &Path,
    limits: &Limits,
    each: &mut dyn FnMut(Input<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if !path.is_dir() {
        return for_file(path, limits, each);
    }
    match path.canonicalize().and_then(|folder| Ok((folder, paths_in(path)?))) {
        Ok((folder, _)) if around.contains(&folder) => Ok(()),
        Ok((folder, paths)) => {
            if paths.is_empty() {
                let finding = nothing("it is a folder without a file whose name does not begin with a point");
                return each(Input::Empty(&path.display().to_string(), finding));
            }
            around.push(folder);
            let done = paths.iter().try_for_each(|path| for_each_within(around, path, limits, each));
            around.pop();
            done
        }
        Err(error) => each(Input::Unreadable(&path.display().to_string(), unreadable(&error))),
    }
}

fn for_file<E>(path: &Path, limits: &Limits, each: &mut dyn FnMut(Input<'_>) -> Result<(), E>) -> Result<(), E> {
    let name = path.display().to_string();
    // To open a pipe waits for whoever writes to it, which may be for ever.
    if std::fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        let message = "is neither a file nor a folder; write its bytes to a file and name that".to_owned();
        return each(Input::Unreadable(&name, refusal("file.kind", message)));
    }
    let opened = File::open(path).and_then(|mut file| {
        let kind = Packing::of(&mut file)?;
        Ok((file, kind))
    });
    match opened {
        Err(error) => each(Input::Unreadable(&name, unreadable(&error))),
        Ok((file, packing)) => {
            let packed_bytes = file.metadata().map_or(0, |data| data.len());
            for_bytes(&name, (file, packed_bytes, packing), limits, each)
        }
    }
}

/// Calls `each` for what bytes hold that came without a file.
///
/// # Errors
/// As [`for_each`].
pub fn for_packed<E>(
    name: &str,
    bytes: &[u8],
    limits: &Limits,
    each: &mut dyn FnMut(Input<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let packing = Packing::of_magic(bytes);
    for_bytes(name, (Cursor::new(bytes), bytes.len() as u64, packing), limits, each)
}

fn for_bytes<R: Read + Seek, E>(
    name: &str,
    (bytes, packed_bytes, packing): (R, u64, Packing),
    limits: &Limits,
    each: &mut dyn FnMut(Input<'_>) -> Result<(), E>,
) -> Result<(), E> {
    match packing {
        Packing::Plain => each(Input::Stream(name, &mut BufReader::new(bytes))),
        Packing::Gzip => {
            let unpacked = flate2::read::MultiGzDecoder::new(BufReader::new(bytes));
            each(Input::Stream(name, &mut Bounded::new(unpacked, packed_bytes, limits)))
        }
        Packing::Zip => for_each_member(name, (bytes, packed_bytes), limits, each),
    }
}

fn paths_in(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')));
    paths.sort();
    Ok(paths)
}

fn for_each_member<R: Read + Seek, E>(
    archive_name: &str,
    (bytes, archive_bytes): (R, u64),
    limits: &Limits,
    each: &mut dyn FnMut(Input<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut left = limits.expanded_bytes_max.max(archive_bytes.saturating_mul(limits.expansion_ratio_max));
    let mut archive = match zip::ZipArchive::new(BufReader::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => return each(Input::Unreadable(archive_name, damaged_archive(&error))),
    };
    if limits.members_max < archive.len() {
        let message = format!("the archive holds {} members, at most {} are read", archive.len(), limits.members_max);
        return each(Input::Unreadable(archive_name, refusal("zip.members", message)));
    }
    // A member is a folder where its name ends with `/` (APPNOTE.TXT 4.4.17).
    if archive.file_names_raw().all(|name| name.ends_with(b"/")) {
        return each(Input::Empty(archive_name, nothing("it is a zip archive without a file")));
    }
    for index in 0..archive.len() {
        match archive.by_index(index) {
            Err(error) => each(Input::Unreadable(archive_name, damaged_archive(&error)))?,
            Ok(member) if member.is_dir() => {}
            Ok(member) => {
                let member_name = member.name().unwrap_or("unreadable name".into());
                let name = format!("{archive_name}/{member_name}");
                let (packed_bytes, declared_bytes) = (member.compressed_size(), member.size());
                if limits.expanded_bytes_max < declared_bytes {
                    each(Input::Unreadable(&name, refusal("zip.size", too_large(declared_bytes, limits))))?;
                } else {
                    let mut member = Bounded::new(member, packed_bytes, limits);
                    member.bytes_max = member.bytes_max.min(left);
                    each(Input::Stream(&name, &mut member))?;
                    left = left.saturating_sub(member.given);
                }
            }
        }
    }
    Ok(())
}

enum Packing {
    Plain,
    Zip,
    Gzip,
}

impl Packing {
    fn of(file: &mut File) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(4);
        file.by_ref().take(4).read_to_end(&mut magic)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Self::of_magic(&magic))
    }

    /// By the first bytes.
    fn of_magic(bytes: &[u8]) -> Self {
        match bytes {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            [0x1f, 0x8b, ..] => Self::Gzip,
            _ => Self::Plain,
        }
    }
}

/// A reader that fails once it has given more than the limits allow.
struct Bounded<R> {
    inner: R,
    given: u64,
    bytes_max: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, packed_bytes: u64, limits: &Limits) -> Self {
        let by_ratio = packed_bytes.saturating_mul(limits.expansion_ratio_max).max(RATIO_CHECKED_FROM_BYTES);
        Self { inner, given: 0, bytes_max: limits.expanded_bytes_max.min(by_ratio) }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.given += count as u64;
        if self.bytes_max < self.given {
            let message = format!(
                "the input expands to more than {} bytes, far more than its packed size allows; \
                 split the archive or check its origin",
                self.bytes_max
            );
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        Ok(count)
    }
}

fn refusal(code: &str, message: String) -> Finding {
    Finding::new(0, "file", code, message).with_severity(Severity::Refused)
}

/// The code of an input that cannot be read to its end. What was read of it is incomplete, or not what was sent.
pub const UNREADABLE: &str = "file.unreadable";

/// The code of an input that can be read and holds nothing to take.
pub const NOTHING: &str = "file.nothing";

/// The warning of an input that can be read and holds nothing to take; `what` says what it is.
pub fn nothing(what: &str) -> Finding {
    let message = format!(
        "{what}: nothing is taken from it, expected readings; check that it is the file that was meant and that the sender's \
         export was whole"
    );
    Finding::new(0, "file", NOTHING, message).with_severity(Severity::Warning)
}

/// The finding for an input that the operating system or an archive would not give.
pub fn unreadable(error: &io::Error) -> Finding {
    refusal(UNREADABLE, format!("cannot be read: {error}"))
}

fn damaged_archive(error: &zip::result::ZipError) -> Finding {
    refusal("zip.damaged", format!("the zip archive is damaged or of a kind that is not read: {error}"))
}

fn too_large(declared_bytes: u64, limits: &Limits) -> String {
    format!("the member says it expands to {declared_bytes} bytes, at most {} are read", limits.expanded_bytes_max)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::Write;

    use super::*;

    fn names_and_bytes(path: &Path, limits: &Limits) -> Vec<(String, Result<u64, String>)> {
        let mut seen = Vec::new();
        let Ok(()) = for_each::<Infallible>(path, limits, &mut |input| {
            seen.push(match input {
                Input::Stream(name, bytes) => {
                    (name.to_owned(), io::copy(bytes, &mut io::sink()).map_err(|error| error.to_string()))
                }
                Input::Empty(name, finding) | Input::Unreadable(name, finding) => {
                    (name.to_owned(), Err(finding.code.to_string()))
                }
            });
            Ok(())
        });
        seen
    }

    fn zip_of(members: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("temporary file");
        let mut archive = zip::ZipWriter::new(file.reopen().expect("reopen"));
        for (name, bytes) in members {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("member");
            archive.write_all(bytes).expect("bytes");
        }
        archive.finish().expect("finish");
        file
    }

    #[test]
    fn members_come_in_archive_order_under_the_archive_name() {
        let file = zip_of(&[("b.csv", b"12"), ("a.csv", b"345")]);
        let name = file.path().display().to_string();
        let seen = names_and_bytes(file.path(), &Limits::default());
        assert_eq!(seen, [(format!("{name}/b.csv"), Ok(2)), (format!("{name}/a.csv"), Ok(3))]);
    }

    #[test]
    fn what_holds_no_file_is_told() {
        let nothing =
            |path: &Path| matches!(&names_and_bytes(path, &Limits::default())[..], [(_, Err(code))] if code == NOTHING);
        assert!(nothing(zip_of(&[]).path()));
        let folder = tempfile::tempdir().expect("temporary folder");
        assert!(nothing(folder.path()));
        std::fs::write(folder.path().join(".hidden"), b"1").expect("write");
        assert!(nothing(folder.path()));
        std::fs::write(folder.path().join("a.csv"), b"1").expect("write");
        assert!(!nothing(folder.path()));
    }

    #[test]
    fn a_bomb_stops_at_the_ratio() {
        let zeros = vec![0_u8; 70 << 20];
        let file = zip_of(&[("bomb", &zeros)]);
        let seen = names_and_bytes(file.path(), &Limits::default());
        assert!(matches!(&seen[..], [(_, Err(message))] if message.contains("expands to more than")), "{seen:?}");
        let tight = Limits { expanded_bytes_max: 1 << 20, ..Limits::default() };
        let seen = names_and_bytes(file.path(), &tight);
        assert!(matches!(&seen[..], [(_, Err(code))] if code == "zip.size"), "{seen:?}");
    }

    #[test]
    fn members_share_the_limit_of_their_archive() {
        let zeros = vec![0_u8; 700 << 10];
        let file = zip_of(&[("a", &zeros), ("b", &zeros)]);
        let tight = Limits { expanded_bytes_max: 1 << 20, ..Limits::default() };
        let seen = names_and_bytes(file.path(), &tight);
        assert!(matches!(&seen[..], [(_, Ok(716_800)), (_, Err(_))]), "{seen:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_walked_once_and_a_socket_is_no_file() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let below = folder.path().join("below");
        std::fs::create_dir(&below).expect("folder");
        std::fs::write(below.join("a.csv"), b"1").expect("write");
        std::os::unix::fs::symlink(folder.path(), below.join("around")).expect("link");
        std::os::unix::fs::symlink(&below, folder.path().join("beside")).expect("link");
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).expect("socket");
        let seen = names_and_bytes(folder.path(), &Limits::default());
        let name = |name: &str| folder.path().join(name).display().to_string();
        // A link to a folder beside is another name of it; only the way around ends.
        let expected = [
            (name("below/a.csv"), Ok(1)),
            (name("beside/a.csv"), Ok(1)),
            (name("socket"), Err("file.kind".to_owned())),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_cannot_be_opened_is_told_and_not_fatal() {
        let seen = names_and_bytes(Path::new("no/such/file"), &Limits::default());
        assert!(matches!(&seen[..], [(_, Err(code))] if code == "file.unreadable"), "{seen:?}");
        let mut truncated = tempfile::NamedTempFile::new().expect("temporary file");
        truncated.write_all(b"PK\x03\x04 and nothing more").expect("bytes");
        let seen = names_and_bytes(truncated.path(), &Limits::default());
        assert!(matches!(&seen[..], [(_, Err(code))] if code == "zip.damaged"), "{seen:?}");
    }
}
