//! The ids of the requirement catalogue: the first column of every CSV file under `requirements/`.

use std::collections::BTreeSet;

use crate::repository::Repository;
use crate::step::Failure;

/// One file of the catalogue.
pub struct CatalogueFile {
    pub name: String,
    pub ids: BTreeSet<String>,
}

/// All files, by name.
pub fn files(repository: &Repository) -> Result<Vec<CatalogueFile>, Failure> {
    let files = repository.files("requirements", &[".csv"])?;
    if files.is_empty() {
        return Err(Failure::new("requirements/ holds no catalogue", "restore requirements/*.csv"));
    }
    Ok(files
        .into_iter()
        .map(|file| CatalogueFile {
            name: file.path.rsplit('/').next().unwrap_or_default().into(),
            // The catalogue keeps one record on one line.
            ids: file.text.lines().skip(1).map(first_field).filter(|id| !id.is_empty()).collect(),
        })
        .collect())
}

/// The first field of a record, with RFC 4180 quotes removed.
fn first_field(record: &str) -> String {
    let Some(quoted) = record.strip_prefix('"') else {
        return record.split(',').next().unwrap_or_default().trim().into();
    };
    let mut field = String::new();
    let mut rest = quoted.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '"' {
            field.push(c);
        } else if rest.next_if_eq(&'"').is_some() {
            field.push('"');
        } else {
            break;
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_field_is_the_id() {
        assert_eq!(first_field("IS-001,B1-S1,REQ"), "IS-001");
        assert_eq!(first_field("\"Smith, \"\"J\"\"\",x"), "Smith, \"J\"");
        assert_eq!(first_field(""), "");
    }
}
