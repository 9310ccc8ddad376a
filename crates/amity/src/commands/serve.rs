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
use ingest::{Intake, Review, quarantine};
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
            review: Arc::clone(&review),
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
    let delivery = interop::Delivery::start(
        interop::Config::default(),
        installation.books.readings.clone(),
        installation.books.registry.clone(),
    )
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
    review: Arc<Review>,
    unknown: Unknown,
}

impl WayIn {
    /// Runs work with the intake where it may block, then validates what arrived.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Intake) -> Result<T, IntakeError> + Send + 'static,
    ) -> impl Future<Output = Result<T, api::IntakeError>> + Send + 'static {
        let (intake, review) = (Arc::clone(&self.intake), Arc::clone(&self.review));
        async move {
            let done = tokio::task::spawn_blocking(move || {
                let outcome = work(&mut intake.lock().unwrap_or_else(PoisonError::into_inner))?;
                // What is stored is acknowledged; where it could not be validated, that is done later.
                if let Err(error) = review.validate_received(&clock::now, &mut |_| {}) {
                    review::warn("readings could not be validated and wait", &error);
                }
                Ok(outcome)
            });
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
        let (intake, review) = (Arc::clone(&self.intake), Arc::clone(&self.review));
        Box::pin(async move {
            let mut open = Vec::new();
            for id in items {
                let item = registry.quarantine().get(id).await;
                let item = item.map_err(|error| api::IntakeError::Failed(error.into()))?;
                if item.state == QuarantineState::Open {
                    open.push(item);
                }
            }
            let way_in = Self { intake, registry, review, unknown };
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
