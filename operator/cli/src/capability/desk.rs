//! The registrar, and whose capabilities are meant there.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ipnet::IpNet;
use slipway_core::clock::{Clock, Timestamp};
use slipway_core::failure::Failure;
use slipway_core::subscription::{Account, Capability, Holder, Principal, RegistrarPort};
use slipway_crds::v1alpha1::ClusterSubscription;
use slipway_ocm::{Limits, OcmRegistrar};
use slipway_outbound::{Connector, Policy, Unobserved};

use super::key::CAPABILITY;
use super::owner::Owner;
use crate::table::plain;

/// One registrar, spoken to as one account about one owner of capabilities.
pub(crate) struct Desk {
    registrar: OcmRegistrar,
    account: Account,
    owner: Owner,
    /// Id of the owner.
    id: String,
    principal: Principal,
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operator's limits of networks are not for a person's own machine: the person could go there anyway.
fn policy(allow_insecure: bool) -> Policy {
    Policy {
        allowed: vec![IpNet::from(EVERY_V4), IpNet::from(EVERY_V6)],
        allow_insecure,
        ..Policy::default()
    }
}

const EVERY_V4: ipnet::Ipv4Net = ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0);
const EVERY_V6: ipnet::Ipv6Net = ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::UNSPECIFIED, 0);

impl Desk {
    /// Asks the registrar who the account is.
    pub(crate) async fn open(
        account: Account,
        object: &ClusterSubscription,
        owner: Owner,
        allow_insecure: bool,
    ) -> anyhow::Result<Self> {
        let connector = Arc::new(Connector::new(policy(allow_insecure)));
        let registrar =
            OcmRegistrar::new(connector, Arc::new(SystemClock), Limits::default(), Arc::new(Unobserved));
        let principal = registrar.probe(&account).await?;
        let id = id(object, owner, &principal)?;
        Ok(Self { registrar, account, owner, id, principal })
    }

    /// The owner in a sentence.
    pub(crate) fn owner(&self) -> String {
        let words = format!("{} {}", self.owner.word(), self.id());
        if self.owner == Owner::Account { format!("{words} ({})", self.username()) } else { words }
    }

    /// Kind of the owner.
    pub(crate) fn kind(&self) -> Owner {
        self.owner
    }

    /// Id of the owner, safe for a terminal.
    pub(crate) fn id(&self) -> String {
        plain(&self.id)
    }

    /// Name of the account that asks, safe for a terminal.
    pub(crate) fn username(&self) -> String {
        plain(&self.principal.username)
    }

    /// Scheme, host and port of the registrar.
    pub(crate) fn origin(&self) -> String {
        self.account.url.origin().ascii_serialization()
    }

    /// Host of the registrar: it says which environment it is.
    pub(crate) fn host(&self) -> &str {
        self.account.url.host_str().unwrap_or_default()
    }

    /// Address of the owner's labels.
    pub(crate) fn labels_url(&self) -> String {
        let (collection, id) = (self.owner.collection(), self.id());
        format!("{}/api/accounts_mgmt/v1/{collection}/{id}/labels", self.origin())
    }

    fn holder(&self) -> Holder {
        self.owner.holder(&self.id)
    }

    /// The capabilities as they are now, by name. Those of an organization with what the registrar itself adds.
    pub(crate) async fn capabilities(&self) -> Result<Vec<Capability>, Failure> {
        if self.owner == Owner::Organization {
            return self.registrar.capabilities(&self.account, &self.id, Duration::ZERO).await;
        }
        let labels = self.registrar.labels(&self.account, &self.holder()).await?;
        let named = labels.into_iter().filter(|(key, _)| key.starts_with(CAPABILITY));
        Ok(named.map(|(name, value)| Capability { name, value }).collect())
    }

    /// Sets a capability, or takes it away without a value.
    pub(crate) async fn write(&self, key: &str, value: Option<&str>) -> Result<(), Failure> {
        match value {
            Some(value) => self.registrar.put_label(&self.account, &self.holder(), key, value).await,
            None => self.registrar.delete_label(&self.account, &self.holder(), key).await,
        }
    }
}

/// The owner's id: of the record's organization, of the account of the credentials, or of the record.
fn id(object: &ClusterSubscription, owner: Owner, principal: &Principal) -> anyhow::Result<String> {
    let status = object.status.as_ref();
    match owner {
        Owner::Organization => {
            let recorded = status.and_then(|status| status.organization_id.clone());
            recorded.or_else(|| principal.organization_id.clone()).context(
                "status.organizationId is empty, and the registrar names no organization of the account: it has no organization",
            )
        }
        Owner::Account => Some(principal.account_id.clone())
            .filter(|id| !id.is_empty())
            .context("the registrar names no id of the account; --of account is not possible with these credentials"),
        Owner::Subscription => status.and_then(|status| status.subscription_id.clone()).context(
            "status.subscriptionId is empty: there is no record of this cluster yet; wait until the object is registered \
             (condition Registered)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(organization: Option<&str>) -> Principal {
        Principal {
            username: "sa".into(),
            account_id: "a1".into(),
            organization_id: organization.map(str::to_owned),
        }
    }

    fn object(status: &serde_json::Value) -> ClusterSubscription {
        let object = serde_json::json!({
            "apiVersion": "slipway.dev/v1alpha1", "kind": "ClusterSubscription", "metadata": {"name": "edge1"},
            "spec": {"registrar": {}, "cluster": {"declared": {}}}, "status": status,
        });
        serde_json::from_value(object).unwrap()
    }

    #[test]
    fn the_organization_is_that_of_the_record() {
        let own = principal(Some("o1"));
        let recorded = object(&serde_json::json!({"organizationId": "o2", "subscriptionId": "s1"}));
        let fresh = object(&serde_json::Value::Null);
        assert_eq!(id(&recorded, Owner::Organization, &own).unwrap(), "o2");
        assert_eq!(id(&fresh, Owner::Organization, &own).unwrap(), "o1");
        assert_eq!(id(&recorded, Owner::Subscription, &own).unwrap(), "s1");
        assert_eq!(id(&recorded, Owner::Account, &own).unwrap(), "a1");
        let error = id(&fresh, Owner::Subscription, &own).unwrap_err().to_string();
        assert!(error.starts_with("status.subscriptionId is empty"), "{error}");
        assert!(id(&fresh, Owner::Organization, &principal(None)).is_err());
    }

    #[test]
    fn every_network_is_open_to_a_person() {
        let policy = policy(false);
        for address in ["127.0.0.1", "::1", "169.254.0.1", "10.0.0.1"] {
            let address: std::net::IpAddr = address.parse().unwrap();
            assert!(policy.allowed.iter().any(|net| net.contains(&address)), "{address}");
        }
        assert!(!policy.allow_insecure);
    }
}
