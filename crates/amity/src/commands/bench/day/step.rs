//! The steps of a day: commands of this program, processes of their own.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::commands::bench::peak_memory_kib_of;
use crate::output::Failure;

/// A command of this program.
pub(super) struct Step {
    command: Command,
}

/// What a command said, and what it took.
pub(super) struct Done {
    out: Vec<u8>,
    pub(super) took: Duration,
    pub(super) memory_kib: Option<u64>,
}

impl Step {
    pub(super) fn of(name: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| "amity".into()));
        command.arg(name);
        Self { command }
    }

    pub(super) fn at(data: &Path, name: &str) -> Self {
        Self::of(name).with(&["--data"]).path(data)
    }

    pub(super) fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(super) fn path(mut self, path: &Path) -> Self {
        self.command.arg(path);
        self
    }

    /// Runs it to its end; findings are no failure.
    pub(super) fn run(mut self) -> Result<Done, Failure> {
        let failed = |error| Failure::work("could not run a step of the day", error);
        let began = Instant::now();
        let mut child = self.command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        let pid = child.id().to_string();
        let out = child.stdout.take();
        let reading = std::thread::spawn(move || {
            let mut text = Vec::new();
            out.map_or(Ok(0), |mut out| out.read_to_end(&mut text)).map(|_| text)
        });
        let mut memory_kib = None;
        let status = loop {
            memory_kib = peak_memory_kib_of(&pid).or(memory_kib);
            match child.try_wait().map_err(failed)? {
                Some(status) => break status,
                None => std::thread::park_timeout(Duration::from_millis(20)),
            }
        };
        let out = reading
            .join()
            .map_err(|_| Failure::work("could not run a step of the day", "its output could not be read"))?;
        if status.code().is_none_or(|code| 1 < code) {
            let what = format!("`{:?}` failed; its lines are above", self.command);
            return Err(Failure::work(what, status.to_string()));
        }
        Ok(Done { out: out.map_err(failed)?, took: began.elapsed(), memory_kib })
    }
}

impl Done {
    pub(super) fn document(&self) -> Result<Value, Failure> {
        serde_json::from_slice(&self.out).map_err(|error| Failure::work("a step of the day did not print JSON", error))
    }
}
