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

/// The socket, in the data folder.
const SOCKET: &str = "commands.sock";
