//! Accounts, sessions and instances that a test hands to a client.

use super::key::Pair;
use super::token::Subject;
use jiff::Timestamp;

/// A tenancy with one user and one API key.
#[derive(Debug, Clone)]
pub struct Account {
    /// OCID of the tenancy, which is also its root compartment.
    pub tenancy: String,
    /// OCID of the user.
    pub user: String,
    /// Fingerprint of the API key (facts/oci.md §2.1).
    pub fingerprint: String,
    /// OCID of a compartment in the tenancy.
    pub compartment: String,
    /// OCID of a subnet, for creates.
    pub subnet: String,
    /// Region name.
    pub region: String,
    /// The API key, PKCS#8 in PEM.
    pub private_key_pem: String,
    /// Its public half in PEM.
    pub public_key_pem: String,
}

impl Account {
    /// `keyId` of the API key's signatures.
    #[must_use]
    pub fn key_id(&self) -> String {
        format!("{}/{}/{}", self.tenancy, self.user, self.fingerprint)
    }

    /// A configuration file as people have it (facts/oci.md §2.3); the key is in that file.
    #[must_use]
    pub fn config_text(&self, key_file: &str) -> String {
        format!(
            "[DEFAULT]\nuser={}\nfingerprint={}\ntenancy={}\nregion={}\nkey_file={key_file}\n",
            self.user, self.fingerprint, self.tenancy, self.region
        )
    }

    pub(super) fn subject(&self, kind: &'static str) -> Subject {
        Subject {
            name: self.user.clone(),
            tenancy: self.tenancy.clone(),
            compartment: self.compartment.clone(),
            kind,
        }
    }
}

/// A token and the session key that it is bound to: a session of `oci session authenticate`, or a resource principal's
/// RPST and key (facts/oci.md §2.5, §2.7).
#[derive(Debug, Clone)]
pub struct Session {
    /// The JSON web token.
    pub token: String,
    /// The session key, PKCS#8 in PEM.
    pub private_key_pem: String,
    /// Its public half in PEM.
    pub public_key_pem: String,
    /// When it ends, by the wall's clock.
    pub expires: Timestamp,
}

impl Session {
    /// `keyId` of its signatures.
    #[must_use]
    pub fn key_id(&self) -> String {
        format!("ST${}", self.token)
    }

    pub(super) fn new(token: String, pair: Pair, expires: Timestamp) -> Self {
        Self { token, private_key_pem: pair.private_pem, public_key_pem: pair.public_pem, expires }
    }
}
