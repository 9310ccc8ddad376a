//! The status of a day as a page that can be printed.

use ingest::collection::status::{Item, ItemVerdict, Row, StatusReport};

use super::html::{END, ROWS, begin_of, escaped, push, table};
use super::status::{figures, number, time};

/// The page.
pub(super) fn page(told: &StatusReport) -> String {
    let verdict =
        if told.is_not_met() { "Something that is required does not hold." } else { "Nothing that is required fails." };
    let first = format!("{verdict} As known {}.", told.made_at.strftime("%F %R UTC"));
    let mut page = begin_of(&format!("Status of {}", told.date), &first);
    let row = |item: &Item| {
        [number(item).to_owned(), item.title.to_owned(), item.verdict.words().to_owned(), item.rows_count.to_string()]
    };
    table(&mut page, "Items of Ontario 2.10.2", ["Item", "About", "Verdict", "Rows"], told.items.iter().map(row));
    for item in &told.items {
        add(&mut page, item);
    }
    page + END
}

fn add(page: &mut String, item: &Item) {
    let class = if item.verdict == ItemVerdict::NotMet { " class=\"not\"" } else { "" };
    let (number, title, verdict) = (number(item), escaped(item.title), item.verdict.words());
    push(
        page,
        format_args!(
            "<h2>{number} {title}</h2>\n<p><strong{class}>{verdict}.</strong> {}</p>\n",
            escaped(&figures(item))
        ),
    );
    let row = |row: &Row| {
        let [from, to] = time(row);
        [row.component.to_string(), from, to, row.zone.to_string(), row.reason.clone()]
    };
    let heads = ["Component", "From", "To", "Zone", "What was found"];
    table(page, "To look at", heads, item.rows.iter().take(ROWS).map(row));
    let listed = item.rows.len().min(ROWS) as u64;
    if listed < item.rows_count {
        push(page, format_args!("<p>And {} more rows; the CSV lists more.</p>\n", item.rows_count - listed));
    }
}
