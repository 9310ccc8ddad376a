//! The raw book: every message byte for byte as received, compressed.
