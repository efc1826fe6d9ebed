//! What a search is made of.

use jiff::Timestamp;

/// What kind of value a field or a part of a search has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ocm) enum Kind {
    Text,
    Number,
    Bool,
    Time,
}

/// The fields of the things in a list, those of relations with a dot.
pub(in crate::ocm) type Table = [(&'static str, Kind)];

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ocm) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    MatchesNot,
}

impl Comparison {
    pub(super) const ALL: [(Self, &'static str); 9] = [
        (Self::MatchesNot, "~!"),
        (Self::Matches, "~="),
        (Self::Unequal, "!="),
        (Self::Unequal, "<>"),
        (Self::LessOrEqual, "<="),
        (Self::GreaterOrEqual, ">="),
        (Self::Less, "<"),
        (Self::Greater, ">"),
        (Self::Equal, "="),
    ];

    /// Read from the beginning of a text.
    pub(super) fn at(text: &str) -> Option<(Self, usize)> {
        let found = Self::ALL.iter().find(|(_, word)| text.starts_with(word))?;
        Some((found.0, found.1.len()))
    }

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or("=", |(_, word)| word)
    }
}

/// How two numbers become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ocm) enum Sign {
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
}

impl Sign {
    pub(super) const ALL: [(Self, char); 5] =
        [(Self::Plus, '+'), (Self::Minus, '-'), (Self::Times, '*'), (Self::Over, '/'), (Self::Modulo, '%')];

    pub(super) fn of(letter: char) -> Option<Self> {
        Self::ALL.iter().find(|(_, one)| *one == letter).map(|(sign, _)| *sign)
    }

    pub(super) fn letter(self) -> char {
        Self::ALL.iter().find(|(one, _)| *one == self).map_or('+', |(_, letter)| *letter)
    }
}

/// A value in a search.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ocm) enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
    Time(Timestamp),
}

/// A search or a part of one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::ocm) enum Tree {
    Literal(Literal),
    Field(String),
    Negative(Box<Tree>),
    Arithmetic(Sign, Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Compare(Comparison, Box<Tree>, Box<Tree>),
    /// `folded`: `ilike`, without regard to case.
    Like {
        not: bool,
        folded: bool,
        value: Box<Tree>,
        pattern: Box<Tree>,
    },
    In {
        not: bool,
        value: Box<Tree>,
        list: Vec<Tree>,
    },
    Between {
        not: bool,
        value: Box<Tree>,
        low: Box<Tree>,
        high: Box<Tree>,
    },
    Null {
        not: bool,
        value: Box<Tree>,
    },
}

impl Tree {
    /// Tells every field.
    pub(in crate::ocm) fn fields(&self, tell: &mut impl FnMut(&str)) {
        match self {
            Self::Literal(_) => {}
            Self::Field(name) => tell(name),
            Self::Negative(one) | Self::Not(one) | Self::Null { value: one, .. } => one.fields(tell),
            Self::Arithmetic(_, a, b) | Self::And(a, b) | Self::Or(a, b) | Self::Compare(_, a, b) => {
                a.fields(tell);
                b.fields(tell);
            }
            Self::Like { value, pattern, .. } => {
                value.fields(tell);
                pattern.fields(tell);
            }
            Self::In { value, list, .. } => {
                value.fields(tell);
                for one in list {
                    one.fields(tell);
                }
            }
            Self::Between { value, low, high, .. } => {
                for one in [value, low, high] {
                    one.fields(tell);
                }
            }
        }
    }
}
