//! What the engine decides, seen from outside.

mod decisions;
mod documents;
mod golden;
mod golden_rules;
mod notation;
mod plans;
mod properties;
mod properties_of_rules;
mod real_meter;
mod scenarios;
mod screen;
