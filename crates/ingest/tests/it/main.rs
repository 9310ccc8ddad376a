//! The way up over real books in temporary folders.

mod beside;
mod late_data;
mod review;
mod review_fixture;
