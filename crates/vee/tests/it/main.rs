//! What the engine decides, seen from outside.

mod decisions;
mod documents;
mod golden;
mod golden_process;
mod golden_registers;
mod notation;
mod plans;
mod properties;
mod real_meter;
mod register_notation;
mod registers;
mod scenarios;
mod screen;
