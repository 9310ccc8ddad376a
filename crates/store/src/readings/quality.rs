//! The dictionary of qualities: each distinct one is kept once and named by a number.

use std::collections::HashMap;

use model::quality::Quality;

use super::wire::Malformed;

/// The number of a quality in the dictionary of one book; `0` is [`Quality::default`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QualityId(pub u32);

/// Qualities by number and numbers by quality.
#[derive(Debug)]
pub(super) struct Qualities {
    by_id: Vec<Quality>,
    ids: HashMap<Quality, QualityId>,
}

impl Default for Qualities {
    fn default() -> Self {
        Self { by_id: vec![Quality::default()], ids: HashMap::from([(Quality::default(), QualityId(0))]) }
    }
}

impl Qualities {
    /// The number of a quality, a new one where it was never seen.
    pub(super) fn id(&mut self, quality: &Quality) -> QualityId {
        if let Some(&id) = self.ids.get(quality) {
            return id;
        }
        let id = QualityId(u32::try_from(self.by_id.len()).expect("memory ends before 4 G qualities"));
        self.by_id.push(quality.clone());
        self.ids.insert(quality.clone(), id);
        id
    }

    /// The number of a quality that was seen before.
    pub(super) fn known(&self, quality: &Quality) -> Option<QualityId> {
        self.ids.get(quality).copied()
    }

    /// The quality of a number.
    pub(super) fn get(&self, id: QualityId) -> Option<&Quality> {
        self.by_id.get(id.0 as usize)
    }

    /// All, by number.
    pub(super) fn all(&self) -> &[Quality] {
        &self.by_id
    }

    /// How many there are; the next new one gets this number.
    pub(super) fn len(&self) -> u32 {
        self.by_id.len() as u32
    }

    /// The dictionary of a list by number.
    pub(super) fn of(list: Vec<Quality>) -> Self {
        let mut dictionary = Self::default();
        for (number, quality) in (0..).zip(list).skip(1) {
            dictionary.ids.insert(quality.clone(), QualityId(number));
            dictionary.by_id.push(quality);
        }
        dictionary
    }

    /// Everything from a number on, for the log.
    pub(super) fn definitions(&self, from: u32) -> Vec<u8> {
        let new = self.by_id.get(from as usize..).unwrap_or_default();
        serde_json::to_vec(&(from, new)).expect("qualities are plain text and numbers")
    }

    /// Takes over what [`Qualities::definitions`] wrote; what is known already stays.
    pub(super) fn define(&mut self, definitions: &[u8]) -> Result<(), Malformed> {
        let (from, new): (u32, Vec<Quality>) = serde_json::from_slice(definitions).map_err(|_| Malformed)?;
        for (number, quality) in (from..).zip(new) {
            match number.cmp(&self.len()) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => {
                    self.ids.insert(quality.clone(), QualityId(number));
                    self.by_id.push(quality);
                }
                std::cmp::Ordering::Greater => return Err(Malformed),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::quality::Status;

    use super::*;

    #[test]
    fn a_quality_keeps_its_number() {
        let estimated = Quality { flag: "E52".into(), ..Quality::of(Status::ESTIMATED) };
        let mut dictionary = Qualities::default();
        assert_eq!(dictionary.id(&Quality::default()), QualityId(0));
        assert_eq!(dictionary.id(&estimated), QualityId(1));
        let mut other = Qualities::default();
        other.define(&dictionary.definitions(1)).unwrap();
        other.define(&dictionary.definitions(0)).unwrap();
        assert_eq!(other.get(QualityId(1)), Some(&estimated));
        assert_eq!(other.known(&estimated), Some(QualityId(1)));
        assert_eq!(other.len(), 2);
        assert!(other.define(b"[9,[]").is_err());
    }
}
