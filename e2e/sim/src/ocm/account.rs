//! Accounts and organizations (`facts/ocm.md §2.7`).

use super::ksuid::{ksuid, secret};
use super::moment::written;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How far a right goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The account's own.
    Own,
    /// All of its organization.
    Organization,
    /// Everything there is.
    Everything,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OcmRights {
    /// May use `cluster_authorizations` at all; if not: 403 code 11.
    pub authorizes: bool,
    /// Whose records it reserves, changes and deletes.
    pub acts_for: Reach,
    /// Whose records it is shown; others are 404.
    pub sees: Reach,
    /// May write labels, and with them capabilities, of organizations that it sees.
    pub writes_organization_labels: bool,
    /// Is shown `internal` labels and may write them.
    pub internal_labels: bool,
}

impl OcmRights {
    /// A person: acts for nobody else, sees the organization's records.
    #[must_use]
    pub fn person() -> Self {
        Self {
            authorizes: true,
            acts_for: Reach::Own,
            sees: Reach::Organization,
            writes_organization_labels: false,
            internal_labels: false,
        }
    }

    /// A service account that acts for everybody in its organization.
    #[must_use]
    pub fn service() -> Self {
        Self { acts_for: Reach::Organization, writes_organization_labels: true, ..Self::person() }
    }

    /// A service account without the right to `cluster_authorizations`.
    #[must_use]
    pub fn limited() -> Self {
        Self { authorizes: false, ..Self::person() }
    }

    /// May do anything anywhere, as the vendor's own services.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            authorizes: true,
            acts_for: Reach::Everything,
            sees: Reach::Everything,
            writes_organization_labels: true,
            internal_labels: true,
        }
    }
}

/// An account with everything that signs it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcmAccount {
    /// Id, 27 characters.
    pub id: String,
    /// Username; unique.
    pub username: String,
    /// Id of the organization.
    pub organization_id: String,
    /// Client id for client credentials: the username.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Password, for the password grant.
    pub password: String,
    /// Offline token of client `cloud-services`, as it was made at first.
    pub offline_token: String,
    /// Token of the pull secret, `auth` of `cloud.openshift.com`.
    pub pull_secret_token: String,
}

/// An account as the service keeps it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    pub(super) credentials: OcmAccount,
    pub(super) rights: OcmRights,
    pub(super) service: bool,
    pub(super) banned: bool,
    pub(super) created: Timestamp,
}

impl Account {
    pub(super) fn new(username: &str, organization: &str, rights: OcmRights, now: Timestamp) -> Self {
        let credentials = OcmAccount {
            id: ksuid(now),
            username: username.to_owned(),
            organization_id: organization.to_owned(),
            client_id: username.to_owned(),
            client_secret: secret(32),
            password: secret(16),
            offline_token: String::new(),
            pull_secret_token: secret(48),
        };
        Self { credentials, rights, service: false, banned: false, created: now }
    }

    pub(super) fn id(&self) -> &str {
        &self.credentials.id
    }

    pub(super) fn username(&self) -> &str {
        &self.credentials.username
    }

    pub(super) fn organization(&self) -> &str {
        &self.credentials.organization_id
    }

    pub(super) fn email(&self) -> String {
        format!("{}@example.com", self.username())
    }

    /// Whether a right of this reach covers what belongs to an account in an organization.
    pub(super) fn covers(&self, reach: Reach, account: &str, organization: &str) -> bool {
        account == self.id()
            || match reach {
                Reach::Own => false,
                Reach::Organization => organization == self.organization(),
                Reach::Everything => true,
            }
    }

    /// As the service writes it, without labels and organization.
    pub(super) fn written(&self) -> Value {
        let id = self.id();
        let mut value = json!({
            "id": id,
            "kind": "Account",
            "href": format!("/api/accounts_mgmt/v1/accounts/{id}"),
            "username": self.username(),
            "email": self.email(),
            "first_name": self.username(),
            "last_name": "Simulated",
            "name": format!("{} Simulated", self.username()),
            "banned": self.banned,
            "service_account": self.service,
            "organization_id": self.organization(),
            "created_at": written(self.created),
            "updated_at": written(self.created),
        });
        if self.banned {
            value["ban_code"] = json!("export_control");
            value["ban_description"] = json!("User account is on hold");
        }
        value
    }
}

/// An organization.
#[derive(Debug, Clone)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) number: usize,
    pub(super) created: Timestamp,
    /// What it may have of each resource; without an entry: any number.
    pub(super) quotas: BTreeMap<String, u64>,
}

impl Organization {
    pub(super) fn new(name: &str, number: usize, now: Timestamp) -> Self {
        let quotas = BTreeMap::new();
        Self { id: ksuid(now), name: name.to_owned(), number, created: now, quotas }
    }

    /// As the service writes it, without labels.
    pub(super) fn written(&self) -> Value {
        let id = &self.id;
        json!({
            "id": id,
            "kind": "Organization",
            "href": format!("/api/accounts_mgmt/v1/organizations/{id}"),
            "name": self.name,
            "external_id": format!("{}", 11_000_000 + self.number),
            "ebs_account_id": format!("{}", 5_000_000 + self.number),
            "created_at": written(self.created),
            "updated_at": written(self.created),
        })
    }
}
