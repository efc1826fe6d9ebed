//! Whether a search fits the things that are searched.

use super::tree::{Comparison, Kind, Literal, Table, Tree};
use regex::Regex;

type Checked<T> = Result<T, String>;

/// The whole has to be true or false, and every field one of the table's.
pub(super) fn check(tree: &Tree, table: &Table) -> Checked<()> {
    truth(tree, table)
}

fn truth(tree: &Tree, table: &Table) -> Checked<()> {
    match kind(tree, table)? {
        Kind::Bool => Ok(()),
        other => Err(format!("'{tree}' is {other:?}, expected Bool")),
    }
}

fn kind(tree: &Tree, table: &Table) -> Checked<Kind> {
    match tree {
        Tree::Literal(Literal::Text(_)) => Ok(Kind::Text),
        Tree::Literal(Literal::Number(_)) => Ok(Kind::Number),
        Tree::Literal(Literal::Bool(_)) => Ok(Kind::Bool),
        Tree::Literal(Literal::Time(_)) => Ok(Kind::Time),
        Tree::Field(name) => field(name, table),
        Tree::Negative(one) => number(one, table),
        Tree::Arithmetic(_, a, b) => number(a, table).and(number(b, table)),
        Tree::Not(one) => truth(one, table).map(|()| Kind::Bool),
        Tree::And(a, b) | Tree::Or(a, b) => {
            truth(a, table)?;
            truth(b, table).map(|()| Kind::Bool)
        }
        Tree::Compare(Comparison::Matches | Comparison::MatchesNot, value, pattern) => {
            regex(value, pattern, table)
        }
        Tree::Compare(_, a, b) => alike(a, b, table),
        Tree::Like { value, pattern, .. } => texts(value, pattern, table),
        Tree::In { value, list, .. } => {
            list.iter().try_for_each(|one| alike(value, one, table).map(drop))?;
            Ok(Kind::Bool)
        }
        Tree::Between { value, low, high, .. } => alike(value, low, table).and(alike(value, high, table)),
        Tree::Null { value, .. } => kind(value, table).map(|_| Kind::Bool),
    }
}

/// A dot reaches one relation, not two.
fn field(name: &str, table: &Table) -> Checked<Kind> {
    if name.split('.').count() > 2 {
        return Err(format!("{name} is not a valid field name: too many parts"));
    }
    let found = table.iter().find(|(one, _)| *one == name);
    found.map(|(_, kind)| *kind).ok_or_else(|| format!("{name} is not a valid field name"))
}

fn number(tree: &Tree, table: &Table) -> Checked<Kind> {
    match kind(tree, table)? {
        Kind::Number => Ok(Kind::Number),
        other => Err(format!("'{tree}' is {other:?}, expected Number")),
    }
}

fn texts(value: &Tree, pattern: &Tree, table: &Table) -> Checked<Kind> {
    for one in [value, pattern] {
        if kind(one, table)? != Kind::Text {
            return Err(format!("'{one}' is no text"));
        }
    }
    Ok(Kind::Bool)
}

fn regex(value: &Tree, pattern: &Tree, table: &Table) -> Checked<Kind> {
    texts(value, pattern, table)?;
    if let Tree::Literal(Literal::Text(pattern)) = pattern {
        Regex::new(pattern).map_err(|_| format!("'{pattern}' is no regular expression"))?;
    }
    Ok(Kind::Bool)
}

/// Values of one kind; a literal text stands for a time, a number or a truth as a database reads it.
fn alike(a: &Tree, b: &Tree, table: &Table) -> Checked<Kind> {
    let (first, second) = (kind(a, table)?, kind(b, table)?);
    let fits = match (a, b) {
        _ if first == second => true,
        (_, Tree::Literal(Literal::Text(text))) => reads(text, first),
        (Tree::Literal(Literal::Text(text)), _) => reads(text, second),
        _ => false,
    };
    if fits { Ok(Kind::Bool) } else { Err(format!("'{a}' is {first:?} and '{b}' is {second:?}")) }
}

fn reads(text: &str, as_kind: Kind) -> bool {
    match as_kind {
        Kind::Text => true,
        Kind::Number => text.parse::<f64>().is_ok(),
        Kind::Bool => super::evaluate::truth_of(text).is_some(),
        Kind::Time => super::evaluate::time_of(text).is_some(),
    }
}
