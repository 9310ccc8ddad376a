//! A feeder as a graph of conductors: which loads are dark while devices are open.
//!
//! A node is one phase of a bus (`671.2`). An element joins pairs of nodes; a load is dark where one of its nodes has no
//! way to the source. Read from two tables as utilities export them, columns by name:
//!
//! - edges: `element,bus_a,bus_b,node_pairs,normally_open`, node pairs as `1-1 2-2 3-3`;
//! - customers: `load,bus,nodes`, nodes as `1.2`.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

/// A feeder.
#[derive(Clone, Debug)]
pub struct Network {
    elements: BTreeMap<SmolStr, Element>,
    loads: BTreeMap<SmolStr, Vec<usize>>,
    source: Vec<usize>,
    nodes: usize,
}

#[derive(Clone, Debug)]
struct Element {
    normally_open: bool,
    pairs: Vec<(usize, usize)>,
}

/// What a load has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Every phase.
    All,
    /// Some of its phases: half the house is dark, or a motor stalls.
    SomePhases,
}

/// Why tables are no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// A column is not there.
    #[error("the table of {table} has no column `{column}`; its first line must name it")]
    Column {
        /// `edges` or `customers`.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// A cell cannot be read.
    #[error("{table}, line {line}, {column}: `{found}`, expected {expected}")]
    Cell {
        /// `edges` or `customers`.
        table: &'static str,
        /// One-based.
        line: usize,
        /// The column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// No element touches the source.
    #[error("no edge touches the source bus `{0}`")]
    Source(String),
}

/// No element of the network has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the network has no element `{0}`")]
pub struct UnknownElement(pub String);

impl Network {
    /// Reads a feeder that is fed at every phase of `source_bus`.
    ///
    /// # Errors
    /// [`NetworkError`], for the first fault.
    pub fn read(edges: &str, customers: &str, source_bus: &str) -> Result<Self, NetworkError> {
        let mut nodes = Nodes::default();
        let table = Table::of("edges", edges);
        let [element, bus_a, bus_b, pairs, open] =
            table.columns(["element", "bus_a", "bus_b", "node_pairs", "normally_open"])?;
        let mut elements = BTreeMap::new();
        for row in table.rows() {
            let pair = |text: &str| {
                let (a, b) = text.split_once('-')?;
                Some((nodes.of(row.cell(bus_a), a)?, nodes.of(row.cell(bus_b), b)?))
            };
            let joined: Option<Vec<_>> = row.cell(pairs).split_whitespace().map(pair).collect();
            let joined = joined.filter(|joined| !joined.is_empty());
            let pairs = joined.ok_or_else(|| row.fault("node_pairs", pairs, "pairs of phases such as `1-1 2-2`"))?;
            let normally_open = match row.cell(open) {
                "0" => false,
                "1" => true,
                _ => return Err(row.fault("normally_open", open, "0 or 1")),
            };
            elements.insert(SmolStr::new(row.cell(element)), Element { normally_open, pairs });
        }
        let loads = loads(&Table::of("customers", customers), &mut nodes)?;
        let source: Vec<_> =
            nodes.numbers.iter().filter(|((bus, _), _)| bus == source_bus).map(|(_, node)| *node).collect();
        if source.is_empty() {
            return Err(NetworkError::Source(source_bus.to_owned()));
        }
        Ok(Self { elements, loads, source, nodes: nodes.numbers.len() })
    }

    /// The loads by name.
    pub fn loads(&self) -> impl ExactSizeIterator<Item = &str> {
        self.loads.keys().map(SmolStr::as_str)
    }

    /// The loads without supply while these elements are open beside those that normally are.
    ///
    /// # Errors
    /// [`UnknownElement`].
    pub fn dark(&self, open: &BTreeSet<&str>) -> Result<BTreeMap<&str, Lost>, UnknownElement> {
        if let Some(unknown) = open.iter().find(|name| !self.elements.contains_key(**name)) {
            return Err(UnknownElement((*unknown).to_owned()));
        }
        let fed = self.fed(|name, element| !element.normally_open && !open.contains(name));
        let lost = |nodes: &Vec<usize>| match nodes.iter().filter(|node| !fed[**node]).count() {
            0 => None,
            dark if dark == nodes.len() => Some(Lost::All),
            _ => Some(Lost::SomePhases),
        };
        Ok(self.loads.iter().filter_map(|(name, nodes)| Some((name.as_str(), lost(nodes)?))).collect())
    }

    /// Per node, whether closed elements join it to the source.
    fn fed(&self, closed: impl Fn(&str, &Element) -> bool) -> Vec<bool> {
        let mut beside = vec![Vec::new(); self.nodes];
        for (_, element) in self.elements.iter().filter(|(name, element)| closed(name, element)) {
            for (a, b) in &element.pairs {
                beside[*a].push(*b);
                beside[*b].push(*a);
            }
        }
        let mut fed = vec![false; self.nodes];
        let mut next = self.source.clone();
        while let Some(node) = next.pop() {
            if !std::mem::replace(&mut fed[node], true) {
                next.extend(&beside[node]);
            }
        }
        fed
    }
}

fn loads(table: &Table<'_>, nodes: &mut Nodes) -> Result<BTreeMap<SmolStr, Vec<usize>>, NetworkError> {
    let [load, bus, phases] = table.columns(["load", "bus", "nodes"])?;
    let mut loads = BTreeMap::new();
    for row in table.rows() {
        let of_load: Option<Vec<_>> = row.cell(phases).split('.').map(|phase| nodes.of(row.cell(bus), phase)).collect();
        let of_load = of_load.ok_or_else(|| row.fault("nodes", phases, "phases such as `1.2`"))?;
        loads.insert(row.cell(load).into(), of_load);
    }
    Ok(loads)
}

/// Numbers of nodes by bus and phase.
#[derive(Default)]
struct Nodes {
    numbers: BTreeMap<(SmolStr, u8), usize>,
}

impl Nodes {
    fn of(&mut self, bus: &str, phase: &str) -> Option<usize> {
        let phase: u8 = phase.parse().ok()?;
        let next = self.numbers.len();
        Some(*self.numbers.entry((bus.into(), phase)).or_insert(next))
    }
}

/// A table whose first line names its columns; cells hold no commas.
struct Table<'t> {
    name: &'static str,
    text: &'t str,
}

