//! The service's own words, made fit for messages.

use serde::Deserialize;
use slipway_core::secret::Secret;
use slipway_outbound::Answer;

use crate::wire::loose;

/// Most characters of a reason that are shown.
const SHOWN: usize = 400;
/// Most characters of a code that are shown.
const SHOWN_WORD: usize = 80;

/// The body of an error (`facts/ocm.md §2.1`).
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Said {
    #[serde(default, deserialize_with = "loose::text")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    code: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    reason: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    operation_id: Option<String>,
}

impl Said {
    /// The error in an answer; `None` when it is none of the service.
    pub(crate) fn read(answer: &Answer) -> Option<Self> {
        if !is_json(answer) {
            return None;
        }
        let said: Self = serde_json::from_slice(&answer.body).ok()?;
        let is_error = said.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("Error"));
        (is_error || said.kind.is_none() && said.code.is_some() && said.reason.is_some()).then_some(said)
    }

    /// Code and reason on one line, such as ` ACCT-MGMT-7 (not found)`; empty when neither is there.
    pub(crate) fn words(&self) -> String {
        let code = bounded(self.code.as_deref().unwrap_or_default(), SHOWN_WORD);
        let reason = bounded(self.reason.as_deref().unwrap_or_default(), SHOWN);
        described(&code, &reason)
    }

    /// The id that the service's support asks for, to be read at the end of a message; empty when there is none.
    pub(crate) fn operation(&self) -> String {
        let sound = |letter: &char| letter.is_ascii_alphanumeric() || "-_.".contains(*letter);
        let id: String = self.operation_id.iter().flat_map(|id| id.chars()).filter(sound).take(64).collect();
        if id.is_empty() { id } else { format!("; operation_id {id}") }
    }
}

/// ` code (reason)`, as far as they are there.
pub(crate) fn described(code: &str, reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    let mut words = String::new();
    if !code.is_empty() {
        words = format!(" {code}");
    }
    if !reason.is_empty() {
        words = format!("{words} ({reason})");
    }
    words
}

/// Whether the answer says that it is JSON.
pub(crate) fn is_json(answer: &Answer) -> bool {
    let kind = answer.content_type().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

/// Text of a peer made harmless for a message: one line, without control characters, not too long.
pub(crate) fn bounded(text: &str, most: usize) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// The text without these secrets: a peer may have sent back what it was given.
pub(crate) fn redacted<'a>(text: String, secrets: impl IntoIterator<Item = &'a Secret>) -> String {
    secrets
        .into_iter()
        .map(|secret| secret.expose().trim())
        .filter(|secret| secret.len() >= 4)
        .fold(text, |text, secret| text.replace(secret, "[secret]"))
}

#[cfg(test)]
mod tests {
    use slipway_core::secret::Secret;
    use slipway_outbound::{Answer, HeaderMap, StatusCode};

    use super::{Said, bounded, redacted};

    fn answer(kind: &str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        Answer { status: StatusCode::NOT_FOUND, headers, body: body.to_owned().into(), pin: None }
    }

    #[test]
    fn only_an_error_of_the_service_is_one() {
        let json = "application/json; charset=utf-8";
        for (kind, body, expected) in [
            (json, r#"{"kind":"Error","code":"A-7","reason":"not\nthere."}"#, Some(" A-7 (not there)")),
            (json, r#"{"kind":"Error"}"#, Some("")),
            (json, r#"{"code":"A-7","reason":"x"}"#, Some(" A-7 (x)")),
            (json, r#"{"kind":"Status","code":404,"reason":"NotFound"}"#, None),
            (json, r#"{"message":"no"}"#, None),
            (json, "", None),
            (json, "[]", None),
            ("text/html", r#"{"kind":"Error"}"#, None),
        ] {
            let said = Said::read(&answer(kind, body));
            assert_eq!(said.map(|said| said.words()).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn the_operation_is_one_harmless_word() {
        let body = r#"{"kind":"Error","operation_id":"8f0c6c5e-6d2b\n; drop"}"#;
        let said = Said::read(&answer("application/json", body)).unwrap();
        assert_eq!(said.operation(), "; operation_id 8f0c6c5e-6d2bdrop");
    }

    #[test]
    fn a_message_of_a_peer_stays_one_short_line() {
        assert_eq!(bounded(" a\r\nb\u{1b}[31m\tc ", 100), "a b [31m c");
        assert_eq!(bounded("ééééé", 3), "ééé…");
    }

    #[test]
    fn what_was_sent_back_is_taken_out() {
        let secrets = [Secret::new("canary\n"), Secret::new("x")];
        assert_eq!(redacted("no canary for x".to_owned(), &secrets), "no [secret] for x");
    }
}
