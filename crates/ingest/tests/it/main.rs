//! The way up over real books in temporary folders.

mod review;
mod review_fixture;
