//! The way up over real books in temporary folders.

mod late_data;
mod plans;
mod review;
mod review_fixture;
