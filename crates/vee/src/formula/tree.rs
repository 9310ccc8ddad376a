//! The typed tree of a formula.

use std::fmt;

use model::quality::Status;
use smol_str::SmolStr;

use super::number::Number;

/// A part of a formula. Every part is a number at a slot; a truth is 1 or 0.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Constant(Number),
    Channel(Channel),
    /// Another formula of the library, put in where it is used.
    Named(SmolStr, Box<Node>),
    Negative(Box<Node>),
    Not(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    If(Box<[Node; 3]>),
    Status {
        channel: Box<Node>,
        choice: Choice,
        statuses: Vec<StatusName>,
    },
    StatusCount {
        channel: Box<Node>,
        status: StatusName,
    },
    Statistic {
        function: Function,
        of: Box<Node>,
        /// Its place among the statistics of the formula; each is calculated once for a day.
        place: usize,
    },
}

impl Node {
    /// Whether another channel is read anywhere in it.
    pub(super) fn names_a_channel(&self) -> bool {
        match self {
            Self::Constant(_) => false,
            Self::Channel(channel) => matches!(channel, Channel::Companion(_)),
            Self::Named(_, part) | Self::Negative(part) | Self::Not(part) => part.names_a_channel(),
            Self::Binary(_, left, right) => left.names_a_channel() || right.names_a_channel(),
            Self::If(parts) => parts.iter().any(Self::names_a_channel),
            Self::Status { channel, .. } | Self::StatusCount { channel, .. } => channel.names_a_channel(),
            Self::Statistic { of, .. } => of.names_a_channel(),
        }
    }
}

/// A channel that a formula may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// The data under validation, which is not stored yet.
    Input,
    /// The stored days of the same channel.
    History,
    /// Another channel of the same day, by its label or its role.
    Companion(SmolStr),
}

/// A status as the formula names it.
#[derive(Clone, Debug)]
pub(super) struct StatusName {
    pub name: SmolStr,
    pub status: Status,
}

/// Whether all listed statuses must be set or any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    All,
    Any,
}

/// What stands between two parts, the loosest binding first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    AtMost,
    AtLeast,
    Below,
    Above,
    Plus,
    Minus,
    Times,
    Over,
}

/// A statistic over the values of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Sum,
    Minimum,
    Maximum,
    Average,
    Median,
    StandardDeviation,
    MedianDeviation,
    Count,
    ZeroCount,
    OutageCount,
}

impl Function {
    pub(super) const NAMED: [(&'static str, Self); 10] = [
        ("sum", Self::Sum),
        ("min", Self::Minimum),
        ("max", Self::Maximum),
        ("avg", Self::Average),
        ("median", Self::Median),
        ("sd", Self::StandardDeviation),
        ("mad", Self::MedianDeviation),
        ("count", Self::Count),
        ("zerocount", Self::ZeroCount),
        ("outagecount", Self::OutageCount),
    ];

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Sum => "the sum",
            Self::Minimum => "the lowest value",
            Self::Maximum => "the highest value",
            Self::Average => "the mean",
            Self::Median => "the median",
            Self::StandardDeviation => "the standard deviation",
            Self::MedianDeviation => "the median distance from the median",
            Self::Count => "the number of values",
            Self::ZeroCount => "the number of zeros",
            Self::OutageCount => "the number of outage intervals",
        }
    }
}

impl Operator {
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Or => "OR",
            Self::And => "AND",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::AtMost => "<=",
            Self::AtLeast => ">=",
            Self::Below => "<",
            Self::Above => ">",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
        }
    }

    pub(super) fn is_truth(self) -> bool {
        !matches!(self, Self::Plus | Self::Minus | Self::Times | Self::Over)
    }
}

impl Node {
    /// The parts a part is made of, in the order written.
    pub(super) fn children(&self) -> Vec<&Self> {
        match self {
            Self::Constant(_) | Self::Channel(_) => vec![],
            Self::Named(_, part) | Self::Negative(part) | Self::Not(part) => vec![part],
            Self::Binary(_, left, right) => vec![left, right],
            Self::If(parts) => parts.iter().collect(),
            Self::Status { channel, .. } | Self::StatusCount { channel, .. } => vec![channel],
            Self::Statistic { of, .. } => vec![of],
        }
    }

    /// Whether the part stands for a channel, so that its statuses can be asked for.
    pub(super) fn is_channel(&self) -> bool {
        match self {
            Self::Channel(channel) => *channel != Channel::History,
            Self::Named(_, part) => part.is_channel(),
            Self::If(parts) => parts[1].is_channel() && parts[2].is_channel(),
            _ => false,
        }
    }

    /// Whether the part is 1 or 0.
    pub(super) fn is_truth(&self) -> bool {
        match self {
            Self::Not(_) | Self::Status { .. } => true,
            Self::Binary(operator, ..) => operator.is_truth(),
            Self::Named(_, part) => part.is_truth(),
            _ => false,
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("$input"),
            Self::History => f.write_str("$history"),
            Self::Companion(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                write!(f, "${name}")
            }
            Self::Companion(name) => write!(f, "$\"{name}\""),
        }
    }
}

impl fmt::Display for Node {
    /// The part as a formula text, every operation in parentheses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(number) => write!(f, "{number}"),
            Self::Channel(channel) => write!(f, "{channel}"),
            Self::Named(name, _) => write!(f, "@formula(\"{name}\")"),
            Self::Negative(part) => write!(f, "-{part}"),
            Self::Not(part) => write!(f, "NOT {part}"),
            Self::Binary(operator, left, right) => write!(f, "({left} {} {right})", operator.sign()),
            Self::If(parts) => write!(f, "@if({}, {}, {})", parts[0], parts[1], parts[2]),
            Self::Status { channel, choice, statuses } => {
                write!(f, "@status({channel} \\{}", if *choice == Choice::All { "AND" } else { "OR" })?;
                statuses.iter().try_for_each(|status| write!(f, ", {status}"))?;
                f.write_str(")")
            }
            Self::StatusCount { channel, status } => write!(f, "@statuscount({channel}, {status})"),
            Self::Statistic { function, of, .. } => {
                let named = Function::NAMED.iter().find(|(_, named)| named == function);
                write!(f, "@{}({of})", named.map_or("", |(name, _)| name))
            }
        }
    }
}

impl fmt::Display for StatusName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(' ') { write!(f, "\"{}\"", self.name) } else { f.write_str(&self.name) }
    }
}
