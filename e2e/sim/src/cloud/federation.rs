//! Where tokens come from: instance principals, session refresh, workloads (facts/oci.md §2.5, §2.6, §2.8).

use super::Inner;
use super::infrastructure::time;
use super::key::{self, KeyError, colons};
use super::principal::Principal;
use super::refusal::Refusal;
use super::signature::Signature;
use super::token::{self, Subject};
use crate::fetch::hex;
use crate::wire::{Asked, Reply, parse_json};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

type Answered = Result<Reply, Refusal>;

impl From<KeyError> for Refusal {
    fn from(error: KeyError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// Key id of a federation call, in both forms (facts/oci.md §2.1).
fn federation_ids(tenancy: &str, leaf: &[u8]) -> [String; 2] {
    let sha1 = colons(&hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf).as_ref()).to_ascii_uppercase());
    let sha256 = colons(&hex(&Sha256::digest(leaf)));
    [format!("{tenancy}/fed-x509/{sha1}"), format!("{tenancy}/fed-x509-sha256/{sha256}")]
}

/// Public key of a certificate, DER of the `SubjectPublicKeyInfo`.
fn leaf_key(leaf: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
    Some(certificate.tbs_certificate.subject_pki.raw.to_vec())
}

fn der(body: &Value, name: &str) -> Result<Vec<u8>, Refusal> {
    let text = body[name].as_str().ok_or_else(|| Refusal::missing(name))?;
    STANDARD.decode(text).map_err(|_| Refusal::invalid(format!("{name} is not base64.")))
}

impl Inner {
    /// Makes a token, and takes what is signed with its key from now on.
    pub(super) fn issue(&self, subject: &Subject, spki: Vec<u8>) -> Result<String, KeyError> {
        let issued = self.wall();
        let lifetime = *self.token_lifetime.lock();
        let expires = issued.checked_add(lifetime).unwrap_or(issued);
        let token = token::mint(self.issuer, subject, issued, expires, &key::random_text(12))?;
        let principal = Principal { subject: subject.clone(), spki, expires: Some(expires), allowed: None };
        self.principals.insert(&format!("ST${token}"), principal);
        tracing::debug!(expires = time(expires), kind = subject.kind, "token issued");
        Ok(token)
    }

    /// `POST /v1/x509` (facts/oci.md §2.6): signed with the key of the certificate in the body.
    pub(super) fn federate(&self, asked: &Asked) -> Answered {
        let body = parse_json(&asked.body).ok_or_else(Refusal::unreadable)?;
        let leaf = der(&body, "certificate")?;
        let subject = self.instances.lock().get(&hex(&Sha256::digest(&leaf))).cloned();
        let subject = subject.ok_or_else(|| Refusal::not_authenticated("The certificate is not known."))?;
        let spki = leaf_key(&leaf).ok_or_else(|| Refusal::invalid("certificate is not readable."))?;
        let denied = |why: super::signature::Denied| Refusal::not_authenticated(why.to_string());
        let signature = Signature::read(asked.header("authorization")).map_err(denied)?;
        if !federation_ids(&subject.tenancy, &leaf).contains(&signature.key_id) {
            return Err(Refusal::not_authenticated("The key id does not fit the certificate."));
        }
        signature.check(asked, &spki, self.wall()).map_err(denied)?;
        if !body["intermediateCertificates"].is_array() {
            return Err(Refusal::missing("intermediateCertificates"));
        }
        let token = self.issue(&subject, der(&body, "publicKey")?)?;
        Ok(Reply::json(200, &json!({ "token": token })))
    }

    /// `POST /v1/authentication/refresh` (facts/oci.md §2.5): signed with the session's own key.
    pub(super) fn refresh(&self, asked: &Asked) -> Answered {
        let (key_id, principal) = self.principals.authenticate(asked, self.wall())?;
        let body = parse_json(&asked.body).ok_or_else(Refusal::unreadable)?;
        let current = body["currentToken"].as_str().ok_or_else(|| Refusal::missing("currentToken"))?;
        if key_id.strip_prefix("ST$") != Some(current) {
            return Err(Refusal::not_authenticated("The token is not the one of the signature."));
        }
        let token = self.issue(&principal.subject, principal.spki)?;
        Ok(Reply::json(200, &json!({ "token": token })))
    }

    /// `POST /resourcePrincipalSessionTokens` of an OKE cluster (facts/oci.md §2.8): a JSON string whose content is
    /// base64.
    pub(super) fn workload(&self, asked: &Asked) -> Answered {
        let bearer = asked.header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        let subject = bearer.and_then(|token| self.service_accounts.lock().get(token).cloned());
        let subject =
            subject.ok_or_else(|| Refusal::not_authenticated("The service account token is not known."))?;
        if !*self.enhanced.lock() {
            return Err(Refusal::not_authorized("The cluster is not an enhanced cluster."));
        }
        let body = parse_json(&asked.body).ok_or_else(Refusal::unreadable)?;
        let token = self.issue(&subject, der(&body, "podKey")?)?;
        let inside = json!({"token": format!("ST${token}")}).to_string();
        Ok(Reply::json(200, &json!(STANDARD.encode(inside))))
    }
}
