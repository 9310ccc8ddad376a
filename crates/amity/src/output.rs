//! What people and programs read: results on standard output, talk on standard error.

use std::borrow::Cow;
use std::error::Error;
use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;
use store::registry::RegistryError;
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

    /// What the registry said: what the caller has to change, or that it could not be used.
    pub fn of_registry(error: RegistryError) -> Self {
        if error.is_contradiction() {
            return Self::Usage(error.to_string());
        }
        Self::work("could not use the registry", error)
    }

    /// The exit status: 2 for a wrong call, 3 for failed work.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Work { .. } => 3,
        }
    }
}

/// How a call wants to be told of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// As a line of text.
    Text,
    /// As one JSON object, as a call with `--json` is told everything.
    Json,
}

impl Told {
    /// What the arguments of a call ask for.
    pub fn to(mut arguments: impl Iterator<Item = impl AsRef<OsStr>>) -> Self {
        if arguments.any(|argument| argument.as_ref() == "--json") { Self::Json } else { Self::Text }
    }
}

/// Prints a failure and its chain of causes to standard error.
pub fn complain(failure: &Failure, told: Told) {
    let mut causes = Vec::new();
    let mut cause = failure.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    let cause = (!causes.is_empty()).then(|| causes.join(": "));
    match (told, cause) {
        (Told::Json, cause) => say_json(&failure.to_string(), cause.as_deref()),
        (Told::Text, Some(cause)) => say(&format!("amity: {failure}: {cause}")),
        (Told::Text, None) => say(&format!("amity: {failure}")),
    }
}

/// Prints what is wrong with the words of a call to standard error; answers the exit status.
pub fn refuse(refused: &clap::Error, told: Told) -> u8 {
    let is_help = !refused.use_stderr();
    match told {
        // What cannot be printed has no other way out.
        _ if is_help => drop(print(refused.to_string().trim_end())),
        Told::Text => say(refused.to_string().trim_end()),
        Told::Json => say_json(refused.to_string().trim_start_matches("error: ").trim_end(), None),
    }
    u8::try_from(refused.exit_code()).unwrap_or(2)
}

fn say_json(message: &str, cause: Option<&str>) {
    talk(&format!("{}\n", json!({ "error": { "message": message, "cause": cause } })));
}

/// Prints a line of talk to standard error.
pub fn say(text: &str) {
    talk(&format!("{}\n", plain(text)));
}

/// Text with nothing in it that a terminal would obey or that would turn its letters around: names come from files.
fn plain(text: &str) -> Cow<'_, str> {
    let is_obeyed = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let letters = text.chars().map(|letter| match is_obeyed(letter) {
        true => letter.escape_unicode().to_string(),
        false => letter.to_string(),
    });
    Cow::Owned(letters.collect())
}

/// Prints a line of talk over the one before, on a terminal.
pub fn say_over(text: &str) {
    talk(&format!("\r\x1b[2K{}", plain(text)));
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
        None => Ok(Box::new(OwnResults(io::stdout()))),
    }
}

/// Whether whoever read standard output of this process has seen enough (`amity ... | head`).
static HAS_SEEN_ENOUGH: AtomicBool = AtomicBool::new(false);

/// Whether nobody reads results any more, so that there is no use in making more of them.
pub fn nobody_reads() -> bool {
    HAS_SEEN_ENOUGH.load(Ordering::Relaxed)
}

/// Standard output of this process. When its reader is gone the work goes on, and ends as it would have.
struct OwnResults(io::Stdout);

impl Write for OwnResults {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes);
        unless_closed(written, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.0.flush();
        unless_closed(flushed, ())
    }
}

fn unless_closed<T>(written: io::Result<T>, all: T) -> io::Result<T> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            HAS_SEEN_ENOUGH.store(true, Ordering::Relaxed);
            Ok(all)
        }
        written => written,
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
    print_bytes(format!("{}\n", plain(text)).as_bytes())
}

/// Prints what was done: a document for `--json`, else a line, and on standard error what comes next.
///
/// # Errors
/// As [`print`].
pub fn tell<T: Serialize>(as_json: bool, document: &T, line: &str, next: &str) -> Result<(), Failure> {
    if as_json {
        return print_json(document);
    }
    print(line)?;
    if !next.is_empty() {
        say(next);
    }
    Ok(())
}

/// Prints bytes of a result as they are.
///
/// # Errors
/// [`Failure::Work`] when standard output is closed or full.
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = results()?;
    out.write_all(bytes).and_then(|()| out.flush()).map_err(not_written)
}

/// Prints a result as one JSON document.
///
/// # Errors
/// [`Failure::Work`] when standard output is closed or full.
pub fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(|error| Failure::work("could not write the result", error))?;
    print_bytes(format!("{text}\n").as_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_move_the_cursor_or_turn_letters_around() {
        for (text, expected) in [
            ("Zähler 5\n\tkWh", "Zähler 5\n\tkWh"),
            ("a\u{1b}[31mb", "a\\u{1b}[31mb"),
            ("a\rb\u{7f}\u{9b}", "a\\u{d}b\\u{7f}\\u{9b}"),
            ("a\u{202e}cba", "a\\u{202e}cba"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn a_call_with_json_is_told_failures_in_json() {
        assert_eq!(Told::to(["amity", "status", "--json"].iter()), Told::Json);
        assert_eq!(Told::to(["amity", "status"].iter()), Told::Text);
    }
}
