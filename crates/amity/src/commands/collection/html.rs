//! The report of a day as a page that can be printed: one file, no script, nothing loaded from elsewhere.

use std::fmt::Write;

use ingest::collection::report::{ChannelMiss, Report, Verdict};

use super::report::{ADVICE, begin, counts, share, stamp, verdict};

/// Rows of what did not count; a page for people ends somewhere, the CSV has all.
pub(super) const ROWS: usize = 2000;

const STYLE: &str = "\
:root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid #8886;vertical-align:top}\
td{font-variant-numeric:tabular-nums}.not{font-weight:700}\
@media print{:root{color-scheme:light;font-size:10pt}body{margin:0;max-width:none}thead{display:table-header-group}\
tr{break-inside:avoid}}";

/// The page.
pub(super) fn page(told: &Report) -> String {
    let first = format!("{} As known {}.", sentence(told), told.made_at.strftime("%F %R UTC"));
    let mut page = begin_of(&format!("Collection of {}", told.date), &first);
    zones(told, &mut page);
    sources(told, &mut page);
    causes(told, &mut page);
    misses(told, &mut page);
    page + END
}

/// What ends a page.
pub(super) const END: &str = "</body></html>\n";

/// What begins a page: a title, which is text, and its first paragraph, which is markup.
pub(super) fn begin_of(title: &str, first: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head><body>\n\
         <h1>{title}</h1>\n<p>{first}</p>\n"
    )
}

fn sentence(told: &Report) -> String {
    if told.zones.is_empty() {
        return format!("No reading was expected: {}.", escaped(ADVICE));
    }
    let class = if told.verdict == Verdict::NotMet { " class=\"not\"" } else { "" };
    let (share, asked, verdict) = (share(&told.total), told.rules.per_cent, verdict(told.verdict));
    let counts = counts(&told.total);
    format!("<strong{class}>{share} of the readings in time, {asked} % asked: {verdict}.</strong> {counts}.")
}

fn zones(told: &Report, page: &mut String) {
    let rows = told.zones.iter().map(|zone| {
        let deadline = stamp(zone.deadline, &zone.zone);
        [zone.zone.to_string(), deadline, share(&zone.tally), verdict(zone.verdict).into(), counts(&zone.tally)]
    });
    table(page, "By zone", ["Zone", "Deadline", "In time", "", "Readings"], rows);
}

fn sources(told: &Report, page: &mut String) {
    let rows = told.sources.iter().map(|source| {
        let name = source.source.as_deref().unwrap_or("any source").to_owned();
        [name, source.usage_points.to_string(), share(&source.tally), counts(&source.tally)]
    });
    table(page, "By source", ["Source", "Usage points", "In time", "Readings"], rows);
}

fn causes(told: &Report, page: &mut String) {
    let cause = |cause: &ingest::collection::report::Cause| {
        [cause.reason.words().to_owned(), cause.readings.to_string(), cause.components.to_string()]
    };
    table(page, "Why readings did not count", ["Reason", "Readings", "Meters"], told.reasons.iter().map(cause));
}

fn misses(told: &Report, page: &mut String) {
    let row = |missed: &ChannelMiss| {
        let ChannelMiss { component, channel, zone, miss, .. } = missed;
        let (from, to) = (begin(miss.from, zone), stamp(miss.to, zone));
        let readings = miss.readings.to_string();
        [channel.to_string(), component.to_string(), from, to, readings, miss.reason.words().to_owned()]
    };
    let heads = ["Channel", "Meter", "From", "To", "Readings", "Reason"];
    table(page, "Readings that did not count", heads, told.misses.iter().take(ROWS).map(row));
    if ROWS < told.misses.len() {
        push(page, format_args!("<p>And {} more rows; the CSV lists all.</p>\n", told.misses.len() - ROWS));
    }
}

/// A table; nothing where it has no row.
pub(super) fn table<const N: usize>(
    page: &mut String,
    caption: &str,
    heads: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    push(page, format_args!("<table><caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>\n"));
    for row in rows {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        push(page, format_args!("<tr>{cells}</tr>\n"));
    }
    page.push_str("</tbody></table>\n");
}

pub(super) fn push(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a text grows");
}

/// Text in which nothing is markup.
pub(super) fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
