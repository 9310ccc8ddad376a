//! HTTP: versioned views of the books and the embedded page.
//!
//! [`router`] answers requests; sockets, settings and shutdown are the binary's. Views read the books and change
//! nothing; what comes in goes through [`Intake`], which the binary wires to `ingest`, because views must not know
//! how readings are admitted. The interface is described in `docs/api/openapi.yaml`.
//!
//! - `board`: the morning at a glance; `head_end`, [`roll_out`]: what it leads to.
//! - `feed`: up to when everything of each head-end has come, for whoever decides by it; `complete`: the same of intervals; `feeder`: what
//!   is concluded of feeders by it.
//! - `fleet`, `channel`, `arrival`, `point`, `reading`, `register`, `day`, `sum_check`, `weather`, `quarantine`,
//!   `subscription`, `intake`, `soap`, `operate`, `page`: one file for each kind of address.
//! - [`collection`]: what came of a day by its deadline; [`collection_status`]: everything else that is told of it; `alert`:
//!   what people are alarmed of; `threshold`: who decides it, and by which limit; `plan`: which plan judges what.
//! - `exception`, `edit`, `proposal`, `explain`: the same for the queue and the editor of `ingest::review`.
//! - `event`: what devices told of: the way in, lists and the feed.
//! - `dependency`: everything that Amity leans on, and how reliable it was.
//! - `order`: what head-ends are asked to do.
//! - `determinant`: what bills rest on, asked for and shown.
//! - `profile`, `status`, `coverage`: what several of them show.
//! - `guard`, `problem`, `query`, `etag`: what holds for all of them.

mod alert;
mod arrival;
mod board;
mod book;
mod channel;
pub mod collection;
pub mod collection_status;
mod complete;
mod coverage;
mod day;
mod dependency;
mod determinant;
mod edit;
mod etag;
mod event;
mod exception;
mod explain;
mod feed;
mod feeder;
mod fleet;
mod guard;
mod head_end;
mod hook;
mod intake;
mod operate;
mod order;
mod page;
mod plan;
mod point;
mod problem;
mod profile;
mod proposal;
mod quarantine;
mod query;
mod reading;
mod register;
mod review;
pub mod roll_out;
mod soap;
mod state;
mod status;
mod subscription;
mod sum_check;
mod threshold;
mod weather;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use tower_http::compression::CompressionLayer;

use problem::{Code, Problem};
use state::{Inner, Shared};

pub use event::{subjects as event_subjects, view as event_view};
pub use hook::{Pusher, Pushers};
pub use state::{Answer, Corrected, Correction, Intake, IntakeError, Otherwise, Receipt, Replayed, State, Upload, Why};

/// Everything Amity answers over HTTP.
pub fn router(state: State) -> Router {
    let state: Shared = Arc::new(Inner::new(state));
    let mut router = Router::new();
    for (_, path, handler) in routes() {
        router = router.route(path, handler);
    }
    router
        .fallback(page::page)
        .method_not_allowed_fallback(|| async {
            Problem::new(Code::MethodNotAllowed, "this address does not take that method").into_response()
        })
        .layer(from_fn_with_state(Arc::clone(&state), guard::guard))
        .layer(CompressionLayer::new())
        .with_state(state)
}

/// Method and path of every route but the page, as the description of the interface lists them.
pub fn addresses() -> impl Iterator<Item = (&'static str, &'static str)> {
    routes().into_iter().map(|(method, path, _)| (method, path))
}

/// Method, path and who answers.
type Route = (&'static str, &'static str, MethodRouter<Shared>);

fn routes() -> Vec<Route> {
    shown().into_iter().chain(decided()).chain(taken_in()).collect()
}

