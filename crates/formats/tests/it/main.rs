//! Readers and writers of every format, on real files and on cases made by hand.

mod collect;
mod nem12;
