//! The way up over real books in temporary folders.

mod any_order;
mod late_data;
mod review;
mod review_fixture;
mod silent_days;
