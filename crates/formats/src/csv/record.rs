//! One row, its cells called by their columns.

use jiff::Timestamp;
use model::finding::{Finding, Severity};
use model::quantity::Decimal;
use model::reading_type::ReadingType;
use smol_str::SmolStr;

use super::header::{Column, Header};
use crate::Sink;
use crate::text::{Line, measure};

/// What people write where there is no value.
const NO_VALUE: [&str; 5] = ["", "nan", "null", "na", "n/a"];

/// A row.
pub struct Record<'a> {
    /// Where it stands.
    pub line: &'a Line<'a>,
    /// What its columns are called.
    pub header: &'a Header,
    /// Its cells in the order of the file.
    pub cells: &'a [SmolStr],
}

impl<'a> Record<'a> {
    /// A cell, empty where there is none.
    pub fn get(&self, column: Column) -> &'a str {
        self.header.cell(self.cells, column)
    }

    /// The reading type of a unit and a direction.
    pub fn reading_type(&self, unit: &str, sink: &mut dyn Sink) -> ReadingType {
        const NET: u16 = 4;
        let mut warn = |field: &'static str, message: String| {
            sink.finding(self.line.finding(field, "csv.reading_type", message).with_severity(Severity::Warning));
        };
        let mut measured = measure::of_unit(unit).unwrap_or_else(|| {
            warn("uom", format!("`{unit}` is not a known unit; values are kept under it"));
            ReadingType::default()
        });
        measured.flow_direction = match self.get(Column::Direction) {
            "" | "delivered" => measure::FORWARD,
            "received" => measure::REVERSE,
            "net" => NET,
            other => {
                warn("direction", format!("`{other}` is not delivered, received or net; the direction is left open"));
                0
            }
        };
        // Volumes may be gas or water; everything else here is electricity.
        let is_volume = measured.measurement_kind == 58;
        measured.commodity = if is_volume || measured.unit == 0 { 0 } else { measure::ELECTRICITY };
        measured
    }

    /// The value; `None` where there is none, a finding where it cannot be read.
    pub fn value(&self, written: &str, field: &str) -> Result<Option<Decimal>, Finding> {
        if NO_VALUE.iter().any(|word| word.eq_ignore_ascii_case(written)) {
            return Ok(None);
        }
        written.parse().map(Some).map_err(|error| {
            self.line.finding(field, "csv.value", format!("`{written}`: {error}; this value is not read"))
        })
    }

    /// The version: a moment, or a number that counts up.
    pub fn revision(&self, sink: &mut dyn Sink) -> Option<Timestamp> {
        let written = self.get(Column::Version);
        if written.is_empty() {
            return None;
        }
        let number = written.parse::<i64>().ok().and_then(|number| Timestamp::from_second(number).ok());
        let version = number.or_else(|| written.parse().ok());
        if version.is_none() {
            let message = format!("`{written}` is neither a number nor a moment; the value has no version");
            sink.finding(self.line.finding("version", "csv.version", message).with_severity(Severity::Warning));
        }
        version
    }
}
