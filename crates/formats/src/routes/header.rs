//! The columns of a route file.

use smol_str::SmolStr;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The route.
    Route,
    /// The billing cycle that the route belongs to.
    Cycle,
    /// The number on the badge of the meter.
    Meter,
    /// The register, where the meter has several.
    Register,
    /// Date of the visit, or date and time.
    ReadAt,
    /// What the dials show.
    Read,
    /// The unit of the dials; kWh where there is no such column.
    Unit,
    /// `regular`, `special`, `estimated`, `customer` or `no-read`.
    Kind,
    /// Why there is no read, or what was found.
    Code,
    /// Who read.
    Reader,
    /// Free text.
    Remark,
}

const COLUMNS: [(&str, Column); 11] = [
    ("route", Column::Route),
    ("cycle", Column::Cycle),
    ("meter", Column::Meter),
    ("register", Column::Register),
    ("read_at", Column::ReadAt),
    ("read", Column::Read),
    ("unit", Column::Unit),
    ("type", Column::Kind),
    ("code", Column::Code),
    ("reader", Column::Reader),
    ("remark", Column::Remark),
];

/// Columns without which a row says nothing.
const NEEDED: [&str; 4] = ["route", "meter", "read_at", "read"];

/// Which column stands where.
#[derive(Clone, Debug)]
pub struct Header {
    places: [Option<usize>; COLUMNS.len()],
    /// How many there are.
    pub columns: usize,
    /// Columns that mean nothing here.
    pub unknown: Vec<SmolStr>,
}

/// Whether names in lower case are a header of this format.
pub(crate) fn is_header(names: &[String]) -> bool {
    NEEDED.iter().all(|needed| names.iter().any(|name| name == needed))
}

impl Header {
    /// The columns of names in lower case.
    ///
    /// # Errors
    /// A sentence that says which column is not there, or twice.
    pub fn parse(names: &[String]) -> Result<Self, String> {
        if let Some(missing) = NEEDED.iter().find(|needed| !names.iter().any(|name| name == *needed)) {
            return Err(format!("there is no column `{missing}`; expected at least {}", NEEDED.join(", ")));
        }
        let mut header = Self { places: [None; COLUMNS.len()], columns: names.len(), unknown: Vec::new() };
        for (place, name) in names.iter().enumerate() {
            let Some((_, column)) = COLUMNS.iter().find(|(known, _)| known == name) else {
                header.unknown.push(name.into());
                continue;
            };
            if header.places[*column as usize].replace(place).is_some() {
                return Err(format!("the column `{name}` is there twice"));
            }
        }
        Ok(header)
    }

    /// A cell of a row, empty where there is none.
    pub fn cell<'c>(&self, cells: &'c [SmolStr], column: Column) -> &'c str {
        self.places[column as usize].and_then(|place| cells.get(place)).map_or("", SmolStr::as_str)
    }
}
