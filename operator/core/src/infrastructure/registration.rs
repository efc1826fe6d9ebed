//! How a rack's record is found or made.

use std::collections::BTreeMap;

/// Tag that marks what Slipway made: `<namespace>/<name>` of the object. It stays the same when the object moves to another cluster.
pub const OWNER_TAG: &str = "slipway-owner";

/// What a record is to be made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// OCID of the compartment.
    pub compartment_id: String,
    /// Name.
    pub display_name: String,
    /// Description.
    pub description: Option<String>,
    /// OCID of the subnet.
    pub subnet_id: String,
    /// `<namespace>/<name>` of the object, for [`OWNER_TAG`].
    pub owner: String,
    /// Token under which OCI makes one record only, however often it is asked (`opc-retry-token`, `facts/oci.md §2.9`).
    pub retry_token: String,
}

/// Whether what carries these tags was made for this owner.
#[must_use]
pub fn is_owned_by(tags: &BTreeMap<String, String>, owner: &str) -> bool {
    tags.get(OWNER_TAG).is_some_and(|tagged| tagged == owner)
}
