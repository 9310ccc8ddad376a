//! `amity serve`: the page, the API and the deliveries, until it is told to stop.

use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use formats::{Format, Options};
use ingest::correction::{self, Correction, CorrectionError};
use ingest::events::EventsFailure;
use ingest::intake::{IntakeError, Message, Unknown};
use ingest::placement::zone_of;
use ingest::quarantine::Otherwise;
use ingest::{EventsLane, Intake, quarantine, record};
use interop::message::Noun;
use jiff::tz::TimeZone;
use model::review::{Reason, Refusal, Sought};
use model::time::zone::UnknownZone;
use orchestrator::Driver;
use smol_str::SmolStr;
use store::raw::RawBook;
use store::registry::quarantine::{QuarantineItem, QuarantineState};
use store::registry::{Registry, RegistryError};
use tokio::net::TcpListener;

use super::review::{self, KeepUp};
use super::validate;
use super::watch::Watch;
use crate::clock;
use crate::gap_lists;
use crate::hand_over::answer::Answering;
use crate::head_ends::HeadEnds;
use crate::hooks;
use crate::installation::{Installation, SERVED_AT};
use crate::output::{self, Failure};
use crate::thresholds::in_force;

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
            raw: installation.books.raw.clone(),
            events: installation.events_lane()?,
            unknown,
        });
        let thresholds = Arc::new(in_force(&installation.settings, installation.folder())?);
        let resolving = installation.runtime.spawn(way_in.events.clone().keep_resolving());
        let head_ends = HeadEnds::start(&installation, &way_in.intake)?;
        // Nobody else serves this installation.
        let _ = installation.head_ends.set(head_ends.healths());
        let determinants = Arc::new(installation.determinants());
        let state = api::State {
            readings: installation.books.readings.clone(),
            registry: installation.books.registry.clone(),
            events: installation.events.clone(),
            feeds: way_in.events.feeds().clone(),
            feeder_rules: way_in.events.rules().feeder,
            thresholds: Arc::clone(&thresholds),
            intake: Arc::clone(&way_in) as Arc<dyn api::Intake>,
            review: Arc::clone(&review),
            determinants: Arc::clone(&determinants),
            pushers: Arc::new(hooks::pushers(&installation.settings, installation.folder())?),
            head_ends: head_ends.healths(),
            collection: installation.settings.collection,
            daily_report: installation.settings.daily_report,
            on_demand: installation.settings.orders.on_demand.clone(),
            zone: zone_of(&installation.settings.zone).map_err(|error| Failure::Usage(format!("zone: {error}")))?,
            now: clock::now,
            hosts: self.host.clone(),
            version: env!("CARGO_PKG_VERSION"),
            message_bytes_max: (installation.settings.serve.message_mib_max as usize) << 20,
            plans,
        };
        let listen = self.listen.unwrap_or(installation.settings.serve.listen);
        let readings = installation.books.readings.clone();
        let keep_up = KeepUp::start(&installation.runtime, review, determinants, readings);
        let watch = Watch::start(&installation, thresholds);
        let timetable = installation.timetable()?;
        let (orders, schedules, gap_lists) = installation.runtime.block_on(async {
            let (books, orders) = (&installation.books, installation.settings.orders.clone());
            let books = (books.registry.clone(), books.readings.clone(), installation.events.clone());
            let driver = Driver::new(books, head_ends.lines(), orders, clock::now);
            (driver.start(), timetable.start(), gap_lists::start(&installation))
        });
        let served = installation.runtime.block_on(serve(listen, state, &installation));
        installation.runtime.block_on(async { tokio::join!(orders.stop(), schedules.stop(), gap_lists.stop()) });
        installation.runtime.block_on(head_ends.stop(DRAIN));
        installation.runtime.block_on(watch.stop());
        installation.runtime.block_on(keep_up.stop());
        resolving.abort();
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
    raw: Arc<RawBook>,
    events: EventsLane,
    unknown: Unknown,
}

/// Runs work with the intake where it may block. What it stores is answered at once; [`KeepUp`] validates it.
async fn work<T: Send + 'static>(
    intake: Arc<Mutex<Intake>>,
    work: impl FnOnce(&mut Intake) -> Result<T, IntakeError> + Send + 'static,
) -> Result<T, api::IntakeError> {
    let done = tokio::task::spawn_blocking(move || work(&mut intake.lock().unwrap_or_else(PoisonError::into_inner)));
    done.await.map_err(|error| api::IntakeError::Failed(error.into()))?.map_err(refused)
}

