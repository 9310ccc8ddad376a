//! The shape of lines: columns by name where a header has them, else by the kind of record and their place.

use std::collections::HashMap;

use super::{Kind, Shape};
use crate::text::{Fields, Lines, text};

/// Longest line that is looked at.
const LINE_BYTES_MAX: usize = 1 << 20;
/// Places of a record that are told apart; those after it are values that repeat.
const PLACES_MAX: usize = 9;

/// Records that say in their first field what they are: `300/2`.
pub(super) fn records(bytes: &[u8]) -> Shape {
    let (mut shape, mut rows) = (Shape::default(), Rows::default());
    each_line(bytes, |_, line| {
        let mut fields = Fields::new(line);
        let Some(record) = fields.next().map(|record| text(&record)) else { return };
        let places = (2..=PLACES_MAX).map(|place| format!("{record}/{place}"));
        rows.add(&record, places.zip(fields).map(|(path, field)| (path, Kind::of(&text(&field)))), &mut shape);
    });
    rows.into_shape(shape)
}

/// Rows under a header: `start`.
pub(super) fn table(bytes: &[u8]) -> Shape {
    let (mut shape, mut rows, mut names) = (Shape::default(), Rows::default(), Vec::new());
    each_line(bytes, |number, line| {
        let cells = Fields::new(line).map(|cell| text(&cell));
        if number == 0 {
            names = cells.map(|name| name.to_ascii_lowercase()).collect();
            names.iter().for_each(|name| shape.note(name, None));
            return;
        }
        let cells = names.iter().cloned().zip(cells.map(|cell| Kind::of(&cell)));
        rows.add("", cells.filter(|(_, kind)| *kind != Kind::Empty), &mut shape);
    });
    rows.into_shape(shape)
}

/// How often rows were there, and each of their fields.
#[derive(Default)]
struct Rows {
    rows: HashMap<String, u64>,
    fields: HashMap<String, u64>,
}

impl Rows {
    fn add(&mut self, record: &str, fields: impl Iterator<Item = (String, Kind)>, shape: &mut Shape) {
        *self.rows.entry(record.to_owned()).or_default() += 1;
        for (path, kind) in fields {
            shape.note(&path, [kind]);
            *self.fields.entry(path).or_default() += 1;
        }
    }

    fn into_shape(self, mut shape: Shape) -> Shape {
        for (path, times) in self.fields {
            let rows = self.rows.get(super::parent(&path));
            shape.note_always(&path, rows == Some(&times));
        }
        shape.whole = self.rows.into_keys().map(Into::into).collect();
        shape
    }
}

/// The whole lines with something in them, counted from 0; one that is cut off at the end of the bytes is not whole.
fn each_line(bytes: &[u8], mut take: impl FnMut(usize, &[u8])) {
    let mut number = 0;
    let mut lines = Lines::new("shape", LINE_BYTES_MAX);
    // A line that is too long ends the look.
    let _ = lines.push(bytes, |line| {
        if !line.bytes.trim_ascii().is_empty() {
            take(number, line.bytes);
            number += 1;
        }
        Ok(())
    });
}
