//! The way to a registrar, in the verbs that all registrars share (`facts/ocm.md §5.6`).

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::{Account, Record, Support};
use crate::failure::Failure;

/// Who the credentials are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Name of the account.
    pub username: String,
    /// Id of the account; empty where a registrar has none.
    pub account_id: String,
    /// Its organization.
    pub organization_id: Option<String>,
}

/// A record to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Our key: at most one living record has it.
    pub cluster_id: String,
    /// Name that people see.
    pub display_name: String,
    /// Product, such as `OCP`.
    pub product_id: String,
    /// Category of the product, such as `AssistedInstall`.
    pub product_category: String,
}

/// A change of a record; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// New name.
    pub display_name: Option<String>,
    /// New id under which the cluster sends telemetry; empty: none any more.
    pub external_cluster_id: Option<String>,
    /// New address of the console; empty: none any more.
    pub console_url: Option<String>,
    /// New support settings.
    pub support: Support,
}

/// What is done to a record that is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// It is deleted.
    Delete,
    /// It is archived.
    Archive,
}

/// What carries labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// The record of this id.
    Subscription(String),
    /// The organization of this id.
    Organization(String),
    /// The account of this id.
    Account(String),
}

/// A capability of an organization.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Capability {
    /// Whole name, such as `capability.organization.hypershift`.
    pub name: String,
    /// Its value, mostly `true` or `false`.
    pub value: String,
}

/// A service that keeps records of clusters. Every call has its own deadline, waits for its turn at its account only, and is safe to drop.
/// Reading is tried again within the call; nothing that changes anything is, once it was sent: [`crate::failure::Effect`] says whether a failed
/// one may have happened. A failed list is never an empty one.
#[async_trait]
pub trait RegistrarPort: Send + Sync {
    /// Who the credentials are. The answer may be some minutes old.
    async fn probe(&self, account: &Account) -> Result<Principal, Failure>;

    /// Records with this key, deleted ones too as far as they are shown. The answer may be `age` old: records of many clusters are then read
    /// together. With `age` zero it was asked for after the call began.
    async fn find(&self, account: &Account, cluster_id: &str, age: Duration) -> Result<Vec<Record>, Failure>;

    /// Living records with this id for telemetry, ours and others. `age` as for [`RegistrarPort::find`].
    async fn find_external(
        &self,
        account: &Account,
        external_cluster_id: &str,
        age: Duration,
    ) -> Result<Vec<Record>, Failure>;

    /// Reads one record; `None` when there is none of this id.
    async fn read(&self, account: &Account, id: &str) -> Result<Option<Record>, Failure>;

    /// Makes a record and answers its id. Whoever calls has searched for the key before.
    ///
    /// Errors, besides those of any call: [`crate::reason::Reason::QuotaShort`] with the resources that are short,
    /// [`crate::reason::Reason::ForeignSubscription`] when another account has the key.
    async fn reserve(&self, account: &Account, reservation: &Reservation) -> Result<String, Failure>;

    /// Changes a record and answers it as it is then.
    async fn amend(&self, account: &Account, id: &str, change: &Change) -> Result<Record, Failure>;

    /// Says that the cluster of a record is installed, and answers the record as it is then.
    async fn activate(&self, account: &Account, id: &str) -> Result<Record, Failure>;

    /// Lets a record go. One that is not there any more counts as done.
    async fn release(&self, account: &Account, id: &str, release: Release) -> Result<(), Failure>;

    /// Labels, as far as the credentials may see them.
    async fn labels(&self, account: &Account, holder: &Holder) -> Result<BTreeMap<String, String>, Failure>;

    /// Sets a label.
    async fn put_label(
        &self,
        account: &Account,
        holder: &Holder,
        key: &str,
        value: &str,
    ) -> Result<(), Failure>;

    /// Takes a label away. One that is not there counts as done.
    async fn delete_label(&self, account: &Account, holder: &Holder, key: &str) -> Result<(), Failure>;

    /// Capabilities of an organization. `age` as for [`RegistrarPort::find`].
    async fn capabilities(
        &self,
        account: &Account,
        organization_id: &str,
        age: Duration,
    ) -> Result<Vec<Capability>, Failure>;

    /// Reserved records that carry this label.
    async fn reserved_with_label(
        &self,
        account: &Account,
        key: &str,
        value: &str,
    ) -> Result<Vec<Record>, Failure>;
}
