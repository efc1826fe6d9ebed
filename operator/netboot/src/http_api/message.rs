//! The words of a report, bounded and harmless.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::Uri;
use serde_json::Value;
use slipway_core::boot::Ticket;
use tokio::time::timeout;

use super::refusal::Refusal;
use crate::{query::Query, render::scrub};

/// Largest body that is read, in bytes.
pub(crate) const BODY: usize = 64 << 10;

/// How much of it is kept.
const KEPT: usize = 4 << 10;

/// Longest line, in characters; the bound of [`slipway_core::boot::Step::Progress`].
const LINE: usize = 256;

/// Most lines of one log message.
const LINES: usize = 64;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an installer said, without the secrets it was given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message(String);

/// Takes the query's `message`, or the body.
pub(crate) async fn read(ticket: &Ticket, uri: &Uri, body: Body) -> Result<Message, Refusal> {
    let body = timeout(PATIENCE, to_bytes(body, BODY)).await.map_err(|_| Refusal::TooSlow)?;
    let bytes = body.map_err(|_| Refusal::TooLarge)?;
    let text = match Query::parse(uri.query()).get("message") {
        Some(message) => message.to_owned(),
        None => words(&String::from_utf8_lossy(&bytes)),
    };
    // Secrets go before the cut, which could leave half of one.
    let mut text = scrub(ticket, &text);
    text.truncate(text.floor_char_boundary(KEPT));
    Ok(Message(text))
}

/// subiquity and curtin report JSON; its description is what a person reads (`facts/boot.md` A7).
fn words(body: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(body) else {
        return body.to_owned();
    };
    let field = ["message", "description", "name"].into_iter().find_map(|name| fields.get(name)?.as_str());
    field.map_or_else(|| body.to_owned(), str::to_owned)
}

impl Message {
    /// All of it in one line.
    pub(crate) fn line(&self) -> String {
        clean(&self.0)
    }

    /// Its lines that say something.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.lines().map(clean).filter(|line| !line.is_empty()).take(LINES)
    }
}

fn clean(text: &str) -> String {
    let spaced = text.replace(char::is_control, " ");
    spaced.trim().chars().take(LINE).collect()
}
