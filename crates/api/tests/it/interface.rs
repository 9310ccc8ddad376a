//! The description of the interface against the routes, and what Prometheus reads.

use std::collections::BTreeSet;

use crate::fixture::Installation;

/// The paths and methods of the description, read by their indentation: two spaces a path, four a method.
fn described(text: &str) -> BTreeSet<(String, String)> {
    let paths = text.split_once("\npaths:\n").map(|(_, rest)| rest).expect("paths");
    let paths = paths.split_once("\ncomponents:").map(|(paths, _)| paths).expect("components");
    let mut path = String::new();
    let mut found = BTreeSet::new();
    for line in paths.lines() {
        let indentation = line.len() - line.trim_start().len();
        let name = line.trim().trim_end_matches(':');
        if indentation == 2 {
            path = name.to_owned();
        } else if indentation == 4 && ["get", "post", "put", "patch", "delete"].contains(&name) {
            found.insert((name.to_owned(), path.clone()));
        }
    }
    found
}

#[tokio::test]
async fn the_description_names_every_route_and_no_other() {
    let amity = Installation::empty().await;
    let told = amity.get("/api/v1/openapi.yaml").await;
    let routes: BTreeSet<_> = api::addresses().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(described(&told.text), routes);
}

#[tokio::test]
async fn the_description_has_no_dangling_reference() {
    let text = Installation::empty().await.get("/api/v1/openapi.yaml").await.text;
    let references: BTreeSet<&str> =
        text.split("$ref: '#/components/").skip(1).filter_map(|rest| rest.split('\'').next()).collect();
    assert!(20 < references.len());
    for reference in references {
        let (kind, name) = reference.split_once('/').expect("kind and name");
        let section = text.split_once(&format!("\n  {kind}:\n")).map(|(_, rest)| rest).expect("a section");
        assert!(
            section.contains(&format!("\n    {name}:")) || section.starts_with(&format!("    {name}:")),
            "{reference}"
        );
    }
}

#[tokio::test]
async fn figures_are_in_the_exposition_format() {
    let amity = Installation::with_a_meter().await;
    amity.quarantine(&["V01"]).await;
    let told = amity.get("/metrics").await;
    assert_eq!(told.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for line in ["amity_readings 60", "amity_channels 2", "amity_quarantine_open 1", "# TYPE amity_readings gauge"] {
        assert!(told.text.lines().any(|found| found == line), "{line} in\n{}", told.text);
    }
    // 2024-11-10T12:00Z less 2024-11-05T17:00Z.
    assert!(told.text.contains("amity_newest_reading_age_seconds 414000\n"));
}
