//! The writer of scripts.

use super::Word;

/// How every script starts, at its first byte (`facts/boot.md` A6).
pub(crate) const SHEBANG: &str = "#!ipxe";

/// Whether iPXE takes the text as a script.
pub(crate) fn is_script(text: &str) -> bool {
    text.strip_prefix(SHEBANG).is_some_and(|rest| rest.is_empty() || rest.starts_with(['\n', '\r', ' ']))
}

/// A script being written. Commands are fixed texts and [`Word`]s; there is no way to write a line of a user's.
#[derive(Debug)]
pub(crate) struct Script {
    text: String,
}

/// Commands that fetch; each needs a branch for its failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetch {
    Kernel,
    Initrd,
    Chain,
    SanBoot,
}

impl Fetch {
    const fn command(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Initrd => "initrd",
            Self::Chain => "chain",
            Self::SanBoot => "sanboot",
        }
    }
}

impl Script {
    pub(crate) fn new() -> Self {
        Self { text: format!("{SHEBANG}\n") }
    }

    /// One or several lines of ours.
    pub(crate) fn lines(&mut self, lines: &'static str) -> &mut Self {
        self.text.push_str(lines);
        self.text.push('\n');
        self
    }

    /// Sets a variable of the script.
    pub(crate) fn set_number(&mut self, name: &'static str, value: u32) -> &mut Self {
        for part in ["set ", name, " ", &value.to_string(), "\n"] {
            self.text.push_str(part);
        }
        self
    }

    /// Shows a text on the console; what an `echo` cannot carry becomes `?`.
    pub(crate) fn echo(&mut self, text: &str) -> &mut Self {
        let shown = text.chars().take(200).map(|character| match character {
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | ' '
            | '-'
            | '_'
            | '.'
            | ','
            | ':'
            | '/'
            | '('
            | ')'
            | '['
            | ']'
            | '\'' => character,
            _ => '?',
        });
        self.text.push_str("echo ");
        self.text.extend(shown);
        self.text.push('\n');
        self
    }

    /// Fetches something; on failure the script goes to the label.
    pub(crate) fn fetch(&mut self, fetch: Fetch, words: &[Word], on_failure: &'static str) -> &mut Self {
        self.command(fetch.command(), words);
        self.text.push_str(" || goto ");
        self.text.push_str(on_failure);
        self.text.push('\n');
        self
    }

    /// Tells an address something within 5 s; whether it worked does not matter.
    pub(crate) fn tell(&mut self, address: Word) -> &mut Self {
        self.command("chain", &[Word::fixed("--timeout"), Word::fixed("5000"), address]);
        self.text.push_str(" ||\n");
        self
    }

    /// Ends the script: `exit 1`, because UEFI takes `exit 0` for success and stops there (`facts/metal-peers.md` R44).
    pub(crate) fn finish(&mut self) -> String {
        self.text.push_str("exit 1\n");
        std::mem::take(&mut self.text)
    }

    fn command(&mut self, command: &'static str, words: &[Word]) {
        self.text.push_str(command);
        for word in words {
            self.text.push(' ');
            self.text.push_str(word.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fetch, Script, Word, is_script};

    /// What iPXE expands.
    const OPEN: &str = "${";

    #[test]
    fn only_the_marker_at_the_first_byte_makes_a_script() {
        for text in ["#!ipxe", "#!ipxe\nexit 1", "#!ipxe\r\nexit 1", "#!ipxe # x\n"] {
            assert!(is_script(text), "{text:?}");
        }
        for text in ["", "\n#!ipxe\n", "\u{feff}#!ipxe\n", "#!ipxel\n", "<html>"] {
            assert!(!is_script(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_echoed_text_adds_a_line_or_ends_a_command(text in any::<String>()) {
            let script = Script::new().echo(&text).finish();
            prop_assert_eq!(script.lines().count(), 3);
            prop_assert!(!script.contains(['|', '&', ';', '$', '{', '\r']), "{}", script);
        }

        #[test]
        fn no_word_adds_a_line_or_ends_a_command(text in any::<String>()) {
            if let Ok(word) = Word::checked(&text) {
                let script = Script::new().fetch(Fetch::Kernel, &[word], "failed").finish();
                prop_assert_eq!(script.lines().count(), 3);
                let line = script.lines().nth(1).unwrap_or_default();
                prop_assert_eq!(line.split_whitespace().count(), 5, "{}", line);
                prop_assert!(!script.contains(OPEN), "{}", script);
            }
        }
    }
}
