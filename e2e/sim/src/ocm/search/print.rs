//! From a tree to a text that says the same.

use super::parser::KEYWORDS;
use super::tree::{Literal, Tree};
use std::fmt::{Display, Formatter, Result};

impl Display for Literal {
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        match self {
            Self::Text(text) => write!(to, "'{}'", text.replace('\'', "''")),
            Self::Number(number) => write!(to, "{number}"),
            Self::Bool(value) => write!(to, "{value}"),
            Self::Time(time) => write!(to, "{time}"),
        }
    }
}

impl Display for Tree {
    /// Every part of more than one word is in parentheses.
    fn fmt(&self, to: &mut Formatter<'_>) -> Result {
        let denied = |not: &bool| if *not { "not " } else { "" };
        match self {
            Self::Literal(literal) => write!(to, "{literal}"),
            Self::Field(name) => field(to, name),
            Self::Negative(one) => write!(to, "(- {one})"),
            Self::Arithmetic(sign, a, b) => write!(to, "({a} {} {b})", sign.letter()),
            Self::Not(one) => write!(to, "(not {one})"),
            Self::And(a, b) => write!(to, "({a} and {b})"),
            Self::Or(a, b) => write!(to, "({a} or {b})"),
            Self::Compare(comparison, a, b) => write!(to, "({a} {} {b})", comparison.word()),
            Self::Like { not, folded, value, pattern } => {
                let word = if *folded { "ilike" } else { "like" };
                write!(to, "({value} {}{word} {pattern})", denied(not))
            }
            Self::In { not, value, list } => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(to, "({value} {}in ({}))", denied(not), list.join(", "))
            }
            Self::Between { not, value, low, high } => {
                write!(to, "({value} {}between {low} and {high})", denied(not))
            }
            Self::Null { not, value } => write!(to, "({value} is {}null)", denied(not)),
        }
    }
}

fn field(to: &mut Formatter<'_>, name: &str) -> Result {
    let inner = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '/');
    let plain = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
        && name.chars().all(inner)
        && !KEYWORDS.iter().any(|keyword| name.eq_ignore_ascii_case(keyword));
    if plain { write!(to, "{name}") } else { write!(to, "`{name}`") }
}
