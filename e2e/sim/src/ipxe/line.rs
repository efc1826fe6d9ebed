//! Lines of a script: labels, continuation, comments and the operators between commands.

/// When the command after an operator runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    Always,
    OnSuccess,
    OnFailure,
}

/// One command of a line, its tokens not expanded yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// Whether it runs, given the status of the command before it.
    pub(super) when: Then,
    pub(super) tokens: Vec<String>,
}

/// One line of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) label: Option<String>,
    pub(super) segments: Vec<Segment>,
}

/// True for a body that iPXE takes for a script: the magic and a blank, nothing before it (facts/boot.md §A6).
pub(super) fn is_script(body: &[u8]) -> bool {
    body.strip_prefix(b"#!ipxe").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
}

/// Splits a script; a backslash at the end of a line joins it with the next.
pub(super) fn parse(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut joined = String::new();
    for part in text.split('\n') {
        joined.push_str(part.strip_suffix('\r').unwrap_or(part));
        if joined.ends_with('\\') {
            joined.pop();
            continue;
        }
        lines.push(line(&std::mem::take(&mut joined)));
    }
    lines
}

fn line(text: &str) -> Line {
    let text = text.trim_start();
    match text.strip_prefix(':') {
        None => Line { label: None, segments: segments(text) },
        Some(rest) => {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            Line { label: Some(rest[..end].to_owned()), segments: segments(&rest[end..]) }
        }
    }
}

fn segments(text: &str) -> Vec<Segment> {
    let mut segments = vec![Segment { when: Then::Always, tokens: Vec::new() }];
    // A token that starts with a hash ends the line wherever it stands, in a URL's place too.
    for token in text.split_whitespace().take_while(|token| !token.starts_with('#')) {
        let when = match token {
            "||" => Some(Then::OnFailure),
            "&&" => Some(Then::OnSuccess),
            ";" => Some(Then::Always),
            _ => None,
        };
        match (when, segments.last_mut()) {
            (Some(when), _) => segments.push(Segment { when, tokens: Vec::new() }),
            (None, Some(last)) => last.tokens.push(token.to_owned()),
            (None, None) => {}
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_magic_at_the_very_start_makes_a_script() {
        for (body, expected) in [
            ("#!ipxe\n", true),
            ("#!ipxe\r\nexit 1", true),
            ("#!ipxe", false),
            ("#!ipxes\n", false),
            ("\n#!ipxe\n", false),
            ("\u{feff}#!ipxe\n", false),
            ("<html>", false),
        ] {
            assert_eq!(is_script(body.as_bytes()), expected, "{body:?}");
        }
    }

    #[test]
    fn lines_have_labels_operators_and_comments() {
        let lines = parse("#!ipxe\r\n:again chain \\\r\nx || echo no # why\n");
        assert_eq!(lines[0], Line { label: None, segments: segments("") });
        assert_eq!(lines[1].label.as_deref(), Some("again"));
        let tokens: Vec<_> =
            lines[1].segments.iter().map(|part| (part.when, part.tokens.join(" "))).collect();
        assert_eq!(tokens, [(Then::Always, "chain x".to_owned()), (Then::OnFailure, "echo no".to_owned())]);
    }
}
