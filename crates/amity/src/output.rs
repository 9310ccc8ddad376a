//! What people and programs read: results on standard output, talk on standard error.

use std::error::Error;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use tracing_subscriber::EnvFilter;

use crate::hand_over::caller::{self, Part};

/// A command that could not do its work: what happened, what to do, and the exit status.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The person asked for something that cannot be; exit status 2.
    #[error("{0}")]
    Usage(String),
    /// The work failed; exit status 3.
    #[error("{what}")]
    Work {
        /// What could not be done.
        what: String,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
}

impl Failure {
    /// A failure of the work with its cause.
    pub fn work(what: impl Into<String>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Work { what: what.into(), cause: cause.into() }
    }

    /// The exit status: 2 for a wrong call, 3 for failed work.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Work { .. } => 3,
        }
    }
}

/// Prints a failure and its chain of causes to standard error.
pub fn complain(failure: &Failure) {
    let mut text = format!("amity: {failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    say(&text);
}

/// Prints a line of talk to standard error.
pub fn say(text: &str) {
    talk(&format!("{text}\n"));
}

/// Prints a line of talk over the one before, on a terminal.
pub fn say_over(text: &str) {
    talk(&format!("\r\x1b[2K{text}"));
}

fn talk(text: &str) {
    // Nothing is left to do when standard error itself is gone.
    let _ = match caller::writer(Part::Talk) {
        Some(frames) => frames.and_then(|mut frames| frames.write_all(text.as_bytes())),
        None => io::stderr().write_all(text.as_bytes()),
    };
}

/// Where results go: standard output of the process that was called.
///
/// # Errors
/// [`Failure::Work`] when that process is gone.
pub fn results() -> Result<Box<dyn Write + Send>, Failure> {
    match caller::writer(Part::Result) {
        Some(frames) => Ok(Box::new(frames.map_err(not_written)?)),
        None => Ok(Box::new(io::stdout())),
    }
}

fn not_written(error: io::Error) -> Failure {
    Failure::work("could not write the result", error)
}

/// Prints a line of result to standard output.
///
/// # Errors
/// [`Failure::Work`] when standard output is closed or full.
pub fn print(text: &str) -> Result<(), Failure> {
    print_bytes(format!("{text}\n").as_bytes())
}

/// Prints bytes of a result as they are.
///
/// # Errors
/// [`Failure::Work`] when standard output is closed or full.
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = results()?;
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever reads has seen enough (`amity ... | head`); a server goes on.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe && caller::ask(|_| ()).is_none() => {
            std::process::exit(0)
        }
        written => written.map_err(not_written),
    }
}

/// Prints a result as one JSON document.
///
/// # Errors
/// [`Failure::Work`] when standard output is closed or full.
pub fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::work("could not write the result", error))?;
    print(&text)
}

/// Whether a person watches standard error.
pub fn watched() -> bool {
    caller::ask(|caller| caller.is_watched).unwrap_or_else(|| io::stderr().is_terminal())
}

/// Lays rows out in columns, numbers right-aligned.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let columns = head.len();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (column, cell) in cells.iter().enumerate().take(columns) {
            let padding = widths[column] - cell.chars().count().min(widths[column]);
            let number =
                cell.starts_with(|first: char| first.is_ascii_digit() || first == '-') && cell.parse::<f64>().is_ok();
            let (before, after) = if number { (padding, 0) } else { (0, padding) };
            text.push_str(&format!("{:before$}{cell}{:after$}  ", "", ""));
        }
        text.trim_end().to_owned()
    };
    let mut lines = vec![line(&head.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())];
    lines.push(widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  "));
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// Sends log events to standard error; `AMITY_LOG` overrides the level.
pub fn start_log(verbose: bool) {
    let level = if verbose { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("AMITY_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(watched()).init();
}
