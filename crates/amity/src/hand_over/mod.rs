//! A command while `amity serve` has the books: the server does it, and its words appear where it was called.
//!
//! One process has the books open. The server listens on a socket in the data folder, which only its own user can
//! open; a command that finds it there sends its arguments, and the same code runs over the same books. So every command
//! says the same whether or not a server runs, and none has to be written twice.
//!
//! - [`wire`]: one line of JSON asks, frames answer.
//! - [`ask`]: the process that was called.
//! - [`answer`]: the server.
//! - [`caller`]: for whom this thread works: where its words go, and which folder its paths begin in.

pub mod answer;
pub mod ask;
pub mod caller;
mod wire;

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::Path;

/// The socket, in the data folder.
const SOCKET: &str = "commands.sock";

/// Opens the socket of a folder. The address of a socket has no more than 107 bytes; the one in a folder with a longer path
/// is reached through the open folder, which Linux names in few.
///
/// # Errors
/// What `open` says; where the system has no such names, that the path is too long.
fn at_socket<T>(folder: &Path, open: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let too_long = match open(&folder.join(SOCKET)) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => error,
        opened => return opened,
    };
    let opened = File::open(folder)?;
    let names = Path::new("/proc/self/fd");
    if !names.is_dir() {
        let advice = format!("the path of the data folder is too long for a socket ({too_long}); name a shorter one");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, advice));
    }
    open(&names.join(opened.as_raw_fd().to_string()).join(SOCKET))
}
