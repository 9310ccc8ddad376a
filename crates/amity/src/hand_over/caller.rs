//! For whom this thread works: the person at this terminal, or a command that another process was called with.

use std::cell::RefCell;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

pub use super::wire::Part;

use super::wire;
use crate::installation::Installation;

/// A process that handed its command over.
pub struct Caller {
    /// The books it wants to use, which are open here.
    pub installation: Installation,
    /// Where its relative paths begin.
    pub folder: PathBuf,
    /// Whether a person watches its standard error.
    pub is_watched: bool,
    /// Where it waits.
    pub stream: UnixStream,
}

thread_local! {
    static CALLER: RefCell<Option<Caller>> = const { RefCell::new(None) };
}

/// Does work of this thread for another process.
pub fn work_for<T>(caller: Caller, work: impl FnOnce() -> T) -> T {
    /// Ends the relation even where the work panics.
    struct Ending;
    impl Drop for Ending {
        fn drop(&mut self) {
            CALLER.take();
        }
    }
    CALLER.set(Some(caller));
    let _ending = Ending;
    work()
}

/// What is true of the other process; `None` where this thread works for its own.
pub fn ask<T>(question: impl FnOnce(&Caller) -> T) -> Option<T> {
    CALLER.with_borrow(|caller| caller.as_ref().map(question))
}

/// A path as the caller means it.
pub fn path(given: &Path) -> PathBuf {
    ask(|caller| caller.folder.join(given)).unwrap_or_else(|| given.to_owned())
}

/// The name of what was found at or below [`path`] of a path, in the words of the caller.
pub fn name<'n>(given: &Path, found: &'n str) -> &'n str {
    let begin = ask(|caller| caller.folder.join("").display().to_string()).filter(|_| given.is_relative());
    begin.and_then(|begin| found.strip_prefix(&begin)).unwrap_or(found)
}

/// Where words of a kind go; `None` where they go to this process's own standard output or error.
pub fn writer(part: Part) -> Option<io::Result<Frames>> {
    ask(|caller| Ok(Frames::new(part, caller.stream.try_clone()?)))
}

/// Words for another process.
pub struct Frames {
    part: Part,
    stream: UnixStream,
}

impl Frames {
    pub(super) fn new(part: Part, stream: UnixStream) -> Self {
        Self { part, stream }
    }
}

impl Write for Frames {
    /// Nothing follows what could not be sent whole: the caller is cut off, and no later word waits for it again.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        wire::send(&mut self.stream, self.part, bytes).inspect_err(|_| {
            // It may be gone already.
            let _ = self.stream.shutdown(Shutdown::Both);
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