/// A column by name and place.
type Place = usize;

struct Line<'t> {
    table: &'static str,
    number: usize,
    cells: Vec<&'t str>,
}

impl<'t> Table<'t> {
    fn of(name: &'static str, text: &'t str) -> Self {
        Self { name, text }
    }

    fn columns<const N: usize>(&self, names: [&'static str; N]) -> Result<[Place; N], NetworkError> {
        let head: Vec<_> = self.text.lines().next().unwrap_or_default().split(',').map(str::trim).collect();
        let mut places = [0; N];
        for (place, column) in places.iter_mut().zip(names) {
            let at = head.iter().position(|name| *name == column);
            *place = at.ok_or(NetworkError::Column { table: self.name, column })?;
        }
        Ok(places)
    }

    fn rows(&self) -> impl Iterator<Item = Line<'t>> {
        let table = self.name;
        let lines = self.text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty());
        lines.map(move |(at, line)| Line { table, number: at + 1, cells: line.split(',').map(str::trim).collect() })
    }
}

impl<'t> Line<'t> {
    /// A cell; empty where the line is too short.
    fn cell(&self, place: Place) -> &'t str {
        self.cells.get(place).copied().unwrap_or_default()
    }

    fn fault(&self, column: &'static str, place: Place, expected: &'static str) -> NetworkError {
        NetworkError::Cell {
            table: self.table,
            line: self.number,
            column,
            found: self.cell(place).to_owned(),
            expected,
        }
    }
}
