//! From words to a tree.

use super::lexer::{Token, words};
use super::tree::{Comparison, Literal, Sign, Tree};
use std::iter::Peekable;
use std::vec::IntoIter;

/// Deeper searches are refused, before the stack is at its end.
const DEEPEST: usize = 64;

type Parsed = Result<Tree, String>;

/// A whole search.
pub(super) fn parse(text: &str) -> Parsed {
    let mut parser = Parser { words: words(text)?.into_iter().peekable(), depth: 0 };
    let tree = parser.or()?;
    match parser.words.next() {
        None => Ok(tree),
        Some(word) => Err(format!("unexpected {word:?}")),
    }
}

struct Parser {
    words: Peekable<IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    fn takes(&mut self, token: &Token) -> bool {
        self.words.next_if_eq(token).is_some()
    }

    fn expect(&mut self, token: &Token) -> Result<(), String> {
        if self.takes(token) {
            Ok(())
        } else {
            Err(format!("expected {token:?}, found {:?}", self.words.peek()))
        }
    }

    /// Takes a keyword, which is written in any case.
    fn keyword(&mut self, keyword: &str) -> bool {
        let is = |word: &Token| matches!(word, Token::Word(name, true) if name.eq_ignore_ascii_case(keyword));
        self.words.next_if(is).is_some()
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.keyword(keyword) { Ok(()) } else { Err(format!("expected {keyword}")) }
    }

    fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("too deep".to_owned());
        }
        let tree = read(self);
        self.depth -= 1;
        tree
    }

    fn or(&mut self) -> Parsed {
        let mut tree = self.and()?;
        while self.keyword("or") {
            tree = Tree::Or(Box::new(tree), Box::new(self.and()?));
        }
        Ok(tree)
    }

    fn and(&mut self) -> Parsed {
        let mut tree = self.not()?;
        while self.keyword("and") {
            tree = Tree::And(Box::new(tree), Box::new(self.not()?));
        }
        Ok(tree)
    }

    fn not(&mut self) -> Parsed {
        if self.keyword("not") {
            return self.deeper(|parser| Ok(Tree::Not(Box::new(parser.not()?))));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Parsed {
        let value = Box::new(self.sum()?);
        let comparing = |word: &Token| matches!(word, Token::Comparison(_));
        if let Some(Token::Comparison(comparison)) = self.words.next_if(comparing) {
            return Ok(Tree::Compare(comparison, value, Box::new(self.sum()?)));
        }
        if self.keyword("is") {
            let not = self.keyword("not");
            if self.keyword("null") {
                return Ok(Tree::Null { not, value });
            }
            let comparison = if not { Comparison::Unequal } else { Comparison::Equal };
            return Ok(Tree::Compare(comparison, value, Box::new(self.atom()?)));
        }
        let not = self.keyword("not");
        if self.keyword("like") {
            return Ok(Tree::Like { not, folded: false, value, pattern: Box::new(self.sum()?) });
        }
        if self.keyword("ilike") {
            return Ok(Tree::Like { not, folded: true, value, pattern: Box::new(self.sum()?) });
        }
        if self.keyword("in") {
            return Ok(Tree::In { not, value, list: self.list()? });
        }
        if self.keyword("between") {
            let low = Box::new(self.sum()?);
            self.expect_keyword("and")?;
            return Ok(Tree::Between { not, value, low, high: Box::new(self.sum()?) });
        }
        if not { Err("nothing to deny after not".to_owned()) } else { Ok(*value) }
    }

    fn list(&mut self) -> Result<Vec<Tree>, String> {
        self.expect(&Token::Open)?;
        let mut list = vec![self.sum()?];
        while self.takes(&Token::Comma) {
            list.push(self.sum()?);
        }
        self.expect(&Token::Close)?;
        Ok(list)
    }

    /// Operations of these signs from left to right, on what `part` reads.
    fn chain(&mut self, signs: &[Sign], part: impl Fn(&mut Self) -> Parsed) -> Parsed {
        let mut tree = part(self)?;
        let wanted = |word: &Token| matches!(word, Token::Sign(sign) if signs.contains(sign));
        while let Some(Token::Sign(sign)) = self.words.next_if(wanted) {
            tree = Tree::Arithmetic(sign, Box::new(tree), Box::new(part(self)?));
        }
        Ok(tree)
    }

    fn sum(&mut self) -> Parsed {
        self.chain(&[Sign::Plus, Sign::Minus], Self::product)
    }

    fn product(&mut self) -> Parsed {
        self.chain(&[Sign::Times, Sign::Over, Sign::Modulo], Self::atom)
    }

    fn atom(&mut self) -> Parsed {
        match self.words.next() {
            Some(Token::Literal(literal)) => Ok(Tree::Literal(literal)),
            Some(Token::Open) => self.deeper(|parser| {
                let tree = parser.or()?;
                parser.expect(&Token::Close)?;
                Ok(tree)
            }),
            Some(Token::Sign(Sign::Minus)) => {
                self.deeper(|parser| Ok(Tree::Negative(Box::new(parser.atom()?))))
            }
            Some(Token::Word(name, plain)) => named(name, plain),
            other => Err(format!("expected a value, found {other:?}")),
        }
    }
}

/// Words that are no names unless they are in quotes.
pub(super) const KEYWORDS: [&str; 11] =
    ["and", "or", "not", "like", "ilike", "in", "between", "is", "null", "true", "false"];

fn named(name: String, plain: bool) -> Parsed {
    if plain && name.eq_ignore_ascii_case("true") {
        return Ok(Tree::Literal(Literal::Bool(true)));
    }
    if plain && name.eq_ignore_ascii_case("false") {
        return Ok(Tree::Literal(Literal::Bool(false)));
    }
    if plain && KEYWORDS.iter().any(|keyword| name.eq_ignore_ascii_case(keyword)) {
        return Err(format!("unexpected keyword {name}"));
    }
    Ok(Tree::Field(name))
}
