//! The port to a rack's own end (`facts/oci.md §1.5`).

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use slipway_core::{
    failure::{Effect, Failure},
    infrastructure::{Fingerprint, RackEndpoint, RackPort},
    reason::Reason,
    secret::Secret,
    trust::{Pin, Trust},
};
use slipway_outbound::{
    Answer, Connector, HeaderName, HeaderValue, Method, Observer, Plaintext, Request, code_class,
};
use zeroize::{Zeroize, Zeroizing};

use crate::cloud::limits::Limits;

/// Longest fingerprint that is taken; a SHA-512 digest with colons has 191 characters.
const LONGEST: usize = 512;

/// Racks that are given their PINs. Made once and shared.
pub struct Rack {
    connector: Arc<Connector>,
    limits: Limits,
    observer: Arc<dyn Observer>,
}

#[derive(Serialize)]
struct Handover<'a> {
    pin: &'a str,
}

#[derive(Deserialize)]
struct Shown {
    fingerprint: String,
}

impl std::fmt::Debug for Rack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rack").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Rack {
    /// `connector` guards the way out, `observer` counts requests.
    #[must_use]
    pub fn new(connector: Arc<Connector>, limits: Limits, observer: Arc<dyn Observer>) -> Self {
        Self { connector, limits, observer }
    }

    fn request(&self, rack: &RackEndpoint, pin: &Secret) -> Result<Request, Failure> {
        // Large enough for every letter to be escaped, so that it never grows and leaves a copy behind.
        let mut body = Zeroizing::new(Vec::with_capacity(pin.expose().len() * 6 + 16));
        serde_json::to_writer(&mut *body, &Handover { pin: pin.expose() })
            .map_err(|_| Failure::new(Reason::Internal, "the PIN cannot be written as JSON"))?;
        let mut request = Request::new(Method::POST, rack.provisioning_url.as_str(), self.limits.give_pin);
        request.cap = self.limits.rack_answer;
        for (name, value) in [("accept", "application/json"), ("content-type", "application/json")] {
            request = request.with_header(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Ok(request.with_body(Bytes::from_owner(body)))
    }
}

#[async_trait]
impl RackPort for Rack {
    async fn greet(&self, rack: &RackEndpoint) -> Result<Option<Pin>, Failure> {
        let trusted = self.connector.trust(&rack.trust)?;
        let began = Instant::now();
        let outcome = self.connector.greet(&rack.provisioning_url, &trusted).await;
        let code = if outcome.is_ok() { "ok" } else { "error" };
        self.observer.request("rack", "greet", code, began.elapsed().as_secs_f64());
        outcome
    }

    async fn give_pin(&self, rack: &RackEndpoint, pin: &Secret) -> Result<Fingerprint, Failure> {
        if rack.trust == Trust::FirstUse {
            let message = "a PIN is given only to a rack whose key was seen before; it was not sent";
            return Err(Failure::new(Reason::Internal, message));
        }
        if pin.expose().is_empty() {
            return Err(Failure::new(Reason::Internal, "an empty PIN is none; nothing was sent"));
        }
        let request = self.request(rack, pin)?;
        let trusted = self.connector.trust(&rack.trust)?;
        let peer =
            self.connector.open(&rack.provisioning_url, &trusted, Plaintext::IfInsecureAllowed).await?;
        let began = Instant::now();
        let outcome = peer.send(request).await;
        let code = outcome.as_ref().map_or("error", |answer| code_class(answer.status));
        let took = began.elapsed();
        self.observer.request("rack", "give-pin", code, took.as_secs_f64());
        tracing::debug!(rack = peer.label(), op = "give-pin", code, ?took, "request");
        match outcome {
            Ok(answer) => fingerprint(peer.label(), answer, pin),
            Err(failure) if failure.reason == Reason::AnswerTooLarge => {
                Err(Failure { reason: Reason::RackAnswerInvalid, effect: Effect::Unknown, ..failure })
            }
            Err(failure) => Err(failure),
        }
    }
}

/// The fingerprint in an answer, or what came in its place.
fn fingerprint(label: &str, answer: Answer, pin: &Secret) -> Result<Fingerprint, Failure> {
    let status = answer.status;
    let mut kind = answer.content_type();
    if kind.contains(pin.expose()) {
        "hidden".clone_into(&mut kind);
    }
    let shown = serde_json::from_slice::<Shown>(&answer.body).ok();
    if let Ok(mut body) = answer.body.try_into_mut() {
        body.as_mut().zeroize();
    }
    let fault = match shown {
        _ if !status.is_success() => "it is no success",
        None => "its body is no JSON with a fingerprint",
        Some(shown) if shown.fingerprint.chars().count() > LONGEST => "its fingerprint is too long",
        Some(shown) if echoes(&shown.fingerprint, pin.expose()) => "its fingerprint holds what it was sent",
        Some(shown) => match Fingerprint::new(&shown.fingerprint) {
            Some(fingerprint) => return Ok(fingerprint),
            None => "its fingerprint is empty",
        },
    };
    let message = format!(
        "{label} took the PIN and answered with {} and content type {kind}: {fault}; check `spec.rack.provisioningUrl`, a login page or a \
         proxy may answer in the rack's place",
        status.as_u16()
    );
    Err(Failure::new(Reason::RackAnswerInvalid, message).with_unknown_effect())
}

/// Whether a fingerprint would carry the PIN into status and events. A few digits are in many a digest by chance.
fn echoes(fingerprint: &str, pin: &str) -> bool {
    fingerprint == pin || pin.len() >= 8 && fingerprint.contains(pin)
}
