//! The way up over real books in temporary folders.

mod late_data;
mod review;
mod review_fixture;
mod review_plan;
