//! The process that was called: sends its arguments and says what the server says.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

use super::at_socket;
use super::caller;
use super::wire::{self, Call, Part};
use crate::output::{self, Failure};

/// A server that has the books of a folder.
pub struct Server(UnixStream);

impl Server {
    /// The server of a folder; `None` where none runs, and in the server itself.
    pub fn of(folder: &Path) -> Option<Self> {
        if caller::ask(|_| ()).is_some() {
            return None;
        }
        at_socket(folder, |path| UnixStream::connect(path)).ok().map(Self)
    }

    /// Lets the server do the command that this process was called with.
    ///
    /// # Errors
    /// [`Failure::Usage`] for arguments that are no text, [`Failure::Work`] when the server ends meanwhile.
    pub fn ask(mut self) -> Result<ExitCode, Failure> {
        let text = |argument: std::ffi::OsString| {
            argument.into_string().map_err(|argument| Failure::Usage(format!("{} is not UTF-8", argument.display())))
        };
        let call = Call {
            arguments: std::env::args_os().map(text).collect::<Result<_, _>>()?,
            folder: std::env::current_dir().map_err(|error| Failure::work("could not tell this folder", error))?,
            is_watched: output::watched(),
        };
        let mut line = serde_json::to_vec(&call).map_err(|error| Failure::work("could not ask the server", error))?;
        line.push(b'\n');
        self.0.write_all(&line).map_err(cut_off)?;
        loop {
            match wire::receive(&mut self.0).map_err(cut_off)? {
                (Part::Result, bytes) => output::print_bytes(&bytes)?,
                // Nothing is left to do when standard error itself is gone.
                (Part::Talk, bytes) => drop(io::stderr().write_all(&bytes)),
                (Part::Ended, bytes) => return Ok(bytes.first().map_or(ExitCode::FAILURE, |code| (*code).into())),
            }
        }
    }
}

fn cut_off(error: io::Error) -> Failure {
    Failure::work("`amity serve`, which has the books, ended before the command did; call again", error)
}
