//! Device events as a JSON document (`docs/formats/events-json.md`), read only.
//!
//! - [`reader`]: cuts the document into its members and events, whatever pieces it comes in.
//! - [`event`](mod@event): one event.

mod event;
mod reader;

pub use reader::EventsJsonReader;
