//! The ways to OCI and to a rack, in few verbs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use url::Url;

use super::{Creation, Etag, Fingerprint, Observation, Schedule, UpgradeEvent};
use crate::{
    failure::Failure,
    secret::Secret,
    trust::{Pin, Trust},
};

/// An account at OCI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Region, as the spec has it.
    pub region: String,
    /// Address to use instead of the region's.
    pub endpoint: Option<Url>,
    /// The whole content of the Secret.
    pub credentials: BTreeMap<String, Secret>,
    /// Name of the Secret, for messages.
    pub secret_name: String,
    /// Changes whenever the Secret may have changed (its uid and resourceVersion).
    pub credentials_version: String,
    /// How OCI's certificate is judged.
    pub trust: Trust,
}

/// What a connection may be told (`facts/oci.md §1.4`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Accept it: only from `REQUEST`, and only after the fingerprints were compared.
    Ready,
    /// Cut it, from any state. OCI makes a new PIN.
    Reject,
}

/// A change of a rack's record; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Order to the connection.
    pub order: Option<Order>,
    /// Upgrade schedule to attach.
    pub upgrade_schedule_id: Option<String>,
    /// New name.
    pub display_name: Option<String>,
    /// New description.
    pub description: Option<String>,
    /// New subnet.
    pub subnet_id: Option<String>,
}

/// An upgrade schedule to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleCreation {
    /// OCID of the compartment.
    pub compartment_id: String,
    /// Name.
    pub display_name: String,
    /// Times.
    pub events: Vec<UpgradeEvent>,
    /// Value of [`super::OWNER_TAG`].
    pub owner: String,
    /// As [`Creation::retry_token`].
    pub retry_token: String,
}

/// OCI's record of racks. Every call has its own deadline, waits for its turn at its account only, and is safe to drop. Reading is tried again
/// within the call; nothing that changes anything is, once it was sent: [`crate::failure::Effect`] says whether a failed one may have happened.
///
/// A 404 is [`crate::reason::Reason::NotAuthorizedOrNotFound`]: OCI does not tell "gone" from "not allowed" (`facts/oci.md §1.7`).
#[async_trait]
pub trait CloudPort: Send + Sync {
    /// Reads one rack's record.
    async fn read(&self, account: &Account, id: &str) -> Result<Observation, Failure>;

    /// Records of this name in a compartment, without deleted ones; each read whole.
    async fn find(
        &self,
        account: &Account,
        compartment_id: &str,
        name: &str,
    ) -> Result<Vec<Observation>, Failure>;

    /// Makes a record.
    async fn create(&self, account: &Account, creation: &Creation) -> Result<Observation, Failure>;

    /// Changes a record, if `etag` (where given) is still its version.
    async fn change(
        &self,
        account: &Account,
        id: &str,
        change: &Change,
        etag: Option<&Etag>,
    ) -> Result<Observation, Failure>;

    /// Deletes a record.
    async fn delete(&self, account: &Account, id: &str, etag: Option<&Etag>) -> Result<(), Failure>;

    /// Reads an upgrade schedule.
    async fn schedule(&self, account: &Account, id: &str) -> Result<Schedule, Failure>;

    /// Upgrade schedules of this name in a compartment, without deleted ones; each read whole.
    async fn find_schedules(
        &self,
        account: &Account,
        compartment_id: &str,
        name: &str,
    ) -> Result<Vec<Schedule>, Failure>;

    /// Makes an upgrade schedule.
    async fn create_schedule(
        &self,
        account: &Account,
        creation: &ScheduleCreation,
    ) -> Result<Schedule, Failure>;

    /// Gives an upgrade schedule other times, if `etag` is still its version.
    async fn change_schedule(
        &self,
        account: &Account,
        id: &str,
        events: &[UpgradeEvent],
        etag: Option<&Etag>,
    ) -> Result<Schedule, Failure>;

    /// Deletes an upgrade schedule. [`crate::reason::Reason::WrongState`] while it is attached.
    async fn delete_schedule(&self, account: &Account, id: &str, etag: Option<&Etag>) -> Result<(), Failure>;
}

/// A rack's own end (`facts/oci.md §1.5`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RackEndpoint {
    /// Where it takes the PIN.
    pub provisioning_url: Url,
    /// How its certificate is judged. Never [`Trust::FirstUse`] when a PIN is sent: the key was seen before.
    pub trust: Trust,
}

/// A rack.
#[async_trait]
pub trait RackPort: Send + Sync {
    /// Connects and lets the rack show its certificate; sends nothing. Answers the key that it showed.
    async fn greet(&self, rack: &RackEndpoint) -> Result<Option<Pin>, Failure>;

    /// Gives the rack its PIN, once, and answers the rack's fingerprint.
    ///
    /// A failure with [`crate::failure::Effect::None`]: the PIN was not sent. Any other: the rack may have it, and it is not to be sent again.
    async fn give_pin(&self, rack: &RackEndpoint, pin: &Secret) -> Result<Fingerprint, Failure>;
}
