//! What the engine decides, seen from outside.

mod decisions;
mod documents;
mod golden;
mod golden_methods;
mod methods_any_input;
mod notation;
mod plans;
mod properties;
mod real_meter;
mod scaling_modes;
mod scenarios;
mod screen;
