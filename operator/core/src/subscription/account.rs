//! Who speaks to a registrar.

use std::collections::BTreeMap;

use url::Url;

use crate::{secret::Secret, trust::Trust};

/// An account at a registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Address of the service.
    pub url: Url,
    /// Address that gives tokens, for registrars that have one of their own. `None`: the one that belongs to the service.
    pub token_url: Option<Url>,
    /// Proxy to go through, such as `http://proxy.example.com:3128`.
    pub proxy: Option<Url>,
    /// For whom records are made; `None`: for whom the credentials are.
    pub username: Option<String>,
    /// The whole content of the Secret.
    pub credentials: BTreeMap<String, Secret>,
    /// Name of the Secret, for messages.
    pub secret_name: String,
    /// Changes whenever the Secret may have changed (its uid and resourceVersion).
    pub credentials_version: String,
    /// How the certificates of the service and of the address that gives tokens are judged.
    pub trust: Trust,
}
