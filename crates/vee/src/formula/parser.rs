//! From words to the tree; one function for each binding strength.

use model::quality::{Status, iee};

use super::lexer::{Placed, Token, tokens};
use super::tree::{Channel, Choice, Function, Node, Operator, StatusName};
use super::{DEPTH_MAX, PARTS_MAX, ParseError};

/// What a formula and the formulas it names share while they are read.
#[derive(Default)]
pub(super) struct Growth {
    pub parts: usize,
    pub depth: usize,
    pub statistics: usize,
}

/// Gives the tree of another formula, or says why not.
pub(super) type Named<'l> = &'l dyn Fn(&str, &mut Growth) -> Result<Node, String>;

/// The tree of a text.
pub(super) fn tree(text: &str, named: Named<'_>, growth: &mut Growth) -> Result<Node, ParseError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, named, growth };
    let root = parser.expression(0)?;
    match parser.next() {
        (Token::End, _) => Ok(root),
        found => Err(unexpected(&found, "an operator or the end of the formula")),
    }
}

struct Parser<'t, 'l> {
    tokens: Vec<Placed<'t>>,
    at: usize,
    named: Named<'l>,
    growth: &'l mut Growth,
}

/// The operators of each binding strength, the loosest first. `NOT` stands between `AND` and comparisons.
const LEVELS: [&[Operator]; 5] = [
    &[Operator::Or],
    &[Operator::And],
    &[Operator::NotEqual, Operator::AtMost, Operator::AtLeast, Operator::Equal, Operator::Below, Operator::Above],
    &[Operator::Plus, Operator::Minus],
    &[Operator::Times, Operator::Over],
];
const COMPARISON: usize = 2;

