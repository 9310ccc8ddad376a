//! Runs the contract of the events book on every engine.

use store::events::EventsBook;
use store::registry::Registry;
use store::registry::local_postgres::LocalPostgres;

use super::events_contract::{CASES, keep};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract_of_events() {
    for case in CASES {
        let folder = tempfile::tempdir().expect("a folder");
        run(case, &format!("sqlite:{}", folder.path().join("events.sqlite").display())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract_of_events() {
    let server = LocalPostgres::start().await.unwrap_or_else(|error| panic!("{error}"));
    for case in CASES {
        let url = server.create_database(case).await.expect("a database");
        // Both books may be in one database.
        Registry::open(&url).await.expect("opened").close().await;
        run(case, &url).await;
    }
}

/// Two processes open the new book at once, then the case runs.
async fn run(case: &str, url: &str) {
    eprintln!("case {case}");
    let (book, again) = tokio::join!(EventsBook::open(url), EventsBook::open(url));
    let (book, again) = (book.expect("opened"), again.expect("opened by a second process"));
    keep(case, book.clone(), again.clone()).await;
    book.close().await;
    again.close().await;
}
