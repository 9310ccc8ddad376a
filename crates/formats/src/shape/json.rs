//! The shape of JSON: members by the names on the way to them; what is in a list has the path of the list.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Kind, Shape};

/// The shape of a whole document; one that is cut off has none.
pub(super) fn shape(bytes: &[u8]) -> Shape {
    let mut seen = Seen::default();
    if let Ok(document) = serde_json::from_slice::<Value>(bytes) {
        seen.look("", &document);
    }
    seen.into_shape()
}

#[derive(Default)]
struct Seen {
    /// How often an object was there, by path.
    objects: HashMap<String, u64>,
    /// In how many objects a member was, and the kinds of its values.
    members: HashMap<String, (u64, Vec<Kind>)>,
}

impl Seen {
    fn look(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(members) => self.object(path, members),
            Value::Array(values) => values.iter().for_each(|value| self.look(path, value)),
            Value::Null => self.kind(path, Kind::Empty),
            Value::Number(_) => self.kind(path, Kind::Number),
            Value::Bool(_) => self.kind(path, Kind::Text),
            Value::String(text) => self.kind(path, Kind::of(text)),
        }
    }

    fn object(&mut self, path: &str, members: &Map<String, Value>) {
        *self.objects.entry(path.to_owned()).or_default() += 1;
        for (name, value) in members {
            // A slash would look like a member of a member.
            let name = name.replace('/', "_");
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            self.members.entry(path.clone()).or_default().0 += 1;
            self.look(&path, value);
        }
    }

    fn kind(&mut self, path: &str, kind: Kind) {
        self.members.entry(path.to_owned()).or_default().1.push(kind);
    }

    fn into_shape(self) -> Shape {
        let mut shape = Shape::default();
        let mut members: Vec<_> = self.members.into_iter().filter(|(path, _)| !path.is_empty()).collect();
        members.sort_by(|left, right| left.0.cmp(&right.0));
        for (path, (times, kinds)) in members {
            shape.note(&path, kinds);
            shape.note_always(&path, self.objects.get(super::parent(&path)) == Some(&times));
        }
        shape.whole = self.objects.into_keys().map(Into::into).collect();
        shape
    }
}