impl<'t> Parser<'t, '_> {
    fn expression(&mut self, level: usize) -> Result<Node, ParseError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        if level == COMPARISON && self.takes_word("NOT") {
            return self.nested(|parser| Ok(Node::Not(Box::new(parser.expression(COMPARISON)?))));
        }
        let mut left = self.expression(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            let column = self.tokens[self.at].1;
            let right = self.expression(level + 1)?;
            if operator == Operator::Over && matches!(&right, Node::Constant(number) if number.is_zero()) {
                return Err(ParseError::new(column, "a divisor other than zero", &right.to_string()));
            }
            left = self.part(Node::Binary(operator, Box::new(left), Box::new(right)))?;
            if level == COMPARISON {
                break;
            }
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, ParseError> {
        if self.takes("-") {
            return self.nested(|parser| Ok(Node::Negative(Box::new(parser.unary()?))));
        }
        let placed = self.next();
        let node = match placed.0 {
            Token::Number(number) => Node::Constant(number),
            Token::Channel(name) => Node::Channel(self.channel(name, placed.1)?),
            Token::Sign("(") => {
                let inner = self.nested(|parser| parser.expression(0))?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Function(name) => return self.nested(|parser| parser.function(name, placed.1)),
            _ => return Err(unexpected(&placed, "a number, a channel, a function or `(`")),
        };
        self.part(node)
    }

    fn channel(&self, name: &str, column: usize) -> Result<Channel, ParseError> {
        match name {
            "input" => Ok(Channel::Input),
            "history" => Err(ParseError::new(column, "$history only as `@avg($history)`", "$history")),
            _ => Ok(Channel::Companion(name.into())),
        }
    }

    fn function(&mut self, name: &str, column: usize) -> Result<Node, ParseError> {
        self.expect("(")?;
        let lower = name.to_ascii_lowercase();
        let node = match lower.as_str() {
            "if" => self.choice()?,
            "status" => self.status()?,
            "statuscount" => self.status_count()?,
            "formula" => self.other_formula()?,
            _ => match Function::NAMED.iter().find(|(known, _)| *known == lower) {
                Some((_, function)) => self.statistic(*function)?,
                None => return Err(ParseError::new(column, functions(), &format!("@{name}"))),
            },
        };
        self.expect(")")?;
        self.part(node)
    }

    fn choice(&mut self) -> Result<Node, ParseError> {
        let condition = self.expression(0)?;
        self.expect(",")?;
        let yes = self.expression(0)?;
        self.expect(",")?;
        Ok(Node::If(Box::new([condition, yes, self.expression(0)?])))
    }

    fn statistic(&mut self, function: Function) -> Result<Node, ParseError> {
        let place = self.growth.statistics;
        self.growth.statistics += 1;
        let of = match self.tokens[self.at].0 {
            Token::Channel("history") => {
                self.at += 1;
                self.part(Node::Channel(Channel::History))?
            }
            _ => self.expression(0)?,
        };
        Ok(Node::Statistic { function, of: Box::new(of), place })
    }

    fn status(&mut self) -> Result<Node, ParseError> {
        let channel = Box::new(self.channel_argument()?);
        let placed = self.tokens[self.at].clone();
        let choice = match placed.0 {
            Token::Option(word) => {
                self.at += 1;
                match word.to_ascii_uppercase().as_str() {
                    "AND" => Choice::All,
                    "OR" => Choice::Any,
                    _ => return Err(ParseError::new(placed.1, "\\AND or \\OR", &format!("\\{word}"))),
                }
            }
            _ => Choice::All,
        };
        let mut statuses = Vec::new();
        while statuses.is_empty() || self.takes(",") {
            if statuses.is_empty() {
                self.expect(",")?;
            }
            let placed = self.next();
            statuses.push(self.status_name(&placed)?);
        }
        Ok(Node::Status { channel, choice, statuses })
    }

    fn status_count(&mut self) -> Result<Node, ParseError> {
        let channel = Box::new(self.channel_argument()?);
        self.takes(",");
        let placed = self.next();
        let placed = match placed {
            (Token::Option(word), column) => (Token::Word(word), column),
            other => other,
        };
        Ok(Node::StatusCount { channel, status: self.status_name(&placed)? })
    }

    fn channel_argument(&mut self) -> Result<Node, ParseError> {
        let column = self.tokens[self.at].1;
        let node = self.expression(0)?;
        if node.is_channel() { Ok(node) } else { Err(ParseError::new(column, "a channel", &node.to_string())) }
    }

    fn status_name(&mut self, placed: &Placed<'t>) -> Result<StatusName, ParseError> {
        let expected = "a status such as CLOCK, AMT or \"TIME ADJUSTED\"";
        let (Token::Word(name) | Token::Quoted(name)) = placed.0 else { return Err(unexpected(placed, expected)) };
        let status = status(name).ok_or_else(|| ParseError::new(placed.1, expected, name))?;
        self.count(placed.1)?;
        Ok(StatusName { name: name.into(), status })
    }

    fn other_formula(&mut self) -> Result<Node, ParseError> {
        let placed = self.next();
        let (Token::Word(name) | Token::Quoted(name)) = placed.0 else {
            return Err(unexpected(&placed, "the name of a formula"));
        };
        let node = (self.named)(name, self.growth).map_err(|why| {
            ParseError::new(placed.1, "a formula that can be used", &format!("`{name}`, which {why}"))
        })?;
        Ok(Node::Named(name.into(), Box::new(node)))
    }

    /// One level deeper, within the limit.
    fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Result<Node, ParseError>) -> Result<Node, ParseError> {
        self.growth.depth += 1;
        if DEPTH_MAX < self.growth.depth {
            let column = self.tokens[self.at].1;
            return Err(ParseError::new(column, format!("at most {DEPTH_MAX} levels"), "a deeper nesting"));
        }
        let node = inner(self);
        self.growth.depth -= 1;
        node
    }

    fn part(&mut self, node: Node) -> Result<Node, ParseError> {
        self.count(self.tokens[self.at].1)?;
        Ok(node)
    }

    fn count(&mut self, column: usize) -> Result<(), ParseError> {
        self.growth.parts += 1;
        if self.growth.parts <= PARTS_MAX {
            return Ok(());
        }
        Err(ParseError::new(column, format!("at most {PARTS_MAX} parts, with the formulas named"), "more"))
    }

    fn next(&mut self) -> Placed<'t> {
        let placed = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        placed
    }

    fn operator(&mut self, operators: &[Operator]) -> Option<Operator> {
        let found = match self.tokens[self.at].0 {
            Token::Sign(sign) => operators.iter().find(|operator| operator.sign() == sign),
            Token::Word(word) => operators.iter().find(|operator| operator.sign().eq_ignore_ascii_case(word)),
            _ => None,
        };
        self.at += usize::from(found.is_some());
        found.copied()
    }

    fn takes(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens[self.at].0, Token::Sign(sign) if sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens[self.at].0, Token::Word(word) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), ParseError> {
        if self.takes(wanted) {
            return Ok(());
        }
        Err(unexpected(&self.tokens[self.at], &format!("`{wanted}`")))
    }
}

/// What catalogues call a status, each with the word people read: boundary reads that were computed (V50), values that were
/// split or summed from intervals of another length (California 4.4).
const ALIASES: &[(&str, &str)] = &[
    ("CALCULATED", "derived"),
    ("CHOPPED", "split from a longer interval"),
    ("AGGREGATED", "summed from shorter intervals"),
];

/// A status by its name in the catalogue of the guidance, by an alias, or by the word people read, in capitals or not.
pub(crate) fn status(name: &str) -> Option<Status> {
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, word)| word);
    let word = || Status::NAMED.iter().find(|(_, word)| word.eq_ignore_ascii_case(name)).map(|(status, _)| *status);
    iee::status(name).or_else(word)
}

fn functions() -> String {
    let statistics: Vec<&str> = Function::NAMED.iter().map(|(name, _)| *name).collect();
    format!("one of @if, @status, @statuscount, @formula, @{}", statistics.join(", @"))
}

fn unexpected((token, column): &Placed<'_>, expected: &str) -> ParseError {
    let found = match token {
        Token::Number(number) => number.to_string(),
        Token::Function(name) => format!("`@{name}`"),
        Token::Channel(name) => format!("`${name}`"),
        Token::Option(name) => format!("`\\{name}`"),
        Token::Word(name) => format!("`{name}`"),
        Token::Quoted(name) => format!("\"{name}\""),
        Token::Sign(sign) => format!("`{sign}`"),
        Token::End => "the end of the formula".into(),
    };
    ParseError::new(*column, expected, &found)
}
