//! Signatures of requests: read, and checked (facts/oci.md §2.1).

use super::key;
use crate::wire::Asked;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Most that a request's date may be off.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Why a request is not taken for its sender's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Denied {
    #[error("The Authorization header is missing.")]
    NoHeader,
    #[error("The Authorization header is malformed: {0}.")]
    Malformed(&'static str),
    #[error("The signature has to cover the header {0}.")]
    NotCovered(&'static str),
    #[error("The signed header {0} is missing.")]
    NoSuchHeader(String),
    #[error("The header {0} does not fit the body.")]
    Body(&'static str),
    #[error("The date of the request is not readable.")]
    Date,
    #[error(
        "The date of the request is more than five minutes off; the time of the service is in the Date header."
    )]
    Skew,
    #[error("The key is not known, or has expired.")]
    Key,
    #[error("The signature is wrong.")]
    Wrong,
}

/// The parts of an `Authorization: Signature ...` header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub(super) key_id: String,
    headers: Vec<String>,
    bytes: Vec<u8>,
}

impl Signature {
    pub(super) fn read(header: Option<&str>) -> Result<Self, Denied> {
        let text = header.ok_or(Denied::NoHeader)?;
        let text = text.strip_prefix("Signature ").ok_or(Denied::Malformed("not the scheme Signature"))?;
        let mut parts = attributes(text)?;
        let mut take = |name: &'static str| parts.remove(name).ok_or(Denied::Malformed(name));
        if take("version")? != "1" {
            return Err(Denied::Malformed("version"));
        }
        if take("algorithm")? != "rsa-sha256" {
            return Err(Denied::Malformed("algorithm"));
        }
        let bytes = STANDARD.decode(take("signature")?).map_err(|_| Denied::Malformed("signature"))?;
        let headers = take("headers")?.split(' ').map(str::to_ascii_lowercase).collect();
        let key_id = take("keyId")?;
        if parts.is_empty() {
            Ok(Self { key_id, headers, bytes })
        } else {
            Err(Denied::Malformed("attribute"))
        }
    }

    fn covers(&self, name: &str) -> bool {
        self.headers.iter().any(|header| header == name)
    }

    /// Checks everything but the key's own existence; `spki` is the sender's public key, `now` the wall's clock.
    pub(super) fn check(&self, asked: &Asked, spki: &[u8], now: Timestamp) -> Result<(), Denied> {
        self.check_coverage(asked)?;
        if self.covers("x-content-sha256") {
            check_body(asked)?;
        }
        let date = if self.covers("date") { "date" } else { "x-date" };
        let date = asked.header(date).and_then(parse_date).ok_or(Denied::Date)?;
        if now.duration_since(date).abs() > SKEW {
            return Err(Denied::Skew);
        }
        let message = self.message(asked)?;
        if key::verifies(spki, message.as_bytes(), &self.bytes) { Ok(()) } else { Err(Denied::Wrong) }
    }

    fn check_coverage(&self, asked: &Asked) -> Result<(), Denied> {
        if !self.covers("date") && !self.covers("x-date") {
            return Err(Denied::NotCovered("date"));
        }
        let wanted = needed(asked).iter().find(|name| !self.covers(name));
        wanted.map_or(Ok(()), |name| Err(Denied::NotCovered(name)))
    }

    /// One line a header, without a newline at the end.
    fn message(&self, asked: &Asked) -> Result<String, Denied> {
        let lines: Result<Vec<String>, Denied> = self
            .headers
            .iter()
            .map(|name| {
                if name == "(request-target)" {
                    let method = asked.method.as_str().to_ascii_lowercase();
                    return Ok(format!("{name}: {method} {}", asked.target));
                }
                let value = asked.header(name).ok_or_else(|| Denied::NoSuchHeader(name.clone()))?;
                Ok(format!("{name}: {}", value.trim()))
            })
            .collect();
        Ok(lines?.join("\n"))
    }
}

const GENERAL: &[&str] = &["(request-target)", "host"];
const WITH_BODY: &[&str] =
    &["(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
const FEDERATION: &[&str] = &["(request-target)", "content-length", "content-type", "x-content-sha256"];

/// Headers that have to be signed, besides the date. Object Storage streams what it stores, and the instance principal's
/// token request leaves the host out.
fn needed(asked: &Asked) -> &'static [&'static str] {
    match asked.method {
        Method::POST if asked.path() == "/v1/x509" => FEDERATION,
        Method::PUT if asked.path().starts_with("/n/") => GENERAL,
        Method::POST | Method::PUT | Method::PATCH => WITH_BODY,
        _ => GENERAL,
    }
}

fn check_body(asked: &Asked) -> Result<(), Denied> {
    let hash = STANDARD.encode(Sha256::digest(&asked.body));
    if asked.header("x-content-sha256") != Some(hash.as_str()) {
        return Err(Denied::Body("x-content-sha256"));
    }
    let length = asked.header("content-length").and_then(|text| text.parse().ok());
    if length == Some(asked.body.len()) { Ok(()) } else { Err(Denied::Body("content-length")) }
}

/// `name="value"` with commas between, in any order, each once.
fn attributes(text: &str) -> Result<BTreeMap<&str, String>, Denied> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or(Denied::Malformed("an attribute without quotes"))?;
        let (value, after) = after.split_once('"').ok_or(Denied::Malformed("a quote that does not end"))?;
        if found.insert(name.trim(), value.to_owned()).is_some() {
            return Err(Denied::Malformed("an attribute twice"));
        }
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if after.is_empty() => after,
            None => return Err(Denied::Malformed("no comma between attributes")),
        };
    }
    Ok(found)
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests;
