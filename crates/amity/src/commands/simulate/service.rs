//! The head-ends of a simulation as web services: `ADDRESS/NAME/deliveries` and `ADDRESS/NAME/requests`, as `docs/head-end-over-rest.md`
//! says.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path as Place, Query, State};
use axum::http::header::DATE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use model::time::TimeRange;
use serde::Deserialize;
use serde_json::json;
use simulator::answer::{Answers, Asked};
use simulator::dialect::File;
use simulator::happening::{KINDS, Kind};
use simulator::premises::HeadEnd;
use simulator::service::{Accepted, Answer, Service, is_kept};
use simulator::{Live, Utility};

use crate::clock;
use crate::output::{self, Failure};

/// Where what was fetched on request lies in the folder of a head-end, after the files of its days.
const REQUESTED: &str = "requested";
/// Settings to collect from them.
const SETTINGS: &str = "head-ends.toml";
/// How often is looked what happened, where time goes on.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// One head-end: its files in order, and what it allows.
struct Serving {
    head_end: HeadEnd,
    folder: PathBuf,
    state: Mutex<(Vec<PathBuf>, Service)>,
}

/// The head-ends by name, and the truth that they fetch from.
pub(super) struct Served {
    services: BTreeMap<&'static str, Serving>,
    pub(super) utility: Utility,
    pub(super) first: Date,
    /// How far it is told, where time goes on, and what could not be written yet.
    live: Option<Mutex<(Live, Vec<File>)>>,
}

/// A request as `headend::rest` makes it.
#[derive(Deserialize)]
struct Request {
    id: String,
    kind: String,
    devices: Vec<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

/// Serves the files in the folders of the head-ends, fetches what they are asked for, and tells what happens where time goes on,
/// until interrupted.
pub(super) fn serve(
    folder: &Path,
    (utility, first, live): (Utility, Date, Option<Live>),
    address: SocketAddr,
    requests_per_minute: u32,
) -> Result<(), Failure> {
    let mut services = BTreeMap::new();
    for head_end in HeadEnd::ALL {
        let folder = folder.join(head_end.name());
        let files: Vec<_> = [files_of(&folder), files_of(&folder.join(REQUESTED))].concat();
        let state = Mutex::new((files.clone(), Service::new(files.len(), requests_per_minute)));
        services.insert(head_end.name(), Serving { head_end, folder, state });
    }
    let of_cloud = services.get(HeadEnd::Cloud.name()).map(|serving| files_of(&serving.folder)).unwrap_or_default();
    let soap = super::soap::service(&of_cloud)?;
    let served = Arc::new(Served { services, utility, first, live: live.map(|live| Mutex::new((live, Vec::new()))) });
    let soap = super::soap::route(soap, Arc::clone(&served));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work("could not start", error))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await;
        let listener = listener.map_err(|error| Failure::work(format!("could not listen on {address}"), error))?;
        let address = listener.local_addr().map_err(|error| Failure::work("could not listen", error))?;
        for (name, serving) in &served.services {
            let deliveries = serving.state.lock().unwrap_or_else(PoisonError::into_inner).0.len();
            let soap = if *name == HeadEnd::Cloud.name() { ", and answers questions in SOAP at its /soap" } else { "" };
            output::print(&format!("http://{address}/{name} has {deliveries} deliveries{soap}"))?;
        }
        std::fs::write(folder.join(SETTINGS), settings(folder, address))
            .map_err(|error| Failure::work(format!("could not write into {}", folder.display()), error))?;
        output::say(&format!("settings to collect from them are in {}", folder.join(SETTINGS).display()));
        if served.live.is_some() {
            tokio::spawn(go_on(Arc::clone(&served)));
        }
        let router = Router::new()
            .route("/{name}/deliveries", get(deliveries))
            .route("/{name}/requests", post(requests))
            .with_state(served);
        let router = router.route(&format!("/{}/soap", HeadEnd::Cloud.name()), soap);
        let stop = async { drop(tokio::signal::ctrl_c().await) };
        let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        served.map_err(|error| Failure::work("could not serve", error))
    })
}

/// What `amity.toml` needs to collect from the head-ends, one of them from its folder, and to understand their events.
fn settings(folder: &Path, address: SocketAddr) -> String {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let contract = "contract = { every_seconds = 5 }\n";
    let way = |head_end: HeadEnd| match head_end {
        HeadEnd::Folder => {
            let folder = folder.join(head_end.name()).display().to_string();
            format!("[head_end.folder]\nfolder = {}\nsettled_seconds = 2\n", json!(folder))
        }
        _ => format!("[head_end.rest]\naddress = \"http://{address}/{}\"\n", head_end.name()),
    };
    let words = |head_end: HeadEnd, kind: &Kind| match head_end {
        HeadEnd::Cloud => String::new(),
        HeadEnd::Hourly => format!("{} = \"{}\"\n", kind.hourly, kind.code),
        HeadEnd::Folder => format!("{} = \"{}\"\n", kind.folder, kind.code),
    };
    let of = |head_end: HeadEnd| {
        let words: String = KINDS.iter().map(|kind| words(head_end, kind)).collect();
        let name = head_end.name();
        let dialect = if words.is_empty() { words } else { format!("[events.dialects.{name}]\n{words}") };
        format!("[[head_end]]\nname = \"{name}\"\n{contract}{}{dialect}\n", way(head_end))
    };
    HeadEnd::ALL.map(of).concat()
}

