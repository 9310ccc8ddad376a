//! `cargo xtask demo`: from a fresh clone to a page with charts.
//!
//! It builds the page and the binary, lets the binary make up a small utility, takes its files in by the same commands
//! a person would type, serves, and prints the address once the first chart has answered.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::page;
use crate::repository::Repository;
use crate::step::{self, Failure};

/// Settings of the compiler in the root Cargo.toml: little optimisation, so that the first chart comes soon.
const PROFILE: &str = "demo";
/// The made-up utility: enough for a fleet view, a monthly profile, a few gaps and spikes, and the night of a silent
/// collector in review.
const FLEET: [&str; 8] = ["--channels", "200", "--days", "35", "--seed", "7", "--zone", "America/Toronto"];
const USUAL_ADDRESS: &str = "127.0.0.1:8460";
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The binary and the folder it works in.
struct Demo {
    binary: PathBuf,
    folder: PathBuf,
}

pub fn run(repository: &Repository, arguments: &[String]) -> Result<(), Failure> {
    let stay = match arguments {
        [] => true,
        [flag] if flag == "--no-serve" => false,
        _ => return Err(Failure::new("arguments not understood", "usage: cargo xtask demo [--no-serve]")),
    };
    let started = Instant::now();
    let demo = Demo::prepare(repository)?;
    demo.load()?;
    let mut server = step::timed("serve", || demo.serve())?;
    eprintln!("\nAmity is at {} ({:.0} s after you typed it)", server.address, started.elapsed().as_secs_f32());
    if stay {
        eprintln!("What rules found is at {}/review", server.address);
        eprintln!("Ctrl-C ends it; the data stays in {}", demo.folder.display());
        return server.wait();
    }
    server.stop()
}

impl Demo {
    /// Builds what is needed and empties the folder of the last demonstration.
    fn prepare(repository: &Repository) -> Result<Self, Failure> {
        if page::exists(repository) {
            step::timed("page", || page::build(repository))?;
        }
        step::timed("binary (minutes when built for the first time)", || {
            let arguments = ["build", "--profile", PROFILE, "--package", "amity"];
            step::succeed(&mut step::cargo(repository.root(), &arguments), "the compiler says above what is wrong")
        })?;
        let target = repository.target()?;
        let folder = target.join("demo-data");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| unusable(&folder, &error))?;
        Ok(Self { binary: target.join(PROFILE).join("amity"), folder })
    }

    /// Makes the files of a small utility and takes them in.
    fn load(&self) -> Result<(), Failure> {
        let files = self.folder.join("files").to_string_lossy().into_owned();
        let amity = |arguments: &[&str], expected: &[i32]| {
            let to_do = "the lines above say why; all files are in demo-data in the target folder";
            step::end_with(&mut self.command(arguments), expected, to_do)
        };
        step::timed("new installation", || amity(&["init", "--zone", "America/Toronto"], &[0]))?;
        step::timed("made-up files", || amity(&[&["bench", "generate", &files], FLEET.as_slice()].concat(), &[0]))?;
        // One of the files is broken on purpose, to be seen in quarantine: 1 says findings, 2 that a file was refused.
        step::timed("ingest", || {
            // A line a file on standard output is too much to read here; `status` tells the sum of it.
            let mut ingest = self.command(&["ingest", &files, "--register"]);
            step::end_with(ingest.stdout(Stdio::null()), &[0, 1, 2], "the lines above say why")?;
            amity(&["status"], &[0])
        })
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let data = self.folder.join("installation");
        let data = data.to_string_lossy();
        let all = [&["--data", data.as_ref()], arguments].concat();
        step::command(&self.folder, &self.binary.to_string_lossy(), &all)
    }

    /// Starts the server and waits until a chart has answered.
    fn serve(&self) -> Result<Server, Failure> {
        let listen = free_address();
        let child = self.command(&["serve", "--listen", &listen]).spawn();
        let child = child.map_err(|error| unusable(&self.binary, &error))?;
        let mut server = Server { child, address: format!("http://{listen}") };
        server.wait_until_listening(&listen)?;
        first_chart(&listen)?;
        Ok(server)
    }
}

/// A running `amity serve`; it ends with this value.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn wait_until_listening(&mut self, listen: &str) -> Result<(), Failure> {
        let started = Instant::now();
        while TcpStream::connect(listen).is_err() {
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if ended || started.elapsed() > ANSWER_WITHIN {
                let what = format!("the server does not listen on {listen}");
                return Err(Failure::new(what, "its own lines are above; `amity doctor` looks at its data"));
            }
            thread::park_timeout(Duration::from_millis(50));
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let status = self.child.wait().map_err(|error| Failure::new(format!("server: {error}"), "start it again"))?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("server ended with {status}"), "see above")) }
    }

    fn stop(&mut self) -> Result<(), Failure> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|error| {
            Failure::new(format!("the server could not be stopped: {error}"), "end the process named amity by hand")
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.stop();
    }
}

/// The usual address if nobody listens there, else one that the system picks.
fn free_address() -> String {
    [USUAL_ADDRESS, "127.0.0.1:0"]
        .into_iter()
        .find_map(|address| TcpListener::bind(address).ok()?.local_addr().ok())
        .map_or_else(|| USUAL_ADDRESS.into(), |address| address.to_string())
}

/// What the page asks for when it opens the first meter.
fn first_chart(address: &str) -> Result<(), Failure> {
    #[derive(Deserialize)]
    struct Page {
        items: Vec<Channel>,
    }
    #[derive(Deserialize)]
    struct Channel {
        channel: u32,
        first_reading: String,
        last_reading: String,
    }
    let broken =
        |what: String| Failure::new(what, "the server's own lines are above; `amity doctor` looks at its data");
    get(address, "/").map_err(broken)?;
    let page = get(address, "/api/v1/channels?limit=1").map_err(broken)?;
    let page: Page = serde_json::from_str(&page).map_err(|error| broken(format!("list of channels: {error}")))?;
    let Some(Channel { channel, first_reading: from, last_reading: to }) = page.items.first() else {
        return Err(broken("no channel was loaded".into()));
    };
    let path = format!("/api/v1/channels/{channel}/readings?from={from}&to={to}").replace('+', "%2B");
    let chart = get(address, &path).map_err(broken)?;
    eprintln!("    first chart: {} bytes of channel {channel}", chart.len());
    Ok(())
}

/// The body of `GET path`; an error in words for anything but 200.
fn get(address: &str, path: &str) -> Result<String, String> {
    let answer = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = answer().map_err(|error| format!("GET {path}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) == Some("200") { Ok(body.into()) } else { Err(format!("GET {path}: {status}")) }
}

fn unusable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("{}: {error}", path.display()), "make it writable, or remove it by hand")
}
