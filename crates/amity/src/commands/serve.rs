//! `amity serve`: the page, the API and the deliveries, until it is told to stop.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use formats::{Format, Options};
use ingest::intake::{IntakeError, Message, Unknown};
use ingest::placement::zone_of;
use ingest::{Intake, quarantine};
use interop::message::Noun;
use smol_str::SmolStr;
use store::registry::Registry;
use store::registry::quarantine::QuarantineState;
use tokio::net::TcpListener;

use super::review::{self, KeepUp};
use super::validate;
use crate::clock;
use crate::hand_over::answer::Answering;
use crate::installation::{Installation, SERVED_AT};
use crate::output::{self, Failure};

/// How long open requests may take to end after the word to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serve the page and the API, and deliver to subscribers.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port, instead of the one in the settings.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Further host names under which the page may be reached.
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
}

impl Serve {
    /// Serves until interrupted, then lets open requests end.
    pub fn run(self, folder: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(folder)?;
        for damage in &installation.recovery.damaged {
            output::say(&format!("warning: {damage}"));
        }
        let unknown = installation.unknown(false);
        let plans = Arc::new(validate::live_plans(&installation)?);
        let review = review::review(&installation, Arc::clone(&plans));
        let way_in = Arc::new(WayIn {
            intake: Arc::new(Mutex::new(installation.intake()?)),
            registry: installation.books.registry.clone(),
            unknown,
        });
        let determinants = Arc::new(installation.determinants());
        let state = api::State {
            readings: installation.books.readings.clone(),
            registry: installation.books.registry.clone(),
            intake: Arc::clone(&way_in) as Arc<dyn api::Intake>,
            review: Arc::clone(&review),
            determinants: Arc::clone(&determinants),
            now: clock::now,
            hosts: self.host.clone(),
            version: env!("CARGO_PKG_VERSION"),
            message_bytes_max: (installation.settings.serve.message_mib_max as usize) << 20,
            plans,
        };
        let listen = self.listen.unwrap_or(installation.settings.serve.listen);
        let readings = installation.books.readings.clone();
        let keep_up = KeepUp::start(&installation.runtime, review, determinants, readings);
        let served = installation.runtime.block_on(serve(listen, state, &installation));
        installation.runtime.block_on(keep_up.stop());
        served?;
        output::say("stopped; everything that was acknowledged is on disk");
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(listen: SocketAddr, state: api::State, installation: &Installation) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen)
        .await
        .map_err(|error| Failure::work(format!("could not listen on {listen}"), error))?;
    let address = listener.local_addr().map_err(|error| Failure::work("could not listen", error))?;
    let mut config = interop::Config::default();
    if installation.settings.role.may_compute().is_err() {
        config.nouns.retain(|noun| *noun != Noun::BillingDeterminant);
    }
    let delivery =
        interop::Delivery::start(config, installation.books.readings.clone(), installation.books.registry.clone())
            .map_err(|error| Failure::work("could not start the deliveries", error))?;
    let served_at = installation.folder().join(SERVED_AT);
    if let Err(error) = std::fs::write(&served_at, format!("http://{address}")) {
        tracing::warn!(%error, "other commands cannot tell where this server is reached");
    }
    let answering = Answering::start(installation).inspect_err(|error| {
        tracing::warn!(%error, "other commands have to wait until this server ends");
    });
    output::print(&format!("Amity serves http://{address} (Ctrl-C stops)"))?;
    let served = axum::serve(listener, api::router(state)).with_graceful_shutdown(stop_word());
    tokio::select! {
        outcome = served => outcome.map_err(|error| Failure::work("could not serve", error))?,
        () = async { stop_word().await; tokio::time::sleep(DRAIN).await } => {}
    }
    if let Ok(answering) = answering {
        answering.stop().await;
    }
    delivery.stop().await;
    // What stays behind is removed by whoever opens the books next.
    let _ = std::fs::remove_file(served_at);
    Ok(())
}

/// Ready when the program is asked to stop, by Ctrl-C or by a service manager.
async fn stop_word() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        // Without the signal there is still Ctrl-C.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// The way in behind the API.
struct WayIn {
    intake: Arc<Mutex<Intake>>,
    registry: Registry,
    unknown: Unknown,
}

impl WayIn {
    /// Runs work with the intake where it may block. What it stores is answered at once; [`KeepUp`] validates it.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Intake) -> Result<T, IntakeError> + Send + 'static,
    ) -> impl Future<Output = Result<T, api::IntakeError>> + Send + 'static {
        let intake = Arc::clone(&self.intake);
        async move {
            let done =
                tokio::task::spawn_blocking(move || work(&mut intake.lock().unwrap_or_else(PoisonError::into_inner)));
            done.await.map_err(|error| api::IntakeError::Failed(error.into()))?.map_err(refused)
        }
    }
}

