//! What the engine decides, seen from outside.

mod decisions;
mod documents;
mod golden;
mod notation;
mod plans;
mod properties;
mod real_meter;
mod scenarios;
mod screen;