/// The files of a folder by name, which begins with their date or number, as far as they are still kept; none where it has
/// no meters.
pub(super) fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let last = files.iter().filter_map(|path| name(path).get(..10)?.parse().ok()).max();
    files.retain(|path| last.is_none_or(|last| is_kept(&name(path), last)));
    files
}

async fn deliveries(
    State(served): State<Arc<Served>>,
    Place(name): Place<String>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let Some(serving) = served.services.get(name.as_str()) else { return StatusCode::NOT_FOUND.into_response() };
    let after = asked.get("after").map(String::as_str);
    let shows = served.utility.by_head_end(serving.head_end, clock::now());
    let date = [(DATE, shows.strftime("%a, %d %b %Y %T GMT").to_string())];
    let (answer, path) = {
        let mut state = serving.state.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = state.1.answer(after, clock::now());
        let path = if let Answer::Delivery(place) = answer { state.0.get(place).cloned() } else { None };
        (answer, path.unwrap_or_default())
    };
    let answered = match answer {
        Answer::Nothing => StatusCode::NO_CONTENT.into_response(),
        Answer::Unknown => StatusCode::BAD_REQUEST.into_response(),
        Answer::Wait(seconds) => wait(seconds),
        Answer::Delivery(place) => match tokio::fs::read(&path).await {
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Ok(bytes) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let headers = [
                    (HeaderName::from_static("delivery-name"), name),
                    (HeaderName::from_static("delivery-position"), (place + 1).to_string()),
                ];
                (headers, bytes).into_response()
            }
        },
    };
    (date, answered).into_response()
}

async fn requests(
    State(served): State<Arc<Served>>,
    Place(name): Place<String>,
    Json(request): Json<Request>,
) -> Response {
    let Some(serving) = served.services.get(name.as_str()) else { return StatusCode::NOT_FOUND.into_response() };
    let asked = match (request.kind.as_str(), request.from, request.to) {
        ("read", Some(start), Some(end)) => Asked::Read(TimeRange { start, end }),
        ("read_now" | "ping", None, None) => Asked::Now,
        _ => return (StatusCode::BAD_REQUEST, "expected read with from and to, read_now, or ping").into_response(),
    };
    let now = clock::now();
    let accepted = serving.state.lock().unwrap_or_else(PoisonError::into_inner).1.request(&request.id, now);
    if let Accepted::Wait(seconds) = accepted {
        return wait(seconds);
    }
    let head_end = serving.head_end;
    let done = tokio::task::spawn_blocking(move || {
        let answers = Answers::new(&served.utility, head_end, served.first);
        if accepted == Accepted::New {
            served.fetch(&answers, &request, asked, now)?;
        }
        let refusal = |device: &String| Some(json!({ "device": device, "reason": answers.refusal(device, asked)? }));
        std::io::Result::Ok(request.devices.iter().filter_map(refusal).collect::<Vec<_>>())
    });
    match done.await {
        Ok(Ok(refused)) => (StatusCode::ACCEPTED, Json(json!({ "refused": refused }))).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Tells what happens, as it happens.
async fn go_on(served: Arc<Served>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let served = Arc::clone(&served);
        match tokio::task::spawn_blocking(move || served.tell_what_happened(clock::now())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => output::say(&format!("could not write what happened: {error}")),
            Err(_) => return,
        }
    }
}

impl Served {
    fn tell_what_happened(&self, now: Timestamp) -> std::io::Result<()> {
        let Some(live) = &self.live else { return Ok(()) };
        let mut live = live.lock().unwrap_or_else(PoisonError::into_inner);
        let (live, waiting) = &mut *live;
        waiting.extend(live.until(&self.utility, now));
        while let Some(File { head_end, name, bytes }) = waiting.first() {
            if let Some(serving) = self.services.get(head_end.name()) {
                serving.add(&serving.folder, |_| name.clone(), bytes)?;
            }
            waiting.remove(0);
        }
        Ok(())
    }

    /// Makes what is fetched a delivery after all others.
    fn fetch(&self, answers: &Answers<'_>, request: &Request, asked: Asked, now: Timestamp) -> std::io::Result<()> {
        let tried = request.devices.iter().filter(|device| answers.refusal(device, asked).is_none());
        let Some(file) = answers.file(tried.map(String::as_str), asked, (&request.id, now)) else { return Ok(()) };
        let Some(serving) = self.services.get(file.head_end.name()) else { return Ok(()) };
        serving.add(&serving.folder.join(REQUESTED), |number| format!("{number:08}.{}", file.name), &file.bytes)
    }
}

impl Serving {
    /// Has one more delivery, a file of a name by its number in a folder.
    fn add(&self, folder: &Path, name: impl FnOnce(usize) -> String, bytes: &[u8]) -> std::io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::fs::create_dir_all(folder)?;
        let path = folder.join(name(state.0.len()));
        std::fs::write(&path, bytes)?;
        state.0.push(path);
        state.1.add();
        Ok(())
    }
}

fn wait(seconds: u32) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
}
