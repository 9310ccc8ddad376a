//! `cargo xtask demo`: from a fresh clone to a page with charts.
//!
//! It builds the page and the binary, lets the binary make up a small utility that goes on as time passes, serves, collects from its
//! three head-ends, and prints the address once the first chart has answered.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::page;
use crate::repository::Repository;
use crate::step::{self, Failure};

/// Settings of the compiler in the root Cargo.toml: little optimisation, so that the first chart comes soon.
const PROFILE: &str = "demo";
/// The made-up utility: enough for a fleet view, two weeks of a profile, and three head-ends each with trouble of its own.
const TOWN: [&str; 6] = ["--meters", "200", "--days", "14", "--script", "today"];
const USUAL_ADDRESS: &str = "127.0.0.1:8460";
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const READY_WITHIN: Duration = Duration::from_secs(240);

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
    let mut town = step::timed("made-up utility", || demo.live())?;
    let mut server = step::timed("serve", || demo.serve())?;
    step::timed("what three head-ends collected", || demo.collect(&server))?;
    eprintln!("\nAmity is at {} ({:.0} s after you typed it)", server.address, started.elapsed().as_secs_f32());
    if stay {
        eprintln!(
            "It is early in the morning there, and a fuse opens in the next minutes: see its head-ends and the board"
        );
        eprintln!("What rules found is at {}/review", server.address);
        eprintln!("Ctrl-C ends it; the data stays in {}", demo.folder.display());
        return server.wait();
    }
    server.stop()?;
    town.stop()
}

/// A zone where it is between 02:00 and 03:00 now, so that the deadline of 05:00 is near.
fn early_in_the_morning() -> String {
    #[expect(clippy::disallowed_methods, reason = "a demonstration begins at the hour that it is")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let east = (26 - now.as_secs() / 3600 % 24) % 24;
    if east < 13 { format!("+{east:02}:00") } else { format!("-{:02}:00", 24 - east) }
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

    /// Makes a utility up that goes on as time passes, and an installation that collects from its head-ends.
    fn live(&self) -> Result<Running, Failure> {
        let zone = format!("--zone={}", early_in_the_morning());
        self.amity(&["init", &zone, "--register"])?;
        let options = ["simulate", "town", &zone, "--serve", "127.0.0.1:0", "--live"];
        let mut town = Running::start(&mut self.command(&[options.as_slice(), &TOWN].concat()))?;
        let settings = self.folder.join("town/head-ends.toml");
        town.wait_for("the made-up utility", || settings.exists())?;
        let head_ends = fs::read_to_string(&settings).map_err(|error| unusable(&settings, &error))?;
        let ours = self.folder.join("installation/amity.toml");
        let opened = fs::OpenOptions::new().append(true).open(&ours);
        opened.and_then(|mut file| file.write_all(head_ends.as_bytes())).map_err(|error| unusable(&ours, &error))?;
        Ok(town)
    }

    /// Starts the server.
    fn serve(&self) -> Result<Server, Failure> {
        let listen = free_address();
        let mut running = Running::start(&mut self.command(&["serve", "--listen", &listen]))?;
        running.wait_for("the server", || TcpStream::connect(&listen).is_ok())?;
        Ok(Server { running, address: format!("http://{listen}"), listen })
    }

    /// Waits until the head-ends have given all that they had, gives the meters to them, and opens a chart.
    fn collect(&self, server: &Server) -> Result<(), Failure> {
        server.wait_until_collected()?;
        self.amity(&["registry", "owners", "town/owners.csv"])?;
        self.amity(&["status"])?;
        first_chart(&server.listen)
    }

    fn amity(&self, arguments: &[&str]) -> Result<(), Failure> {
        let to_do = "the lines above say why; all files are in demo-data in the target folder";
        step::succeed(&mut self.command(arguments), to_do)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let all = [&["--data", "installation"], arguments].concat();
        step::command(&self.folder, &self.binary.to_string_lossy(), &all)
    }
}

/// A program that goes on; it ends with this value.
struct Running {
    child: Child,
}

impl Running {
    fn start(command: &mut Command) -> Result<Self, Failure> {
        let spelled = step::spelled(command);
        eprintln!("    $ {spelled} &");
        let child = command.spawn();
        let child = child.map_err(|error| Failure::new(format!("`{spelled}`: {error}"), "see whether it was built"))?;
        Ok(Self { child })
    }

    fn wait_for(&mut self, what: &str, is_there: impl Fn() -> bool) -> Result<(), Failure> {
        let started = Instant::now();
        while !is_there() {
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if ended || started.elapsed() > READY_WITHIN {
                return Err(Failure::new(format!("{what} is not ready"), "its own lines are above"));
            }
            thread::park_timeout(Duration::from_millis(50));
        }
        Ok(())
    }

    fn stop(&mut self) -> Result<(), Failure> {
        self.child.kill().and_then(|()| self.child.wait()).map(drop).map_err(|error| {
            Failure::new(format!("a program could not be stopped: {error}"), "end the processes named amity by hand")
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        let _ = self.stop();
    }
}

/// A running `amity serve`.
struct Server {
    running: Running,
    listen: String,
    address: String,
}

impl Server {
    /// Waits until each head-end had no more to give at least once.
    fn wait_until_collected(&self) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<HeadEnd>,
        }
        #[derive(Deserialize)]
        struct HeadEnd {
            health: Option<Health>,
        }
        #[derive(Deserialize)]
        struct Health {
            caught_up_at: Option<String>,
        }
        let started = Instant::now();
        loop {
            let list = get(&self.listen, "/api/v1/head-ends").map_err(broken)?;
            let list: List = serde_json::from_str(&list).map_err(|error| broken(format!("head-ends: {error}")))?;
            let is_done = |one: &HeadEnd| one.health.as_ref().is_some_and(|health| health.caught_up_at.is_some());
            if !list.items.is_empty() && list.items.iter().all(is_done) {
                return Ok(());
            }
            if started.elapsed() > READY_WITHIN {
                return Err(broken("the head-ends still have more to give".into()));
            }
            thread::park_timeout(Duration::from_millis(250));
        }
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let status =
            self.running.child.wait().map_err(|error| Failure::new(format!("server: {error}"), "start it again"))?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("server ended with {status}"), "see above")) }
    }

    fn stop(&mut self) -> Result<(), Failure> {
        self.running.stop()
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

fn broken(what: String) -> Failure {
    Failure::new(what, "the server's own lines are above; `amity doctor` looks at its data")
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
