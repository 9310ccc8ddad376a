//! The head-ends of a simulation as web services: `ADDRESS/NAME/deliveries`.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path as Place, Query, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use simulator::premises::HeadEnd;
use simulator::service::{Answer, Service, is_kept};

use crate::clock;
use crate::output::{self, Failure};

/// One head-end: its files in order, and what it allows.
struct Serving {
    files: Vec<PathBuf>,
    service: Mutex<Service>,
}

type Services = Arc<BTreeMap<&'static str, Serving>>;

/// Serves the files in the folders of the head-ends until interrupted.
pub(super) fn serve(folder: &Path, address: SocketAddr, requests_per_minute: u32) -> Result<(), Failure> {
    let mut services = BTreeMap::new();
    for head_end in HeadEnd::ALL {
        let files = files_of(&folder.join(head_end.name()));
        let service = Mutex::new(Service::new(files.len(), requests_per_minute));
        services.insert(head_end.name(), Serving { files, service });
    }
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::work("could not start", error))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await;
        let listener = listener.map_err(|error| Failure::work(format!("could not listen on {address}"), error))?;
        let address = listener.local_addr().map_err(|error| Failure::work("could not listen", error))?;
        for (name, serving) in &services {
            output::print(&format!("http://{address}/{name} has {} deliveries", serving.files.len()))?;
        }
        let router = Router::new().route("/{name}/deliveries", get(deliveries)).with_state(Arc::new(services));
        let stop = async { drop(tokio::signal::ctrl_c().await) };
        let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
        served.map_err(|error| Failure::work("could not serve", error))
    })
}

/// The files that a head-end still has, by name, which begins with their date; none where it has no meters.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let last = files.iter().filter_map(|path| name(path).get(..10)?.parse().ok()).max();
    files.retain(|path| last.is_none_or(|last| is_kept(&name(path), last)));
    files
}

async fn deliveries(
    State(services): State<Services>,
    Place(name): Place<String>,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let Some(serving) = services.get(name.as_str()) else { return StatusCode::NOT_FOUND.into_response() };
    let after = asked.get("after").map(String::as_str);
    let answer = serving.service.lock().unwrap_or_else(PoisonError::into_inner).answer(after, clock::now());
    match answer {
        Answer::Nothing => StatusCode::NO_CONTENT.into_response(),
        Answer::Unknown => StatusCode::BAD_REQUEST.into_response(),
        Answer::Wait(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Answer::Delivery(place) => match tokio::fs::read(&serving.files[place]).await {
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            Ok(bytes) => {
                let name = serving.files[place].file_name().unwrap_or_default().to_string_lossy().into_owned();
                let headers = [
                    (HeaderName::from_static("delivery-name"), name),
                    (HeaderName::from_static("delivery-position"), (place + 1).to_string()),
                ];
                (headers, bytes).into_response()
            }
        },
    }
}
