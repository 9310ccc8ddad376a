//! The way up over real books in temporary folders.

mod admission_vectors;
mod late_data;
mod review;
mod review_fixture;
