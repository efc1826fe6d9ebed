//! From `tls` of a spec to how a peer is trusted.

use std::time::Duration;

use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    reason::Reason,
    trust::{Pin, Trust},
};
use slipway_crds::v1alpha1::TlsTrust;

use crate::context::Context;

/// How the peer of `field` (such as `spec.rack.tls`) is trusted. `seen` is the key trusted on first use; Secrets may be as old as `age`.
pub(crate) async fn trust(
    context: &Context,
    namespace: &str,
    field: &str,
    tls: Option<&TlsTrust>,
    seen: Option<String>,
    (now, age): (Timestamp, Duration),
) -> Result<Trust, Failure> {
    let ca = match tls.and_then(|tls| tls.ca_ref.as_ref()) {
        Some(reference) => {
            let field = format!("{field}.caRef");
            let bundle = context.secrets.read(namespace, &reference.name, &field, now, age).await?;
            Some(bundle.text(&field, &reference.name, "ca.crt")?.expose().to_owned())
        }
        None => None,
    };
    judged(field, tls, ca, seen, context.options.allow_insecure_tls)
}

fn judged(
    field: &str,
    tls: Option<&TlsTrust>,
    ca: Option<String>,
    seen: Option<String>,
    allow_insecure: bool,
) -> Result<Trust, Failure> {
    let Some(tls) = tls else { return Ok(Trust::System) };
    if tls.insecure_skip_verify == Some(true) && !allow_insecure {
        let message = format!(
            "{field}.insecureSkipVerify needs the operator's flag --allow-insecure-tls; use caRef, pin or trustOnFirstUse instead"
        );
        return Err(Failure::new(Reason::InsecureNotAllowed, message));
    }
    Ok(match (ca, &tls.pin) {
        (Some(pem), _) => Trust::Authorities(pem),
        (None, Some(pin)) => Trust::Pin(Pin::new(pin.clone())),
        _ if tls.trust_on_first_use == Some(true) => {
            seen.map_or(Trust::FirstUse, |pin| Trust::Pin(Pin::new(pin)))
        }
        _ if tls.insecure_skip_verify == Some(true) => Trust::Anything,
        _ => Trust::System,
    })
}