/// What is there, and how it goes.
fn shown() -> [Route; 40] {
    [
        ("get", "/live", get(operate::live)),
        ("get", "/ready", get(operate::ready)),
        ("get", "/metrics", get(operate::metrics)),
        ("get", "/api/v1/openapi.yaml", get(operate::openapi)),
        ("get", "/api/v1/problems/{code}", get(operate::problem)),
        ("get", "/api/v1/board", get(board::get)),
        ("get", "/api/v1/fleet", get(fleet::get)),
        ("get", "/api/v1/head-ends", get(head_end::list)),
        ("get", "/api/v1/head-ends/{name}", get(head_end::get)),
        ("get", "/api/v1/feeds", get(feed::list)),
        ("get", "/api/v1/feeders/events", get(feeder::events)),
        ("get", "/api/v1/dependencies", get(dependency::list)),
        ("get", "/api/v1/reliability", get(dependency::month)),
        ("get", "/api/v1/reliability.csv", get(dependency::month_csv)),
        ("get", "/api/v1/roll-out", get(roll_out::get)),
        ("get", "/api/v1/roll-out.csv", get(roll_out::csv_file)),
        ("get", "/api/v1/collection", get(collection::get)),
        ("get", "/api/v1/collection.csv", get(collection::csv_file)),
        ("get", "/api/v1/collection/status", get(collection_status::get)),
        ("get", "/api/v1/collection/status.csv", get(collection_status::csv_file)),
        ("get", "/api/v1/collection/history", get(collection_status::days)),
        ("get", "/api/v1/collection/history.csv", get(collection_status::days_csv)),
        ("get", "/api/v1/thresholds", get(threshold::get)),
        ("get", "/api/v1/alerts", get(alert::list)),
        ("post", "/api/v1/alerts/{id}/acknowledge", post(alert::acknowledge)),
        ("get", "/api/v1/usage-points", get(point::usage_points)),
        ("get", "/api/v1/usage-points/{id}", get(point::usage_point)),
        ("get", "/api/v1/meters", get(point::meters)),
        ("get", "/api/v1/meters/{id}", get(point::meter)),
        ("get", "/api/v1/channels", get(channel::list)),
        ("get", "/api/v1/channels/{channel}", get(channel::get)),
        ("get", "/api/v1/channels/{channel}/readings", get(reading::list)),
        ("get", "/api/v1/channels/{channel}/readings.csv", get(reading::csv)),
        ("get", "/api/v1/channels/{channel}/versions", get(reading::versions)),
        ("get", "/api/v1/channels/{channel}/arrivals", get(arrival::list)),
        ("get", "/api/v1/channels/{channel}/registers", get(register::list)),
        ("get", "/api/v1/channels/{channel}/days", get(day::list)),
        ("get", "/api/v1/channels/{channel}/sum-checks", get(sum_check::list)),
        ("get", "/api/v1/channels/{channel}/weather", get(weather::list)),
        ("get", "/api/v1/channels/{channel}/explain", get(explain::get)),
    ]
}

/// What people decide and ask for.
fn decided() -> [Route; 20] {
    [
        ("get", "/api/v1/review/groups", get(exception::groups)),
        ("get", "/api/v1/review/exceptions", get(exception::list)),
        ("get", "/api/v1/review/preview", get(edit::preview)),
        ("get", "/api/v1/review/reasons", get(proposal::reasons)),
        ("get", "/api/v1/review/proposals", get(proposal::list)),
        ("post", "/api/v1/review/proposals", post(proposal::propose)),
        ("post", "/api/v1/review/accept", post(exception::accept)),
        ("post", "/api/v1/review/assign", post(exception::assign)),
        ("post", "/api/v1/review/comment", post(exception::comment)),
        ("post", "/api/v1/review/check", post(edit::check)),
        ("post", "/api/v1/review/proposals/{act}/approve", post(proposal::approve)),
        ("post", "/api/v1/review/proposals/{act}/reject", post(proposal::reject)),
        ("post", "/api/v1/review/proposals/{act}/undo", post(proposal::undo)),
        ("get", "/api/v1/determinants", get(determinant::list)),
        ("get", "/api/v1/determinants/requests/{id}", get(determinant::get)),
        ("post", "/api/v1/determinants/requests", post(determinant::request)),
        ("post", "/api/v1/determinants/requests/{id}/cancel", post(determinant::cancel)),
        ("get", "/api/v1/plans", get(plan::list)),
        ("post", "/api/v1/plans", post(plan::add)),
        ("get", "/api/v1/plans/for", get(plan::held)),
    ]
}

/// What comes in, what waits, and who is asked and told.
fn taken_in() -> [Route; 19] {
    [
        ("get", "/api/v1/orders", get(order::list)),
        ("get", "/api/v1/orders/{id}", get(order::get)),
        ("post", "/api/v1/orders", post(order::add)),
        ("post", "/api/v1/orders/{id}/cancel", post(order::cancel)),
        ("get", "/api/v1/quarantine", get(quarantine::list)),
        ("get", "/api/v1/quarantine/{id}", get(quarantine::get)),
        ("get", "/api/v1/subscriptions", get(subscription::list)),
        ("post", "/api/v1/quarantine/replay", post(quarantine::replay)),
        ("post", "/api/v1/quarantine/drop", post(quarantine::drop)),
        ("post", "/api/v1/quarantine/{id}/fix", post(quarantine::fix)),
        ("post", "/api/v1/readings", post(intake::receive)),
        ("post", "/soap", post(soap::receive)),
        ("post", "/hooks/{head_end}", post(hook::receive)),
        ("post", "/hooks/{head_end}/events", post(hook::receive_events)),
        ("post", "/api/v1/events", post(event::receive)),
        ("get", "/api/v1/events", get(event::list)),
        ("get", "/api/v1/events/feed", get(event::feed)),
        ("get", "/api/v1/events/counts", get(event::counts)),
        ("get", "/api/v1/events/unmapped", get(event::unmapped)),
    ]
}
