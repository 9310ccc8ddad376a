//! The header: which column stands where.

use smol_str::SmolStr;

/// A column that is there at most once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Name of the usage point.
    UsagePoint,
    /// Name of the meter.
    Meter,
    /// Label of the channel or register.
    Channel,
    /// 18 numbers of IEC 61968-9.
    ReadingType,
    /// Unit word.
    Unit,
    /// `delivered`, `received` or `net`.
    Direction,
    /// Beginning of the interval.
    Start,
    /// End of the interval, or moment of a register read.
    End,
    /// The value.
    Value,
    /// Codes or flag.
    Quality,
    /// Canonical words of quality.
    Status,
    /// Reason code.
    Reason,
    /// Free text.
    Remark,
    /// Which version of the value this is.
    Version,
    /// Day of a wide row.
    Date,
    /// Interval length of a wide row.
    Minutes,
}

const COLUMNS: usize = Column::Minutes as usize + 1;

/// Values of a wide row: a day of one-minute values of 25 hours.
const WIDE_VALUES_MAX: usize = 1500;

const NAMES: &[(&str, Column)] = &[
    ("usage_point_id", Column::UsagePoint),
    ("usage_point", Column::UsagePoint),
    ("meter_id", Column::Meter),
    ("meter", Column::Meter),
    ("channel", Column::Channel),
    ("reading_type", Column::ReadingType),
    ("uom", Column::Unit),
    ("unit", Column::Unit),
    ("direction", Column::Direction),
    ("start", Column::Start),
    ("timestamp", Column::Start),
    ("datetime", Column::Start),
    ("time", Column::Start),
    ("end", Column::End),
    ("value", Column::Value),
    ("quality", Column::Quality),
    ("status", Column::Status),
    ("reason", Column::Reason),
    ("remark", Column::Remark),
    ("version", Column::Version),
    ("date", Column::Date),
    ("interval_minutes", Column::Minutes),
];

/// Names of one stamp that say neither start nor end; they are taken for the start.
const UNSAID_NAMING: [&str; 4] = ["timestamp", "datetime", "time", "date"];

/// The columns of a file.
#[derive(Clone, Debug)]
pub struct Header {
    /// Number of columns.
    pub columns: usize,
    places: [Option<usize>; COLUMNS],
    /// Places of `v1`, `v2` ... of the wide form.
    pub values: Vec<usize>,
    /// Places of `q1`, `q2` ...
    pub qualities: Vec<usize>,
    /// Columns that mean nothing here.
    pub unknown: Vec<SmolStr>,
    /// The name of a stamp column that says neither start nor end.
    pub unsaid_naming: Option<SmolStr>,
}

impl Header {
    /// The columns of names in lower case.
    ///
    /// # Errors
    /// A sentence that says which column is there twice or not at all.
    pub fn parse(names: &[String]) -> Result<Self, String> {
        let mut header = Self {
            columns: names.len(),
            places: [None; COLUMNS],
            values: numbered(names, 'v'),
            qualities: numbered(names, 'q'),
            unknown: Vec::new(),
            unsaid_naming: None,
        };
        let is_wide = !header.values.is_empty();
        for (place, name) in names.iter().enumerate() {
            let Some((_, column)) = NAMES.iter().find(|(known, _)| known == name) else {
                if name != "source" && !header.values.contains(&place) && !header.qualities.contains(&place) {
                    header.unknown.push(name.into());
                }
                continue;
            };
            let column = if *column == Column::Date && !is_wide { Column::Start } else { *column };
            if !is_wide && UNSAID_NAMING.contains(&name.as_str()) {
                header.unsaid_naming = Some(name.into());
            }
            if header.places[column as usize].replace(place).is_some() {
                return Err(format!("column `{name}` is there twice, or two columns say the same"));
            }
        }
        let long = header.has(Column::Value) && (header.has(Column::Start) || header.has(Column::End));
        let wide = is_wide && header.has(Column::Date) && header.has(Column::Minutes);
        if long == wide {
            return Err("expected `value` with `start` or `end`, or `date`, `interval_minutes` and `v1` on".into());
        }
        Ok(header)
    }

    /// Whether the rows are days with many values.
    pub fn is_wide(&self) -> bool {
        !self.values.is_empty()
    }

    /// Whether the column is there.
    pub fn has(&self, column: Column) -> bool {
        self.places[column as usize].is_some()
    }

    /// The cell of a row, empty where row or file have none.
    pub fn cell<'a>(&self, row: &'a [SmolStr], column: Column) -> &'a str {
        self.places[column as usize].and_then(|place| row.get(place)).map_or("", SmolStr::as_str)
    }
}

/// Whether names in lower case are a header of this format.
pub(crate) fn is_header(names: &[String]) -> bool {
    Header::parse(names).is_ok()
}

fn numbered(names: &[String], letter: char) -> Vec<usize> {
    let place = |number: usize| names.iter().position(|name| *name == format!("{letter}{number}"));
    let wanted = names.len().min(WIDE_VALUES_MAX);
    // A file without the first has none, which spares the search in a header of many columns.
    (1..=wanted).map_while(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_stamp_and_value_in_any_order() {
        for (names, expected) in [
            ("start,value", true),
            ("value,end", true),
            ("date,value", true),
            ("meter_id,uom,start,end,value,quality", true),
            ("usage_point_id,reading_type,date,interval_minutes,v1,v2,q1,q2", true),
            ("start,stop", false),
            ("start,start,value", false),
            ("start,timestamp,value", false),
            ("v1,v2", false),
            ("hello", false),
        ] {
            let names: Vec<String> = names.split(',').map(String::from).collect();
            assert_eq!(is_header(&names), expected, "{names:?}");
        }
    }
}
