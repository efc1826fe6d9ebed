//! Who may call, and what they may see.

use super::key::{self, KeyError};
use super::refusal::Refusal;
use super::signature::{Denied, Signature};
use super::token::Subject;
use crate::guarded::Guarded;
use crate::wire::Asked;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// Whom a key belongs to.
#[derive(Debug, Clone)]
pub(super) struct Principal {
    pub(super) subject: Subject,
    /// Public key, DER of the `SubjectPublicKeyInfo`.
    pub(super) spki: Vec<u8>,
    /// By the wall's clock; `None` for API keys.
    pub(super) expires: Option<Timestamp>,
    /// Compartments it may see; `None`: all of its tenancy.
    pub(super) allowed: Option<BTreeSet<String>>,
}

impl Principal {
    /// Whether policies let it see this compartment of its own tenancy.
    pub(super) fn may_see(&self, compartment: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(compartment))
    }
}

/// All keys and tokens, by key id (facts/oci.md §2.1, keyId forms).
#[derive(Debug, Default)]
pub(super) struct Principals(Guarded<HashMap<String, Principal>>);

impl Principals {
    /// `<tenancy>/<user>/<fingerprint>`; the key id is given back.
    pub(super) fn add_key(&self, tenancy: &str, user: &str, public_pem: &str) -> Result<String, KeyError> {
        let spki = key::spki_of(public_pem)?;
        let key_id = format!("{tenancy}/{user}/{}", key::fingerprint(&spki));
        let subject = Subject {
            name: user.to_owned(),
            tenancy: tenancy.to_owned(),
            compartment: tenancy.to_owned(),
            kind: "user",
        };
        self.insert(&key_id, Principal { subject, spki, expires: None, allowed: None });
        Ok(key_id)
    }

    pub(super) fn insert(&self, key_id: &str, principal: Principal) {
        self.0.lock().insert(key_id.to_owned(), principal);
    }

    pub(super) fn remove(&self, key_id: &str) -> bool {
        self.0.lock().remove(key_id).is_some()
    }

    /// False when there is no such key.
    pub(super) fn restrict(&self, key_id: &str, allowed: Option<BTreeSet<String>>) -> bool {
        let mut all = self.0.lock();
        let found = all.get_mut(key_id);
        found.map(|principal| principal.allowed = allowed).is_some()
    }

    pub(super) fn find(&self, key_id: &str, now: Timestamp) -> Option<Principal> {
        let all = self.0.lock();
        all.get(key_id).filter(|found| found.expires.is_none_or(|expires| now < expires)).cloned()
    }

    /// The sender of a request, by key id and signature; `now` is the wall's clock as the service has it.
    pub(super) fn authenticate(&self, asked: &Asked, now: Timestamp) -> Result<(String, Principal), Refusal> {
        let known = |signature: &Signature| self.find(&signature.key_id, now).ok_or(Denied::Key);
        let checked = Signature::read(asked.header("authorization")).and_then(|signature| {
            let principal = known(&signature)?;
            signature.check(asked, &principal.spki, now)?;
            Ok((signature.key_id, principal))
        });
        checked.map_err(|denied| Refusal::not_authenticated(denied.to_string()))
    }
}
