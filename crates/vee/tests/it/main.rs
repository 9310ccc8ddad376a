//! What the engine decides, seen from outside.

mod arrival_order;
mod assumed_time;
mod assumed_time_meter;
mod decisions;
mod documents;
mod formulas;
mod golden;
mod golden_formula;
mod golden_methods;
mod golden_process;
mod golden_registers;
mod golden_rules;
mod methods_any_input;
mod notation;
mod plan_book;
mod plans;
mod properties;
mod properties_of_rules;
mod real_meter;
mod register_notation;
mod registers;
mod scaling_modes;
mod scenarios;
mod screen;
mod trial;
mod user_rules;