fn refused(error: IntakeError) -> api::IntakeError {
    match &error {
        IntakeError::Asked(refusal) => refusal.clone().into(),
        IntakeError::Readings(store::readings::Error::OutOfSpace(_)) => api::IntakeError::StorageFull,
        IntakeError::Raw(store::raw::Error::OutOfSpace(_)) => api::IntakeError::StorageFull,
        IntakeError::Registry(registry) if registry.is_out_of_space() => api::IntakeError::StorageFull,
        IntakeError::Events(failure) if is_full(failure) => api::IntakeError::StorageFull,
        IntakeError::Raw(store::raw::Error::ReadOnly(why)) => api::IntakeError::Unavailable(why.to_string()),
        IntakeError::Readings(readings) if readings.is_temporary() => {
            api::IntakeError::Unavailable(readings.to_string())
        }
        IntakeError::Readings(store::readings::Error::ReadOnly(why)) => api::IntakeError::Unavailable(why.to_string()),
        _ => api::IntakeError::Failed(error.into()),
    }
}

fn is_full(failure: &EventsFailure) -> bool {
    match failure {
        EventsFailure::Raw(error) => matches!(error, store::raw::Error::OutOfSpace(_)),
        EventsFailure::Events(error) => error.is_out_of_space(),
        EventsFailure::Registry(error) => error.is_out_of_space(),
        _ => false,
    }
}

fn events_refused(failure: EventsFailure) -> api::IntakeError {
    match failure {
        failure if is_full(&failure) => api::IntakeError::StorageFull,
        failure @ EventsFailure::Busy => api::IntakeError::Busy(failure.to_string()),
        failure @ EventsFailure::Ended => api::IntakeError::Unavailable(failure.to_string()),
        EventsFailure::Raw(store::raw::Error::ReadOnly(why)) => api::IntakeError::Unavailable(why.to_string()),
        failure => api::IntakeError::Failed(failure.into()),
    }
}

impl api::Intake for WayIn {
    fn receive_events(&self, upload: api::Upload) -> api::Answer<api::Receipt> {
        let message = match message(&upload, self.unknown) {
            Ok(message) => message,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let lane = self.events.clone();
        Box::pin(async move {
            let receipt = lane.take(message, upload.bytes, clock::now()).await.map_err(events_refused)?;
            let told = serde_json::to_value(&receipt).map_err(|error| api::IntakeError::Failed(error.into()))?;
            Ok(api::Receipt { accepted: receipt.accepted, told })
        })
    }

    fn receive(&self, upload: api::Upload) -> api::Answer<api::Receipt> {
        let message = match message(&upload, self.unknown) {
            Ok(message) => message,
            Err(error) => return Box::pin(async { Err(error) }),
        };
        let take = move |intake: &mut Intake| intake.take(&message, &mut &upload.bytes[..], clock::now());
        let work = work(Arc::clone(&self.intake), take);
        Box::pin(async move {
            let receipt = work.await?;
            let told = serde_json::to_value(&receipt).map_err(|error| api::IntakeError::Failed(error.into()))?;
            Ok(api::Receipt { accepted: receipt.accepted, told })
        })
    }

    fn replay(&self, items: Vec<u64>, otherwise: api::Otherwise) -> api::Answer<api::Replayed> {
        let otherwise = match said_otherwise(otherwise) {
            Ok(otherwise) => otherwise,
            Err(error) => return Box::pin(async { Err(error) }),
        };
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
            let replay =
                move |intake: &mut Intake| quarantine::replay(intake, &open, unknown, &otherwise, clock::now());
            let replayed = work(intake, replay).await?;
            Ok(api::Replayed { released: replayed.released, kept: replayed.refused_again, stored: replayed.stored })
        })
    }

    fn correct(&self, correction: api::Correction) -> api::Answer<api::Corrected> {
        let (registry, intake, unknown) = (self.registry.clone(), Arc::clone(&self.intake), self.unknown);
        Box::pin(async move {
            let item = registry.quarantine().get(correction.item).await.map_err(not_there)?;
            let correct = move |intake: &mut Intake| {
                let api::Correction { name, why, bytes, .. } = &correction;
                let open = || Ok(Box::new(&bytes[..]) as Box<dyn Read>);
                let said = Correction { name, by: &why.by, note: &why.note };
                Ok(correction::correct(intake, &item, said, &open, (unknown, clock::now())))
            };
            let corrected = work(intake, correct).await?.map_err(not_corrected)?;
            let told = serde_json::to_value(&corrected.receipt);
            let told = told.map_err(|error| api::IntakeError::Failed(error.into()))?;
            Ok(api::Corrected { closed: corrected.closed, told })
        })
    }

    fn decide_against(&self, items: Vec<u64>, why: api::Why) -> api::Answer<u64> {
        let registry = self.registry.clone();
        Box::pin(async move {
            let closing = quarantine::dropped(&why.by, &why.reason, &why.note, clock::now())?;
            registry.quarantine().close(&items, QuarantineState::Dropped, &closing).await.map_err(not_there)
        })
    }

    fn drop_reasons(&self) -> &'static [Reason] {
        quarantine::DROP_REASONS
    }

    fn record(&self, item: &QuarantineItem) -> api::Answer<serde_json::Value> {
        let (raw, line) = (item.entry.raw.parse(), item.entry.line);
        let (Ok(raw), 1..) = (raw, line) else { return Box::pin(async { Ok(serde_json::Value::Null) }) };
        let book = Arc::clone(&self.raw);
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || record::line(&book, raw, line)).await;
            let read = read.map_err(|error| api::IntakeError::Failed(error.into()))?;
            // What is damaged can still be explained, only not shown.
            let shown =
                read.inspect_err(|error| tracing::warn!(error = error as &dyn std::error::Error, "no record to show"));
            serde_json::to_value(shown.ok().flatten()).map_err(|error| api::IntakeError::Failed(error.into()))
        })
    }
}

