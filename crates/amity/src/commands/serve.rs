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
use ingest::plans::LivePlans;
use ingest::review::Decisions;
use ingest::{Intake, quarantine, validation};
use smol_str::SmolStr;
use store::registry::Registry;
use store::registry::quarantine::QuarantineState;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::review::{self, KeepUp};
use super::validate;
use crate::clock;
use crate::installation::{Installation, SERVED_AT};
use crate::output::{self, Failure};

/// How long open requests may take to end after the word to stop.
const DRAIN: Duration = Duration::from_secs(10);
/// How often days that have ended meanwhile are validated.
const ENDED_DAYS_EVERY: Duration = Duration::from_secs(600);

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
        let way_in = Arc::new(WayIn {
            intake: Arc::new(Mutex::new(installation.intake()?)),
            registry: installation.books.registry.clone(),
            plans: Arc::clone(&plans),
            unknown,
        });
        let review = Arc::new(review::review(&installation, Arc::clone(&plans)));
        let state = api::State {
            readings: installation.books.readings.clone(),
            registry: installation.books.registry.clone(),
            intake: Arc::clone(&way_in) as Arc<dyn api::Intake>,
            review: Arc::clone(&review),
            now: clock::now,
            hosts: self.host.clone(),
            version: env!("CARGO_PKG_VERSION"),
            message_bytes_max: (installation.settings.serve.message_mib_max as usize) << 20,
            plans,
        };
        let listen = self.listen.unwrap_or(installation.settings.serve.listen);
        installation.runtime.spawn(validate_ended_days(way_in));
        let keep_up = KeepUp::start(&installation.runtime, review, installation.books.readings.clone());
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
    output::print(&format!("Amity serves http://{address} (Ctrl-C stops)"))?;
    let served = axum::serve(listener, api::router(state)).with_graceful_shutdown(stop_word());
    tokio::select! {
        outcome = served => outcome.map_err(|error| Failure::work("could not serve", error))?,
        () = async { stop_word().await; tokio::time::sleep(DRAIN).await } => {}
    }
    delivery.stop().await;
    // What stays behind is removed by whoever opens the books next.
    let _ = std::fs::remove_file(served_at);
    Ok(())
}

/// Validates days that had not ended when they were touched, once they have.
async fn validate_ended_days(way_in: Arc<WayIn>) {
    let mut tick = tokio::time::interval(ENDED_DAYS_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = way_in.work(|_| Ok(())).await {
            tracing::warn!(%error, "ended days could not be validated and wait");
        }
    }
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
    plans: Arc<LivePlans>,
    unknown: Unknown,
}

impl WayIn {
    /// Runs work with the intake where it may block, then validates what it touched.
    fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Intake) -> Result<T, IntakeError> + Send + 'static,
    ) -> impl Future<Output = Result<T, api::IntakeError>> + Send + 'static {
        let (intake, plans) = (Arc::clone(&self.intake), Arc::clone(&self.plans));
        async move {
            // Asked first: what is taken in without plans would not be validated.
            let plans = plans.now().await.map_err(|error| api::IntakeError::Failed(error.into()))?;
            let done = tokio::task::spawn_blocking(move || {
                let mut intake = intake.lock().unwrap_or_else(PoisonError::into_inner);
                let outcome = work(&mut intake)?;
                let mut touched = intake.take_touched();
                let now = clock::now();
                let decisions = Decisions::of(&intake.books().registry, &touched, &plans);
                let decisions = Handle::current().block_on(decisions)?;
                let book = &intake.books().readings;
                validation::run(book, intake.directory(), &plans, &decisions, &mut touched, now, &mut |_| {})
                    .map_err(IntakeError::Readings)?;
                intake.put_back(touched);
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
        let (intake, plans) = (Arc::clone(&self.intake), Arc::clone(&self.plans));
        Box::pin(async move {
            let mut open = Vec::new();
            for id in items {
                let item = registry.quarantine().get(id).await;
                let item = item.map_err(|error| api::IntakeError::Failed(error.into()))?;
                if item.state == QuarantineState::Open {
                    open.push(item);
                }
            }
            let way_in = Self { intake, registry, plans, unknown };
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
