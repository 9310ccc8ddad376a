//! What the registry promises, whatever engine keeps it: each room of it declares its cases with `contract!`.
//!
//! Each case gets a new, empty registry; [`super::registry_engines`] runs all of them on every engine.

use jiff::Timestamp;

/// Declares every case once: a function for the engine to call, and its name for the message.
macro_rules! contract {
    ($($case:ident,)*) => { contract! { Registry: $($case,)* } };
    ($book:ident: $($case:ident,)*) => {
        /// Names of the cases, in order.
        pub const CASES: &[&str] = &[$(stringify!($case)),*];

        /// Runs one case on a new book; `again` opens a second connection to the same one.
        pub async fn keep(case: &str, book: $book, again: $book) {
            match case {
                $(stringify!($case) => $case(book, again).await,)*
                _ => panic!("no case `{case}`"),
            }
        }
    };
}
pub(super) use contract;

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a timestamp")
}
