//! Readers and writers of every format, on real files and on cases made by hand.

mod cmep;
mod collect;
mod nem12;
