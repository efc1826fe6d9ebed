//! A question that a person has to answer.

use std::io::{BufRead, Write};

/// Asks, and reads one line: true for `y` and `yes`. The end of the input is a no.
pub(crate) fn confirmed(
    question: &str,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
) -> std::io::Result<bool> {
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    let answer = line.trim();
    Ok(answer.eq_ignore_ascii_case("y") || answer.eq_ignore_ascii_case("yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        for (typed, wanted) in [
            ("y\n", true),
            (" YES \n", true),
            ("\n", false),
            ("", false),
            ("n\n", false),
            ("yess\n", false),
            ("n\ny\n", false),
        ] {
            let mut out = Vec::new();
            assert_eq!(confirmed("Approve?", &mut typed.as_bytes(), &mut out).unwrap(), wanted, "{typed:?}");
            assert_eq!(String::from_utf8(out).unwrap(), "Approve? [y/N] ");
        }
    }
}
