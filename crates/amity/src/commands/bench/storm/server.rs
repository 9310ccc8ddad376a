//! The server that the storm breaks over: a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use super::account::Account;
use crate::output::Failure;

/// A running `amity serve`; killed where it is dropped.
pub struct Server {
    child: Child,
    folder: PathBuf,
    /// `http://127.0.0.1:8080`.
    pub address: String,
}

impl Server {
    /// Starts one over a folder, at an address or at a free one, and waits until it says that it serves.
    pub fn start(folder: &Path, address: Option<&str>) -> Result<Self, Failure> {
        let failed = |error| Failure::work("could not start the server", error);
        let listen = address.map_or("127.0.0.1:0", |address| address.trim_start_matches("http://"));
        let program = std::env::current_exe().map_err(failed)?;
        let mut command = Command::new(program);
        command.arg("--data").arg(folder).args(["serve", "--listen", listen]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(failed)?;
        }
        let address = line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_owned);
        let mut server = Self { child, folder: folder.to_owned(), address: String::new() };
        server.address = address.ok_or_else(|| Failure::Usage(format!("the server did not start: {line}")))?;
        Ok(server)
    }

    /// Kills it without a word, and starts one again in its place.
    pub async fn killed_and_started_again(mut self, account: &Account) -> Result<Self, Failure> {
        account.memory_mib(self.peak_memory_mib());
        self.child.kill().map_err(|error| Failure::work("could not kill the server", error))?;
        let _ = self.child.wait();
        let began = Instant::now();
        let (folder, address) = (self.folder.clone(), self.address.clone());
        let started = tokio::task::spawn_blocking(move || Self::start(&folder, Some(&address))).await;
        let started = started.map_err(|error| Failure::work("could not start the server again", error))?;
        account.started_again(began.elapsed());
        started
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self, account: &Account) -> Result<(), Failure> {
        account.memory_mib(self.peak_memory_mib());
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id().cast_signed()) {
            let stopped = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            stopped.map_err(|error| Failure::work("could not stop the server", error))?;
        }
        self.child.wait().map(drop).map_err(|error| Failure::work("the server does not end", error))
    }

    /// The most memory that it ever held, where the system tells.
    fn peak_memory_mib(&self) -> Option<u64> {
        super::super::peak_memory_kib_of(&self.child.id().to_string()).map(|kib| kib / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