fn not_there(error: RegistryError) -> api::IntakeError {
    match error {
        RegistryError::NotFound { .. } => Refusal::NotFound(Sought::Other, error.to_string()).into(),
        error => refused(error.into()),
    }
}

fn not_corrected(error: CorrectionError) -> api::IntakeError {
    match error {
        CorrectionError::Asked(refusal) => refusal.into(),
        CorrectionError::Unusable(finding) => {
            let detail = format!("the copy cannot be used: {finding}");
            Refusal::Invalid { field: "body", detail }.into()
        }
        CorrectionError::Intake(error) => refused(error),
        error @ CorrectionError::Read(_) => api::IntakeError::Failed(error.into()),
    }
}

fn said_otherwise(otherwise: api::Otherwise) -> Result<Otherwise, api::IntakeError> {
    zone_named(otherwise.zone.as_deref())?;
    Ok(Otherwise {
        format: format_named(otherwise.format.as_deref())?,
        zone: otherwise.zone.map(SmolStr::new),
        usage_point: otherwise.usage_point.map(SmolStr::new),
        unit: otherwise.unit.map(SmolStr::new),
    })
}

fn format_named(name: Option<&str>) -> Result<Option<Format>, api::IntakeError> {
    let Some(name) = name else { return Ok(None) };
    let found = Format::ALL.into_iter().find(|format| format.name() == name);
    let detail = || format!("`{name}` is not a format Amity reads");
    found.map(Some).ok_or_else(|| api::IntakeError::Parameter { name: "format", detail: detail() })
}

fn zone_named(name: Option<&str>) -> Result<Option<TimeZone>, api::IntakeError> {
    let invalid = |error: UnknownZone| api::IntakeError::Parameter { name: "zone", detail: error.to_string() };
    name.map(zone_of).transpose().map_err(invalid)
}

fn message(upload: &api::Upload, unknown: Unknown) -> Result<Message, api::IntakeError> {
    Ok(Message {
        source: upload.source.clone(),
        name: upload.name.clone(),
        format: format_named(upload.format.as_deref())?,
        options: Options { zone: zone_named(upload.zone.as_deref())?, ..Options::default() },
        zone: upload.zone.as_deref().map(SmolStr::new),
        unknown,
        position: String::new(),
        replaces: None,
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

    fn way_in(installation: &Installation) -> WayIn {
        WayIn {
            intake: Arc::new(Mutex::new(installation.intake().expect("an intake"))),
            registry: installation.books.registry.clone(),
            raw: installation.books.raw.clone(),
            events: installation.events_lane().expect("a lane"),
            unknown: Unknown::Register,
        }
    }

    // covers: MOD-LAY
    #[test]
    fn events_are_answered_while_readings_are_held_up() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Installation::create(folder.path(), "zone = \"UTC\"\n").expect("a new installation");
        let installation = Installation::open(folder.path()).expect("opened");
        let way_in = way_in(&installation);
        // A long file of readings has the intake, and nothing validates.
        let held = way_in.intake.lock().expect("not poisoned");
        let bytes = br#"{"events": [{"device": "M1", "type": "3.26.0.85", "time": "2026-01-01T00:00:00Z"}]}"#;
        let events = api::Upload { bytes: bytes.to_vec().into(), ..upload("UP1") };
        let receipt = installation.runtime.block_on(way_in.receive_events(events)).expect("taken");
        assert!(receipt.accepted, "{:?}", receipt.told);
        drop(held);
    }

    #[test]
    fn an_upload_is_answered_while_validation_is_under_way() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Installation::create(folder.path(), "zone = \"UTC\"\n").expect("a new installation");
        let installation = Installation::open(folder.path()).expect("opened");
        let plans = Arc::new(validate::live_plans(&installation).expect("the plans of the settings"));
        let review = review::review(&installation, plans);
        let way_in = way_in(&installation);
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
