//! Which URI a prefix stands for, element by element (Namespaces in XML 1.0).

/// The declarations in scope, innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct Namespaces {
    declarations: Vec<Declaration>,
}

#[derive(Clone, Debug)]
struct Declaration {
    depth: usize,
    prefix: Box<str>,
    uri: Box<str>,
}

impl Namespaces {
    /// Adds a declaration made by the element at a depth; an empty prefix is the default namespace.
    pub(super) fn declare(&mut self, depth: usize, prefix: &str, uri: &str) {
        self.declarations.push(Declaration { depth, prefix: prefix.into(), uri: uri.into() });
    }

    /// Forgets what the element at a depth declared.
    pub(super) fn leave(&mut self, depth: usize) {
        while self.declarations.last().is_some_and(|declaration| depth <= declaration.depth) {
            self.declarations.pop();
        }
    }

    /// The URI of a prefix; `None` where there is none or `xmlns=""` undid it.
    pub(super) fn uri(&self, prefix: &str) -> Option<&str> {
        let declaration = self.declarations.iter().rev().find(|declaration| *declaration.prefix == *prefix)?;
        (!declaration.uri.is_empty()).then_some(&declaration.uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_declaration_wins_until_its_element_ends() {
        let mut namespaces = Namespaces::default();
        namespaces.declare(1, "", "outer");
        namespaces.declare(2, "", "inner");
        namespaces.declare(2, "p", "other");
        assert_eq!(namespaces.uri(""), Some("inner"));
        assert_eq!(namespaces.uri("p"), Some("other"));
        namespaces.leave(2);
        assert_eq!(namespaces.uri(""), Some("outer"));
        assert_eq!(namespaces.uri("p"), None);
        namespaces.declare(2, "", "");
        assert_eq!(namespaces.uri(""), None);
    }
}
