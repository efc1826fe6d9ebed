//! Signing one request (`facts/oci.md §2.1`).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::fmt::rfc2822::DateTimePrinter;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason};
use slipway_outbound::{HeaderName, HeaderValue, Method, Request};
use url::Url;

use crate::key::PrivateKey;

/// What is signed, in this order, of a request without a body.
const GENERAL: &[&str] = &["date", "(request-target)", "host"];
/// What is signed of POST, PUT and PATCH, also with an empty body.
const WITH_BODY: &[&str] =
    &["date", "(request-target)", "host", "content-length", "content-type", "x-content-sha256"];
/// What is signed of a request for a federated token: the host is left out.
const FEDERATION: &[&str] =
    &["date", "(request-target)", "content-length", "content-type", "x-content-sha256"];

const DATE: HeaderName = HeaderName::from_static("date");
const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const CONTENT_LENGTH: HeaderName = HeaderName::from_static("content-length");
const CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-content-sha256");

/// Who signs.
pub(crate) struct Hand<'a> {
    /// How the service finds the public key.
    pub(crate) key_id: &'a str,
    pub(crate) key: &'a PrivateKey,
}

impl Hand<'_> {
    /// Signs a request to a service. What it had of an earlier try is replaced.
    ///
    /// Errors: [`Reason::Internal`] when the request cannot be written as HTTP.
    pub(crate) fn sign(&self, request: &mut Request, origin: &Url, now: Timestamp) -> Result<(), Failure> {
        let names = if has_body(&request.method) { WITH_BODY } else { GENERAL };
        self.sign_parts(request, origin, names, now)
    }

    /// Signs a POST for a federated token. Errors as [`Hand::sign`].
    pub(crate) fn sign_federation(
        &self,
        request: &mut Request,
        origin: &Url,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.sign_parts(request, origin, FEDERATION, now)
    }

    fn sign_parts(
        &self,
        request: &mut Request,
        origin: &Url,
        names: &[&str],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
        put(request, DATE, &date.map_err(|error| unsound(&error))?)?;
        if names.contains(&CONTENT_SHA256.as_str()) {
            seal_body(request)?;
        }
        let url = origin.join(&request.target).map_err(|error| unsound(&error))?;
        let lines: Result<Vec<String>, Failure> =
            names.iter().map(|name| line(name, request, &url)).collect();
        let signature = self.key.sign(lines?.join("\n").as_bytes()).map_err(|error| unsound(&error))?;
        let authorization = format!(
            "Signature algorithm=\"rsa-sha256\",headers=\"{}\",keyId=\"{}\",signature=\"{signature}\",version=\"1\"",
            names.join(" "),
            self.key_id,
        );
        put(request, AUTHORIZATION, &authorization)
    }
}

fn has_body(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// Headers that bind the body, those of an empty one too.
fn seal_body(request: &mut Request) -> Result<(), Failure> {
    put(request, CONTENT_LENGTH, &request.body.len().to_string())?;
    put(request, CONTENT_SHA256, &STANDARD.encode(digest(&SHA256, &request.body)))?;
    if !request.headers.contains_key(CONTENT_TYPE) {
        put(request, CONTENT_TYPE, "application/json")?;
    }
    Ok(())
}

fn put(request: &mut Request, name: HeaderName, value: &str) -> Result<(), Failure> {
    let mut value = HeaderValue::from_str(value).map_err(|error| unsound(&error))?;
    value.set_sensitive(name == AUTHORIZATION);
    request.headers.insert(name, value);
    Ok(())
}

fn line(name: &str, request: &Request, url: &Url) -> Result<String, Failure> {
    let value = match name {
        "(request-target)" => target(&request.method, url),
        "host" => host(url),
        _ => {
            let value = request.headers.get(name).map(HeaderValue::to_str);
            value.transpose().map_err(|error| unsound(&error))?.unwrap_or_default().to_owned()
        }
    };
    Ok(format!("{name}: {value}"))
}

/// Path and query exactly as they go on the wire: the connector sends what the same parser made.
fn target(method: &Method, url: &Url) -> String {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{} {}{query}", method.as_str().to_ascii_lowercase(), url.path())
}

/// With the port when it is not the scheme's own.
fn host(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

fn unsound(error: &dyn std::error::Error) -> Failure {
    Failure::new(Reason::Internal, format!("a request to Oracle Cloud cannot be signed: {error}"))
}

#[cfg(test)]
mod tests;
