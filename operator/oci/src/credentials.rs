//! From the content of a Secret to somebody who can sign (`facts/oci.md §2.3`).

use std::collections::BTreeMap;

use slipway_core::{failure::Failure, secret::Secret};

use crate::{key::PrivateKey, region::Region};

mod fields;
mod mistakes;
mod reading;

/// Whether objects of users may act as the operator itself: as its instance, its pod or its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorIdentity {
    /// No: whoever may create an object would act with the rights of the node.
    Refused,
    /// The administrator said so with `--allow-oci-principal`.
    Permitted,
}

/// A way of being somebody at Oracle Cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A user's API key.
    ApiKey,
    /// A person's session, as `oci session authenticate` makes it.
    Session,
    /// The instance that the operator runs on.
    InstancePrincipal,
    /// The resource that the operator runs in.
    ResourcePrincipal,
    /// The operator's service account in an OKE cluster.
    WorkloadIdentity,
}

impl Form {
    /// The operator's own identities, by their names in `authentication_type`.
    const OWN: [(&'static str, Self); 3] = [
        ("instance_principal", Self::InstancePrincipal),
        ("resource_principal", Self::ResourcePrincipal),
        ("oke_workload_identity", Self::WorkloadIdentity),
    ];
}

/// Somebody at Oracle Cloud.
#[derive(Debug)]
pub struct Principal {
    pub(crate) credential: Credential,
    region: Option<Region>,
}

/// What a principal proves itself with.
#[derive(Debug)]
pub(crate) enum Credential {
    ApiKey { key_id: String, key: PrivateKey },
    Session { token: Secret, key: PrivateKey },
    Instance,
    Resource,
    Workload,
}

impl Principal {
    /// Reads the content of a Secret. Three forms are known: a whole configuration file under `config` with the key's file
    /// beside it, and `profile` when it is not `DEFAULT`; the single fields `tenancy`, `user`, `fingerprint`, `key`,
    /// `pass_phrase`, `security_token`, `region`; and `authentication_type` for an identity of the operator itself.
    ///
    /// Errors: every mistake at once, each by the key of the Secret and its mend: [`Reason::SecretIncomplete`] when something is
    /// only missing, else [`Reason::CredentialsInvalid`].
    ///
    /// [`Reason::SecretIncomplete`]: slipway_core::reason::Reason::SecretIncomplete
    /// [`Reason::CredentialsInvalid`]: slipway_core::reason::Reason::CredentialsInvalid
    pub fn read(content: &BTreeMap<String, Secret>, own: OperatorIdentity) -> Result<Self, Failure> {
        reading::principal(content, own)
    }

    /// How it proves itself.
    #[must_use]
    pub fn form(&self) -> Form {
        match self.credential {
            Credential::ApiKey { .. } => Form::ApiKey,
            Credential::Session { .. } => Form::Session,
            Credential::Instance => Form::InstancePrincipal,
            Credential::Resource => Form::ResourcePrincipal,
            Credential::Workload => Form::WorkloadIdentity,
        }
    }

    /// The region that the Secret names, if any.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }
}

#[cfg(test)]
mod tests;
