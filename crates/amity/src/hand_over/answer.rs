//! The server's side: takes commands over and does them, each in a thread of its own.

use std::fs::Permissions;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::net::UnixListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::caller::{self, Caller};
use super::wire::{self, CALL_BYTES_MAX, Call, Part};
use super::{SOCKET, at_socket};
use crate::commands::CommandLine;
use crate::installation::Installation;
use crate::output::{self, Told};

/// Commands that are done at once; others wait.
const CALLS_MAX: usize = 16;
/// How long commands may take to end after the word to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a caller may take to say what it wants.
const CALL_WITHIN: Duration = Duration::from_secs(10);
/// How long a caller may leave an answer unread, as where it goes to a pager; then the command ends.
const READ_WITHIN: Duration = Duration::from_secs(10 * 60);
/// How long to wait where the system has no room for another caller.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes commands over while it lives.
pub struct Answering {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    socket: PathBuf,
}

impl Answering {
    /// Begins, on the runtime of the installation.
    ///
    /// # Errors
    /// Where the socket cannot be made.
    pub fn start(installation: &Installation) -> io::Result<Self> {
        let socket = installation.folder().join(SOCKET);
        // One that was killed leaves it behind; only one process has the books, so it is nobody's now.
        let _ = std::fs::remove_file(&socket);
        let listener = at_socket(installation.folder(), |path| UnixListener::bind(path))?;
        std::fs::set_permissions(&socket, Permissions::from_mode(0o600))?;
        let owner = std::fs::metadata(&socket)?.uid();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(answer(listener, owner, installation.clone(), stopped));
        Ok(Self { stop, task, socket })
    }

    /// Takes no more commands and waits for those under way, but not for ever.
    pub async fn stop(self) {
        // Both are gone already where the task ended by itself.
        let _ = std::fs::remove_file(self.socket);
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

async fn answer(listener: UnixListener, owner: u32, installation: Installation, mut stopped: oneshot::Receiver<()>) {
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = calls.join_next() => {}
            accepted = listener.accept(), if calls.len() < CALLS_MAX => {
                let accepted = accepted.and_then(|(stream, _)| {
                    // Between the making of the socket and its permissions others could have come.
                    let is_ours = [0, owner].contains(&stream.peer_cred()?.uid());
                    Ok(is_ours.then_some(stream.into_std()?))
                });
                match accepted {
                    Ok(Some(stream)) => {
                        let installation = installation.clone();
                        calls.spawn_blocking(move || call(stream, installation));
                    }
                    Ok(None) => tracing::warn!("another user tried to hand a command over"),
                    Err(error) => {
                        tracing::warn!(%error, "a command could not be taken over");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        }
    }
    drop(listener);
    // What takes longer ends with this process; nothing that it acknowledged is lost.
    let _ = tokio::time::timeout(DRAIN, async { while calls.join_next().await.is_some() {} }).await;
}

fn call(mut stream: UnixStream, installation: Installation) {
    let ended = within(&stream, READ_WITHIN).and_then(|()| {
        let code = do_for(&stream, installation)?;
        wire::send(&mut stream, Part::Ended, &[code])
    });
    if let Err(error) = ended {
        tracing::info!(%error, "a command was handed over and its caller is gone");
    }
}

/// Lets a caller hold a thread no longer than this when it does not read, and shorter when it does not ask.
fn within(stream: &UnixStream, read: Duration) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(CALL_WITHIN))?;
    stream.set_write_timeout(Some(read))
}

/// Does what the first line asks; answers the exit status.
fn do_for(stream: &UnixStream, installation: Installation) -> io::Result<u8> {
    let mut line = Vec::new();
    BufReader::new(stream.take(CALL_BYTES_MAX)).read_until(b'\n', &mut line)?;
    let Call { arguments, folder, is_watched } = serde_json::from_slice(&line)?;
    let caller = Caller { installation, folder, is_watched, stream: stream.try_clone()? };
    let told = Told::to(arguments.iter());
    Ok(caller::work_for(caller, || match CommandLine::try_parse_from(arguments) {
        Ok(command_line) => status(command_line.run().unwrap_or_else(|failure| {
            output::complain(&failure, told);
            failure.exit_code().into()
        })),
        Err(refused) => output::refuse(&refused, told),
    }))
}

/// The number of an exit status, which has no other way out.
fn status(code: ExitCode) -> u8 {
    (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_caller_that_does_not_read_holds_nothing_for_ever() {
        let (stream, mut caller) = UnixStream::pair().expect("a pair");
        within(&stream, Duration::from_millis(1)).expect("set");
        let mut frames = caller::Frames::new(Part::Result, stream.try_clone().expect("a second handle"));
        let error = (0..).find_map(|_| frames.write(&[0; 1 << 16]).err()).expect("an end");
        assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
        // What follows does not wait again, and the caller sees the end.
        assert_eq!(frames.write(&[0]).map_err(|error| error.kind()), Err(io::ErrorKind::BrokenPipe));
        caller.read_to_end(&mut Vec::new()).expect("an end");
    }
}
