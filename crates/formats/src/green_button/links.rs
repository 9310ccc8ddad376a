//! Which block belongs to which usage point and reading type, and what they are called.
//!
//! Joined by href: a meter reading's `related` names its blocks' `up` and its reading type's `self`;
//! a usage point's `related` names its meter readings' `up`. Where a feed breaks that, a path that
//! begins with the other's `self` counts, and at last the only one there is.

use std::collections::{HashMap, HashSet};

use smol_str::{SmolStr, format_smolstr};

use super::entries::Entries;

/// The entries of a feed by the hrefs that lead to them.
pub(super) struct Links<'a> {
    entries: &'a Entries,
    /// Number in `meter_readings` by the hrefs of its blocks and by its own.
    meter_readings: HashMap<&'a str, usize>,
    /// Number in `usage_points` by the hrefs of its meter readings and by its own.
    usage_points: HashMap<&'a str, usize>,
    /// Number in `reading_types` by its own href.
    reading_types: HashMap<&'a str, usize>,
}

impl<'a> Links<'a> {
    pub(super) fn of(entries: &'a Entries) -> Self {
        let mut links = Self {
            entries,
            meter_readings: HashMap::new(),
            usage_points: HashMap::new(),
            reading_types: HashMap::new(),
        };
        for (number, entry) in entries.meter_readings.iter().enumerate() {
            index(&mut links.meter_readings, entries, *entry, number);
        }
        for (number, entry) in entries.usage_points.iter().enumerate() {
            index(&mut links.usage_points, entries, *entry, number);
        }
        for (number, (entry, _)) in entries.reading_types.iter().enumerate() {
            links.reading_types.entry(&entries.entries[*entry].itself).or_insert(number);
        }
        links
    }

    /// The meter reading of a block.
    pub(super) fn meter_reading_of(&self, block: usize) -> Option<usize> {
        let entry = &self.entries.entries[self.entries.blocks[block].entry];
        by_path(&self.meter_readings, &entry.up)
            .or_else(|| by_path(&self.meter_readings, &entry.itself))
            .or_else(|| only(self.entries.meter_readings.len()))
    }

    /// The usage point of a meter reading.
    pub(super) fn usage_point_of(&self, meter_reading: usize) -> Option<usize> {
        let entry = &self.entries.entries[self.entries.meter_readings[meter_reading]];
        by_path(&self.usage_points, &entry.up)
            .or_else(|| by_path(&self.usage_points, &entry.itself))
            .or_else(|| only(self.entries.usage_points.len()))
    }

    /// The reading type of a meter reading.
    pub(super) fn reading_type_of(&self, meter_reading: usize) -> Option<usize> {
        let entry = &self.entries.entries[self.entries.meter_readings[meter_reading]];
        let named = entry.related.iter().find_map(|href| self.reading_types.get(href.as_str()).copied());
        named.or_else(|| only(self.entries.reading_types.len()))
    }
}

fn index<'a>(map: &mut HashMap<&'a str, usize>, entries: &'a Entries, entry: usize, number: usize) {
    let entry = &entries.entries[entry];
    for href in std::iter::once(&entry.itself).chain(&entry.related).filter(|href| !href.is_empty()) {
        map.entry(href).or_insert(number);
    }
}

/// The number behind an href or behind the nearest path above it.
fn by_path(map: &HashMap<&str, usize>, href: &str) -> Option<usize> {
    let mut path = href;
    while !path.is_empty() {
        if let Some(number) = map.get(path) {
            return Some(*number);
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    None
}

fn only(count: usize) -> Option<usize> {
    (count == 1).then_some(0)
}

/// Short names of entries, different from each other: the last part of the href, with the id before
/// it where that is not enough (`01`, `9b6c7067-01`), and a number where nothing is.
pub(super) fn labels(hrefs: &[&str]) -> Vec<SmolStr> {
    let short: Vec<&str> = hrefs.iter().map(|href| last_part(href)).collect();
    let mut seen = HashMap::new();
    for (href, label) in hrefs.iter().zip(&short) {
        seen.entry(*label).or_insert_with(HashSet::new).insert(*href);
    }
    let mut taken: HashMap<SmolStr, &str> = HashMap::new();
    let mut labels = Vec::new();
    for (at, (href, label)) in hrefs.iter().zip(&short).enumerate() {
        let ambiguous = label.is_empty() || 1 < seen[label].len();
        let mut name = if ambiguous { long_label(href, at) } else { SmolStr::from(*label) };
        if taken.get(&name).is_some_and(|other| other != href) {
            name = format_smolstr!("{name}-{}", at + 1);
        }
        taken.insert(name.clone(), href);
        labels.push(name);
    }
    labels
}

fn last_part(href: &str) -> &str {
    href.rsplit('/').next().unwrap_or(href)
}

/// The ids of the path (`User/9b6c7067/UsagePoint/01` has two), or the place in the feed.
fn long_label(href: &str, at: usize) -> SmolStr {
    let mut parts = href.rsplit('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(last), Some(_), Some(above)) if !last.is_empty() => format_smolstr!("{above}-{last}"),
        _ => format_smolstr!("{}", at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_short_and_different() {
        check(&["User/a/UsagePoint/01"], &["01"]);
        check(&["User/a/UsagePoint/01", "User/b/UsagePoint/01"], &["a-01", "b-01"]);
        check(&["User/a/UsagePoint/01", "User/a/UsagePoint/01"], &["01", "01"]);
        check(&["", "x/UsagePoint/01"], &["1", "01"]);
        check(&["p/a/U/01", "q/a/U/01"], &["a-01", "a-01-2"]);
    }

    #[track_caller]
    fn check(hrefs: &[&str], expected: &[&str]) {
        assert_eq!(labels(hrefs), expected, "{hrefs:?}");
    }
}