fn refused(error: IntakeError) -> api::IntakeError {
    match &error {
        IntakeError::Readings(store::readings::Error::OutOfSpace(_)) => api::IntakeError::StorageFull,
        IntakeError::Raw(store::raw::Error::OutOfSpace(_)) => api::IntakeError::StorageFull,
        IntakeError::Registry(registry) if registry.is_out_of_space() => api::IntakeError::StorageFull,
        IntakeError::Raw(store::raw::Error::ReadOnly(why)) => api::IntakeError::Unavailable(why.to_string()),
        IntakeError::Readings(readings) if readings.is_temporary() => {
            api::IntakeError::Unavailable(readings.to_string())
        }
        IntakeError::Readings(store::readings::Error::ReadOnly(why)) => api::IntakeError::Unavailable(why.to_string()),
        _ => api::IntakeError::Failed(error.into()),
    }
}

impl api::Intake for WayIn {
    fn receive(&self, upload: api::Upload) -> api::Answer<api::Receipt> {
        let message = match message(&upload, self.unknown) {
            Ok(message) => message,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let work = self.work(move |intake| intake.take(&message, &mut &upload.bytes[..], clock::now()));
        Box::pin(async move {
            let receipt = work.await?;
            let told = serde_json::to_value(&receipt).map_err(|error| api::IntakeError::Failed(error.into()))?;
            Ok(api::Receipt { accepted: receipt.accepted, told })
        })
    }

    fn replay(&self, items: Vec<u64>) -> api::Answer<api::Replayed> {
        let registry = self.registry.clone();
        let unknown = self.unknown;
        let intake = Arc::clone(&self.intake);
        Box::pin(async move {
            let mut open = Vec::new();
            for id in items {
                let item = registry.quarantine().get(id).await;
                let item = item.map_err(|error| api::IntakeError::Failed(error.into()))?;
                if item.state == QuarantineState::Open {
                    open.push(item);
                }
            }
            let way_in = Self { intake, registry, unknown };
            let replayed = way_in.work(move |intake| quarantine::replay(intake, &open, unknown, clock::now())).await?;
            Ok(api::Replayed { released: replayed.released, kept: replayed.refused_again, stored: replayed.stored })
        })
    }
}

fn message(upload: &api::Upload, unknown: Unknown) -> Result<Message, api::IntakeError> {
    let parameter = |name: &'static str, detail: String| api::IntakeError::Parameter { name, detail };
    let format = match upload.format.as_deref() {
        None => None,
        Some(name) => Some(
            Format::ALL
                .into_iter()
                .find(|format| format.name() == name)
                .ok_or_else(|| parameter("format", format!("`{name}` is not a format Amity reads")))?,
        ),
    };
    let zone = upload.zone.as_deref().map(zone_of).transpose();
    Ok(Message {
        source: upload.source.clone(),
        name: upload.name.clone(),
        format,
        options: Options { zone: zone.map_err(|error| parameter("zone", error.to_string()))?, ..Options::default() },
        zone: upload.zone.as_deref().map(SmolStr::new),
        unknown,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use api::Intake as _;

    use super::*;

    /// One hour of 2026-01-01 of a usage point.
    fn upload(usage_point: &str) -> api::Upload {
        let row = format!("{usage_point},kWh,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,1\n");
        api::Upload {
            source: "HES".into(),
            name: usage_point.into(),
            format: None,
            zone: None,
            bytes: format!("usage_point_id,uom,start,end,value\n{row}").into_bytes().into(),
        }
    }

    #[test]
    fn an_upload_is_answered_while_validation_is_under_way() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Installation::create(folder.path(), "zone = \"UTC\"\n").expect("a new installation");
        let installation = Installation::open(folder.path()).expect("opened");
        let plans = Arc::new(validate::live_plans(&installation).expect("the plans of the settings"));
        let review = review::review(&installation, plans);
        let way_in = WayIn {
            intake: Arc::new(Mutex::new(installation.intake().expect("an intake"))),
            registry: installation.books.registry.clone(),
            unknown: Unknown::Register,
        };
        let receive = |usage_point| installation.runtime.block_on(way_in.receive(upload(usage_point)));
        assert!(receive("UP1").expect("taken").accepted);

        let (begun, has_begun) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let validating = std::thread::spawn(move || {
            let mut wait = |_| {
                // Neither end has gone: this thread is joined below.
                let _ = begun.send(());
                let _ = may_go_on.recv();
            };
            review.validate_received(&clock::now, &mut wait).map(drop)
        });
        has_begun.recv().expect("a day is validated");
        assert!(receive("UP2").expect("taken").accepted);
        drop(go_on);
        validating.join().expect("no panic").expect("validated");
    }
}
