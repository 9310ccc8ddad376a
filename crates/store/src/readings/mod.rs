//! The readings book.
