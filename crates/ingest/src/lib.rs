//! The way up: from bytes of a head-end to durable, placed, validated readings.
//!
//! Engines are pure ([`admission`], [`placement`], [`inventory`]); the driver ([`Intake`]) reads files, keeps the raw
//! bytes, commits batches and acknowledges only what is durable.
//!
//! - [`files`]: what a path holds: plain files, folders, zip members, gzip.
//! - [`inventory`]: what a message says, without storing it.
//! - [`admission`]: the coded checks V01 to V18.
//! - [`placement`]: instants to (local day, slot).
//! - [`admitter`]: the sink that resolves, checks and places; [`registration`]: channels as messages describe them.
//! - [`given_twice`]: what a message says twice; [`flags`]: flags of a source that become statuses.
//! - [`malformed`]: what readers left out of a message, by cause.
//! - [`intake`]: the driver.
//! - [`quarantine`]: what was not admitted, and how it gets in after a fix; [`correction`]: a corrected copy in its place;
//!   [`record`](mod@record): the lines that are meant.
//! - [`plans`]: which plan judges which day of which channel; [`validation`]: runs it over touched channel-days.
//! - [`shadow`]: another plan beside the live one: what would change; [`judged_days`]: over which days;
//!   [`stored_days`]: those that hold anything.
//! - [`review`]: what people do with what rules found.
//! - [`events`]: the way of device events, beside readings and never behind them.
//! - [`collector`]: takes in what a head-end has, step by step.
//! - [`feeds`]: how far the clock of each head-end is off, up to when everything of it has come, and whether too little comes.
//! - [`collection`]: what came of each day by its deadline, and why the rest did not.
//! - [`thresholds`]: who decides which condition and by which limit; one alert, whoever tells of it.
//! - [`schema`]: what was agreed about the fields of messages, held against what comes.
//! - [`gaps`]: what is missing of a day becomes orders to read it again.
//! - [`determinants`]: what bills rest on: asked for, answered, told again when it changes.

pub mod admission;
pub mod admitter;
mod came_since;
pub mod collection;
pub mod collector;
pub mod correction;
pub mod determinants;
pub mod events;
mod exchanged;
pub mod feeds;
pub mod files;
pub mod flags;
pub mod gaps;
pub mod given_twice;
pub mod intake;
pub mod inventory;
pub mod judged_days;
mod kept_first;
pub mod malformed;
pub mod placement;
pub mod plans;
pub mod quarantine;
pub mod record;
pub mod registration;
pub mod review;
pub mod schema;
pub mod shadow;
pub mod stored_days;
pub mod thresholds;
pub mod validation;

pub use determinants::Determinants;
pub use events::EventsLane;
pub use feeds::Feeds;
pub use intake::Intake;
pub use review::Review;
