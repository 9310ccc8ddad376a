//! Runs the registry contract on every engine.

use store::registry::Registry;
use store::registry::local_postgres::LocalPostgres;

use super::{
    registry_arrival, registry_collection, registry_dependency, registry_determinant, registry_facts, registry_feed,
    registry_interval_wait, registry_master, registry_order, registry_plans, registry_quarantine, registry_rates,
    registry_review, registry_schema, registry_subscriptions,
};

/// Calls a macro with every room of the contract.
macro_rules! rooms {
    ($macro:ident) => {
        $macro! {
            registry_master,
            registry_arrival,
            registry_quarantine,
            registry_subscriptions,
            registry_determinant,
            registry_facts,
            registry_dependency,
            registry_feed,
            registry_interval_wait,
            registry_order,
            registry_plans,
            registry_rates,
            registry_review,
            registry_collection,
            registry_schema,
        }
    };
}

/// Every case of every room.
fn cases() -> impl Iterator<Item = &'static str> {
    macro_rules! all {
        ($($room:ident,)*) => { [$($room::CASES),*] };
    }
    rooms!(all).into_iter().flatten().copied()
}

/// Runs a case where it is declared.
async fn keep(case: &str, registry: Registry, again: Registry) {
    macro_rules! keep {
        ($($room:ident,)*) => {
            $(if $room::CASES.contains(&case) {
                return $room::keep(case, registry, again).await;
            })*
        };
    }
    rooms!(keep);
}

// covers: MDQ-03, MDQ-05, IIS-04
#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_the_contract() {
    for case in cases() {
        let folder = tempfile::tempdir().expect("a folder");
        run(case, &format!("sqlite:{}", folder.path().join("registry.db").display())).await;
    }
}

// covers: MDQ-03, MDQ-05, IIS-04
#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_the_contract() {
    let server = LocalPostgres::start().await.unwrap_or_else(|error| panic!("{error}"));
    for case in cases() {
        run(case, &server.create_database(case).await.expect("a database")).await;
    }
}

/// Two processes open the new registry at once, then the case runs.
async fn run(case: &str, url: &str) {
    eprintln!("case {case}");
    let (registry, again) = tokio::join!(Registry::open(url), Registry::open(url));
    let (registry, again) = (registry.expect("opened"), again.expect("opened by a second process"));
    keep(case, registry.clone(), again.clone()).await;
    registry.close().await;
    again.close().await;
}

#[tokio::test]
async fn what_is_committed_is_there_after_the_process_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("registry.db").display());
    let registry = Registry::open(&url).await.expect("opened");
    let source = store::registry::source::Source {
        name: "HES-1".into(),
        zone: "UTC".into(),
        format: None,
        settings: serde_json::json!({}),
    };
    registry.sources().put(&source).await.expect("put");
    // Not closed: the write-ahead log alone has to hold it.
    let again = Registry::open(&url).await.expect("opened");
    assert_eq!(again.sources().all().await.expect("listed"), [source]);
}

#[tokio::test]
async fn addresses_that_cannot_be_opened_say_so() {
    let check = async |url: &str, expected: &str| {
        let error = Registry::open(url).await.expect_err("refused");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    };
    check("mysql://amity:secret@host/amity", "expected a registry address").await;
    check("registry.db", "expected a registry address").await;
    check("sqlite:/nowhere/at/all/registry.db", "could not open the registry").await;
    check("postgres://amity:secret@127.0.0.1:1/amity", "could not open the registry").await;
}
