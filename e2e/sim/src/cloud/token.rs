//! Tokens: JSON web tokens bound to a session key (facts/oci.md §2.5 to §2.8).

use super::key::{KeyError, Pair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Whose token it is.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) tenancy: String,
    pub(super) compartment: String,
    /// `user`, `instance`, `resource` or `workload`.
    pub(super) kind: &'static str,
}

/// A signed token. The id keeps two tokens of one second apart.
pub(super) fn mint(
    issuer: &Pair,
    subject: &Subject,
    now: Timestamp,
    until: Timestamp,
    id: &str,
) -> Result<String, KeyError> {
    let claims = json!({
        "sub": subject.name,
        "iss": "auth.oracle.com",
        "aud": "oci",
        "ptype": subject.kind,
        "ttype": "x509",
        "tenant": subject.tenancy,
        "res_tenant": subject.tenancy,
        "res_compartment": subject.compartment,
        "iat": now.as_second(),
        "exp": until.as_second(),
        "jti": id,
    });
    let head = part(&json!({"alg": "RS256", "kid": "asw", "typ": "JWT"}));
    let signed = format!("{head}.{}", part(&claims));
    let signature = issuer.sign(signed.as_bytes())?;
    Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
