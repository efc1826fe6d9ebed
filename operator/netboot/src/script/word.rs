//! One word of an iPXE command line.

use std::borrow::Cow;

/// A word that iPXE takes as it is: printable ASCII of an allow-list without white space, so it neither ends the line
/// nor the word, and without braces, so nothing in it is expanded (`facts/boot.md` D2 item 7). iPXE has no quoting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(Cow<'static, str>);

/// Text that cannot be a word of a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnsafeWord {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// A character outside the allow-list.
    #[error(
        "contains {0:?}, which an iPXE command line cannot carry; allowed are letters, digits and {PUNCTUATION}"
    )]
    Character(char),
    /// Text that iPXE takes as the end of a command.
    #[error("is {0:?}, which ends an iPXE command")]
    Separator(String),
    /// Longer than [`LONGEST`].
    #[error("is longer than {LONGEST} characters")]
    TooLong,
}

/// What a word may contain besides letters and digits.
const PUNCTUATION: &str = "-_.,:;/=@%+~!?*&$()[]";

/// x86 kernels take 2,047 characters in all.
const LONGEST: usize = 2047;

/// Tokens that end a command (iPXE's command terminators).
const SEPARATORS: [&str; 3] = ["||", "&&", ";"];

impl Word {
    /// A word of ours, which may hold `${…}` to be expanded by iPXE.
    pub(crate) const fn fixed(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// A word of anybody's.
    pub(crate) fn checked(text: &str) -> Result<Self, UnsafeWord> {
        if text.is_empty() {
            return Err(UnsafeWord::Empty);
        }
        if text.len() > LONGEST {
            return Err(UnsafeWord::TooLong);
        }
        let allowed = |character: char| character.is_ascii_alphanumeric() || PUNCTUATION.contains(character);
        if let Some(character) = text.chars().find(|character| !allowed(*character)) {
            return Err(UnsafeWord::Character(character));
        }
        if SEPARATORS.contains(&text) {
            return Err(UnsafeWord::Separator(text.to_owned()));
        }
        Ok(Self(Cow::Owned(text.to_owned())))
    }

    /// The word with text of ours behind it.
    pub(crate) fn followed_by(&self, text: &'static str) -> Self {
        Self(Cow::Owned(format!("{}{text}", self.0)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{UnsafeWord, Word};

    #[test]
    fn what_could_end_a_line_a_word_or_a_command_is_no_word() {
        for (text, why) in [
            ("", UnsafeWord::Empty),
            ("a b", UnsafeWord::Character(' ')),
            ("a\nexit", UnsafeWord::Character('\n')),
            ("a\rexit", UnsafeWord::Character('\r')),
            ("a\tb", UnsafeWord::Character('\t')),
            ("${net0/mac}", UnsafeWord::Character('{')),
            ("#x", UnsafeWord::Character('#')),
            ("\"x", UnsafeWord::Character('"')),
            ("é", UnsafeWord::Character('é')),
            ("||", UnsafeWord::Character('|')),
            ("&&", UnsafeWord::Separator("&&".into())),
            (";", UnsafeWord::Separator(";".into())),
        ] {
            assert_eq!(Word::checked(text), Err(why), "{text:?}");
        }
        assert_eq!(Word::checked(&"x".repeat(2048)), Err(UnsafeWord::TooLong));
    }

    #[test]
    fn kernel_arguments_of_the_field_are_words() {
        for text in [
            "ds=nocloud-net;s=http://[::1]:8080/v1/",
            "console=ttyS0,115200n8",
            "rd.passwd=$6$x/.",
            "---",
            "a&b=c",
        ] {
            assert_eq!(Word::checked(text).map(|word| word.as_str().to_owned()), Ok(text.to_owned()));
        }
    }
}
