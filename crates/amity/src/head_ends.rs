//! Collecting from the head-ends of the settings while the program serves.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use headend::folder::{self, Folder};
use headend::mqtt::{self, Mqtt};
use headend::pace::Contract;
use headend::rest::{self, Rest};
use headend::soap::{self, Soap};
use headend::{HeadEnd, Trouble};
use ingest::Intake;
use ingest::collector::{Collector, Health, Source};
use orchestrator::{Call, Line, line};
use smol_str::SmolStr;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::clock;
use crate::installation::Installation;
use crate::output::Failure;
use crate::settings::{self, Kind};

/// The longest sleep before the clock is looked at again: it may have been set.
const NAP: Duration = Duration::from_secs(5);

/// How collecting from every head-end goes.
pub type Healths = Vec<Arc<Mutex<Health>>>;

/// Head-ends that are collected from.
pub struct HeadEnds {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    healths: Healths,
    lines: BTreeMap<SmolStr, Line>,
}

impl HeadEnds {
    /// Begins to collect from those of the settings, each by itself.
    ///
    /// # Errors
    /// [`Failure::Usage`] naming the head-end whose settings cannot be.
    pub fn start(installation: &Installation, intake: &Arc<Mutex<Intake>>) -> Result<Self, Failure> {
        let (stop, stopped) = watch::channel(false);
        let mut made = Made { intake, stopped, healths: Vec::new(), lines: BTreeMap::new(), work: Vec::new() };
        for of in &installation.settings.head_ends {
            let wrong = |problem: String| Failure::Usage(format!("{}: head_end: {problem}", settings::FILE_NAME));
            let refused = |trouble: Trouble| wrong(format!("`{}`: {trouble}", of.name));
            let source = source(of, installation).map_err(wrong)?;
            let base = installation.folder();
            match of.kind() {
                Some(Kind::Folder(folder)) => {
                    let folder = from(base, folder);
                    is_apart(&folder.folder, base).map_err(|problem| wrong(format!("`{}`: {problem}", of.name)))?;
                    made.add(Folder::new(folder, system_time), source, of.contract);
                }
                Some(Kind::Rest(rest)) => {
                    made.add(Rest::new(with_token(base, rest)).map_err(refused)?, source, of.contract);
                }
                Some(Kind::Soap(soap)) => {
                    made.add(Soap::new(with_secrets(base, soap), clock::now).map_err(refused)?, source, of.contract);
                }
                Some(Kind::Mqtt(mqtt)) => {
                    made.add(Mqtt::new(with_password(base, mqtt)).map_err(refused)?, source, of.contract);
                }
                // It only pushes.
                None => {}
            }
        }
        // None begins before all of them can.
        let tasks = made.work.into_iter().map(|work| installation.runtime.spawn(work)).collect();
        Ok(Self { stop, tasks, healths: made.healths, lines: made.lines })
    }

    /// How each goes, for whoever wants to know at any time.
    pub fn healths(&self) -> Healths {
        self.healths.clone()
    }

    /// The way to each for requests.
    pub fn lines(&self) -> BTreeMap<SmolStr, Line> {
        self.lines.clone()
    }

    /// Ends after what is under way; what cannot end by then is asked for again after the next start.
    pub async fn stop(self, patience: Duration) {
        // Without a task nobody listens.
        let _ = self.stop.send(true);
        let ended = async {
            for task in self.tasks {
                // A task that broke off has ended, too.
                let _ = task.await;
            }
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            tracing::warn!("a head-end did not end in time");
        }
    }
}

/// Head-ends that can be collected from and are not yet.
struct Made<'i> {
    intake: &'i Arc<Mutex<Intake>>,
    stopped: watch::Receiver<bool>,
    healths: Healths,
    lines: BTreeMap<SmolStr, Line>,
    work: Vec<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl Made<'_> {
    fn add<H: HeadEnd + 'static>(&mut self, head_end: H, source: Source, contract: Contract) {
        let (line, calls) = line();
        self.lines.insert(SmolStr::new(&source.name), line);
        let collector = Collector::new(head_end, source, contract, Arc::clone(self.intake), clock::now());
        self.healths.push(collector.health());
        self.work.push(Box::pin(until_stopped(collector, calls, self.stopped.clone())));
    }
}

async fn until_stopped<H: HeadEnd>(
    mut collector: Collector<H>,
    mut calls: mpsc::Receiver<Call>,
    mut stopped: watch::Receiver<bool>,
) {
    while !*stopped.borrow() {
        let now = clock::now();
        let wait = Duration::try_from(collector.wait(now)).unwrap_or_default();
        let to_request = collector.wait_to_request(now).map(|wait| Duration::try_from(wait).unwrap_or_default());
        let may_request = to_request.is_some_and(|wait| wait.is_zero());
        let waiting = if may_request { calls.try_recv().ok() } else { None };
        if let Some(call) = waiting {
            request(&mut collector, call).await;
            continue;
        }
        if wait.is_zero() {
            collector.step(clock::now).await;
            continue;
        }
        let nap = to_request.filter(|wait| !wait.is_zero()).map_or(wait, |to_request| to_request.min(wait)).min(NAP);
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            _ = stopped.changed() => {}
            Some(call) = calls.recv(), if may_request => request(&mut collector, call).await,
        }
    }
}

async fn request<H: HeadEnd>(collector: &mut Collector<H>, call: Call) {
    let answer = collector.request(&call.request, clock::now).await;
    // Whoever asked may be gone; the same request is made again then.
    drop(call.answer.send(answer));
}

fn system_time() -> SystemTime {
    clock::now().into()
}

fn source(of: &settings::HeadEnd, installation: &Installation) -> Result<Source, String> {
    let (format, options) = of.reading()?;
    let zone = of.zone.as_deref().map(SmolStr::new);
    Ok(Source { name: of.name.clone(), format, zone, options, unknown: installation.unknown(false) })
}

/// Refuses a folder whose files are those of the installation: what is taken is moved.
fn is_apart(folder: &Path, base: &Path) -> Result<(), String> {
    // One that is not there yet holds nothing.
    let (Ok(folder), Ok(base)) = (folder.canonicalize(), base.canonicalize()) else { return Ok(()) };
    let is_of_books = ["readings", "raw"].iter().any(|book| folder.starts_with(base.join(book)));
    if base.starts_with(&folder) || is_of_books {
        return Err(format!("folder {} holds the installation itself; name one that only it fills", folder.display()));
    }
    Ok(())
}

fn from(base: &Path, given: &folder::Settings) -> folder::Settings {
    folder::Settings { folder: base.join(&given.folder), ..given.clone() }
}

fn with_token(base: &Path, given: &rest::Settings) -> rest::Settings {
    rest::Settings { token_file: given.token_file.as_ref().map(|path| base.join(path)), ..given.clone() }
}

fn with_secrets(base: &Path, given: &soap::Settings) -> soap::Settings {
    let [token_file, password_file] =
        [&given.token_file, &given.password_file].map(|file| file.as_ref().map(|path| base.join(path)));
    soap::Settings { token_file, password_file, ..given.clone() }
}

fn with_password(base: &Path, given: &mqtt::Settings) -> mqtt::Settings {
    let password_file = given.password_file.as_ref().map(|path| base.join(path));
    mqtt::Settings { password_file, ..given.clone() }
}

/// Reads how each goes.
pub fn look(healths: &Healths) -> Vec<Health> {
    healths.iter().map(|health| health.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
}
