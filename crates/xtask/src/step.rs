//! One step of a command: a line when it starts, a line when it ends, and advice when it fails.
//!
//! All progress goes to standard error; standard output belongs to what was asked for.

use std::fmt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// What went wrong and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    what: String,
    to_do: String,
    exit: u8,
}

impl Failure {
    /// Leads to exit status 1.
    pub fn new(what: impl Into<String>, to_do: impl Into<String>) -> Self {
        Self { what: what.into(), to_do: to_do.into(), exit: 1 }
    }

    /// The same failure with the exit status of the program that failed.
    pub fn with_exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    /// The exit status of `xtask` itself.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let to_do = self.to_do.replace('\n', "\n  ");
        write!(formatter, "failed: {}\n  {to_do}", self.what)
    }
}

/// Runs `work` between a line that names it and a line that says how long it took.
pub fn timed<T>(name: &str, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    eprintln!("==> {name}");
    let started = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "ok" } else { "FAILED" };
    eprintln!("    {name}: {verdict} ({:.1} s)", started.elapsed().as_secs_f32());
    result
}

/// A command of `program` in `folder` with its arguments; standard input is closed.
pub fn command(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// The cargo that runs us.
pub fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let program = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    command(folder, &program, arguments)
}

/// Runs a command whose output the reader sees, and fails with `to_do` unless it exits with 0.
pub fn succeed(command: &mut Command, to_do: &str) -> Result<(), Failure> {
    end_with(command, &[0], to_do)
}

/// The same for a program that tells more by its exit status: any of `expected` will do.
pub fn end_with(command: &mut Command, expected: &[i32], to_do: &str) -> Result<(), Failure> {
    let text = spelled(command);
    eprintln!("    $ {text}");
    let status =
        command.status().map_err(|error| Failure::new(format!("`{text}` could not be started: {error}"), to_do))?;
    if status.code().is_some_and(|code| expected.contains(&code)) {
        return Ok(());
    }
    let exit = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure::new(format!("`{text}` ended with {status}"), to_do).with_exit(exit))
}

/// Runs a command and returns what it printed, or `None` if it could not be started or did not exit with 0.
pub fn printed(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as a person would type it.
pub fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_passes_its_exit_status_on() {
        let failure = succeed(&mut command(Path::new("."), "sh", &["-c", "exit 7"]), "look").unwrap_err();
        assert_eq!(failure.exit, 7);
        assert_eq!(failure.to_string(), "failed: `sh -c exit 7` ended with exit status: 7\n  look");
    }

    #[test]
    fn a_missing_program_is_a_failure_with_advice() {
        let failure = succeed(&mut command(Path::new("."), "no-such-program", &[]), "install it").unwrap_err();
        assert!(failure.to_string().ends_with("\n  install it"), "{failure}");
    }
}
