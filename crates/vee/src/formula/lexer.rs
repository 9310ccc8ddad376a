//! The words of a formula text and the columns they stand at.

use model::quantity::Decimal;

use super::number::Number;
use super::{LENGTH_MAX, ParseError};

/// A word of a formula.
#[derive(Clone, Debug)]
pub(super) enum Token<'t> {
    Number(Number),
    /// `@if`, `@sum`: what follows the sign.
    Function(&'t str),
    /// `$input`, `$"main meter"`: what follows the sign.
    Channel(&'t str),
    /// `\AND`, `\AMT`: what follows the sign.
    Option(&'t str),
    /// `CLOCK`, `AND`.
    Word(&'t str),
    /// A text in double quotes.
    Quoted(&'t str),
    /// `(`, `<=`.
    Sign(&'static str),
    End,
}

/// The signs, the longer ones first.
const SIGNS: [&str; 13] = ["<>", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")", ","];

/// A token and the column it begins at, counted in characters from one.
pub(super) type Placed<'t> = (Token<'t>, usize);

/// The tokens of a text, the last one [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, ParseError> {
    if LENGTH_MAX < text.len() {
        return Err(ParseError::new(LENGTH_MAX + 1, format!("at most {LENGTH_MAX} bytes"), "a longer text"));
    }
    let mut tokens = Vec::new();
    let (mut rest, mut column) = (text, 1);
    loop {
        let spaces = rest.chars().take_while(|letter| letter.is_whitespace()).count();
        rest = rest.trim_start();
        column += spaces;
        if rest.is_empty() {
            tokens.push((Token::End, column));
            return Ok(tokens);
        }
        let (token, length) = token(rest, column)?;
        tokens.push((token, column));
        column += rest[..length].chars().count();
        rest = &rest[length..];
    }
}

/// The first token of a text that does not begin with a space, and its length in bytes.
fn token(text: &str, column: usize) -> Result<(Token<'_>, usize), ParseError> {
    let first = text.chars().next().unwrap_or(' ');
    if first.is_ascii_digit() || first == '.' {
        return number(text, column);
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| text.starts_with(sign)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    match first {
        '"' => quoted(text, column).map(|(name, length)| (Token::Quoted(name), length)),
        '$' if text[1..].starts_with('"') => {
            quoted(&text[1..], column + 1).map(|(name, length)| (Token::Channel(name), length + 1))
        }
        '$' => word(text, 1, column, "a channel such as $input").map(|(name, end)| (Token::Channel(name), end)),
        '@' => word(text, 1, column, "a function such as @if").map(|(name, end)| (Token::Function(name), end)),
        '\\' => word(text, 1, column, "an option such as \\AND").map(|(name, end)| (Token::Option(name), end)),
        _ => {
            word(text, 0, column, "a number, a channel, a function or `(`").map(|(name, end)| (Token::Word(name), end))
        }
    }
}

fn number(text: &str, column: usize) -> Result<(Token<'_>, usize), ParseError> {
    let length = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let found = &text[..length];
    let number = found.parse::<Decimal>().ok().and_then(|decimal| Number::try_from(decimal).ok());
    let number = number.ok_or_else(|| ParseError::new(column, "a number of at most 18 digits", found))?;
    Ok((Token::Number(number), length))
}

fn word<'t>(text: &'t str, from: usize, column: usize, expected: &str) -> Result<(&'t str, usize), ParseError> {
    let body = &text[from..];
    let length = body.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if length == 0 {
        let found: String = body.chars().take(1).collect();
        return Err(ParseError::new(column + from, expected, &found));
    }
    Ok((&body[..length], from + length))
}

fn quoted(text: &str, column: usize) -> Result<(&str, usize), ParseError> {
    let body = &text[1..];
    let length = body.find('"').ok_or_else(|| ParseError::new(column, "a closing quote", "the end of the formula"))?;
    Ok((&body[..length], length + 2))
}
