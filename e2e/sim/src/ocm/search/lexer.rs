//! From letters to words.

use super::tree::{Comparison, Literal, Sign};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// One word of a search.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Literal(Literal),
    /// A name; `true` when it may be a keyword, which one in quotes is not.
    Word(String, bool),
    Comparison(Comparison),
    Sign(Sign),
    Open,
    Close,
    Comma,
}

/// Longest first.
const SUFFIXES: [(&str, f64); 10] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("K", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
];

/// All words; the error says where the first is that is none.
pub(super) fn words(text: &str) -> Result<Vec<Token>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = word(first, rest)
            .ok_or_else(|| format!("can't read from position {}", text.len() - rest.len()))?;
        words.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

/// The word at the beginning and its length in bytes.
fn word(first: char, rest: &str) -> Option<(Token, usize)> {
    match first {
        '(' => Some((Token::Open, 1)),
        ')' => Some((Token::Close, 1)),
        ',' => Some((Token::Comma, 1)),
        '\'' => quoted(rest),
        '"' => wrapped(rest, '"'),
        '`' => wrapped(rest, '`'),
        '[' => wrapped(rest, ']'),
        _ if first.is_ascii_digit() => number_or_time(rest),
        _ if first.is_alphabetic() || first == '_' => {
            let length = run(rest, |letter| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '/'));
            Some((Token::Word(rest[..length].to_owned(), true), length))
        }
        _ => Comparison::at(rest)
            .map(|(comparison, length)| (Token::Comparison(comparison), length))
            .or_else(|| Sign::of(first).map(|sign| (Token::Sign(sign), 1))),
    }
}

/// Bytes of the letters at the beginning that are of a sort.
fn run(text: &str, sort: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !sort(letter)).unwrap_or(text.len())
}

/// A text in single quotes; two of them are one.
fn quoted(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '\'' {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return Some((Token::Literal(Literal::Text(text)), at + 1));
        }
    }
    None
}

fn wrapped(rest: &str, end: char) -> Option<(Token, usize)> {
    let name = rest[1..].split_once(end)?.0;
    (!name.is_empty()).then(|| (Token::Word(name.to_owned(), false), name.len() + 2))
}

fn number_or_time(rest: &str) -> Option<(Token, usize)> {
    let length =
        run(rest, |letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':' | '.' | '+'));
    if let Some(time) = time(&rest[..length]) {
        return Some((Token::Literal(Literal::Time(time)), length));
    }
    let whole = run(rest, |letter| letter.is_ascii_digit());
    let fraction = rest[whole..].strip_prefix('.').map_or(0, |part| {
        let digits = run(part, |letter| letter.is_ascii_digit());
        if digits == 0 { 0 } else { digits + 1 }
    });
    let digits = whole + fraction;
    let number: f64 = rest[..digits].parse().ok()?;
    let tail = &rest[digits..];
    let letters = run(tail, |letter| letter.is_alphanumeric() || letter == '_');
    let factor = match &tail[..letters] {
        "" => 1.0,
        suffix => SUFFIXES.iter().find(|(one, _)| *one == suffix)?.1,
    };
    Some((Token::Literal(Literal::Number(number * factor)), digits + letters))
}

/// RFC 3339, or a bare date for its midnight in UTC.
fn time(text: &str) -> Option<Timestamp> {
    if text.get(4..5) != Some("-") {
        return None;
    }
    if text.len() > 10 {
        return text.parse().ok();
    }
    let date: Date = text.parse().ok()?;
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}
