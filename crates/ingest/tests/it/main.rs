//! The way up over real books in temporary folders.

mod admission_vectors;
mod any_order;
mod assumed_time;
mod beside;
mod collection;
mod collector;
mod determinants;
mod gaps;
mod kept_values;
mod late_data;
mod malformed;
mod plans;
mod prolonged;
mod races;
mod registers;
mod review;
mod review_fixture;
mod review_plan;
mod silent_days;
mod taken_again;
mod time_of_use;
