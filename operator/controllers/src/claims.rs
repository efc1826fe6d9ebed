//! Which hosts claim which BMC and which boot address, so that no two act on one machine.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use kube::ResourceExt;
use slipway_core::{finding::Finding, host::HostKey, reason::Reason};
use slipway_crds::v1alpha1::BareMetalHost;

/// What can be claimed by one host only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Claim {
    /// Host and port of a BMC.
    Bmc(String),
    /// A boot address.
    Mac(String),
}

/// A claimant, and for a BMC the system it means.
type Claimant = (Arc<HostKey>, Option<String>);

#[derive(Debug, Default)]
struct Books {
    /// Nearly always one claimant each: a list takes a tenth of the room of a set.
    by_claim: HashMap<Claim, Vec<Claimant>>,
    by_host: HashMap<String, Vec<Claim>>,
    /// Profile (namespace and name) that each host uses.
    profiles: HashMap<Arc<HostKey>, (String, String)>,
}

/// All claims of all hosts.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    books: Mutex<Books>,
}

impl Claims {
    /// Enters the claims of a host in place of its earlier ones. Returns the other hosts that this concerns.
    pub(crate) fn enter(&self, host: &BareMetalHost) -> BTreeSet<HostKey> {
        let key = Arc::new(key_of(host));
        let system = host.spec.management.redfish.as_ref().and_then(|redfish| redfish.system_id.clone());
        let claims = claims_of(host);
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.use_profile(host, &key);
        if books.by_host.get(&key.uid) == Some(&claims)
            && claims.iter().all(|claim| {
                books.by_claim.get(claim).is_some_and(|all| all.contains(&(key.clone(), system.clone())))
            })
        {
            return BTreeSet::new();
        }
        let mut concerned = books.leave(&key.uid);
        for claim in &claims {
            let all = books.by_claim.entry(claim.clone()).or_default();
            concerned.extend(all.iter().map(|(other, _)| HostKey::clone(other)));
            // A list of its own accord makes room for four.
            all.reserve_exact(1);
            all.push((Arc::clone(&key), system.clone()));
        }
        books.by_host.insert(key.uid.clone(), claims);
        concerned.remove(key.as_ref());
        concerned
    }

    /// Takes the claims of a host out. Returns the other hosts that this concerns.
    pub(crate) fn leave(&self, uid: &str) -> BTreeSet<HostKey> {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.profiles.retain(|host, _| host.uid != uid);
        books.leave(uid)
    }

    /// The hosts that use a profile.
    pub(crate) fn users_of(&self, namespace: &str, profile: &str) -> Vec<HostKey> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let uses = books.profiles.iter().filter(|(_, (space, name))| space == namespace && name == profile);
        uses.map(|(host, _)| HostKey::clone(host)).collect()
    }

    /// What of this host another claims too.
    pub(crate) fn conflict(&self, host: &BareMetalHost) -> Option<Finding> {
        let key = key_of(host);
        let system = host.spec.management.redfish.as_ref().and_then(|redfish| redfish.system_id.as_ref());
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        claims_of(host).iter().find_map(|claim| {
            // In order, so that the message stays the same from one look to the next.
            let others: BTreeSet<_> = books
                .by_claim
                .get(claim)?
                .iter()
                .filter(|(other, _)| **other != key)
                .filter(|(_, theirs)| match claim {
                    Claim::Bmc(_) => theirs.is_none() || system.is_none() || theirs.as_ref() == system,
                    Claim::Mac(_) => true,
                })
                .map(|(other, _)| other.to_string())
                .collect();
            let others: Vec<_> = others.into_iter().collect();
            (!others.is_empty()).then(|| claim.conflict_with(&others.join(", ")))
        })
    }
}

impl Books {
    fn use_profile(&mut self, host: &BareMetalHost, key: &Arc<HostKey>) {
        match &host.spec.install {
            Some(install) => {
                self.profiles
                    .insert(Arc::clone(key), (key.namespace.clone(), install.profile_ref.name.clone()));
            }
            None => {
                self.profiles.remove(key);
            }
        }
    }

    fn leave(&mut self, uid: &str) -> BTreeSet<HostKey> {
        let mut concerned = BTreeSet::new();
        for claim in self.by_host.remove(uid).unwrap_or_default() {
            let Some(all) = self.by_claim.get_mut(&claim) else { continue };
            all.retain(|(host, _)| host.uid != uid);
            concerned.extend(all.iter().map(|(other, _)| HostKey::clone(other)));
            if all.is_empty() {
                self.by_claim.remove(&claim);
            }
        }
        concerned
    }
}

impl Claim {
    fn conflict_with(&self, others: &str) -> Finding {
        match self {
            Self::Bmc(address) => Finding::new(
                Reason::DuplicateBmc,
                format!(
                    "the BMC {address} is also claimed by {others}; delete one of the objects, or set systemId when it serves several systems"
                ),
            ),
            Self::Mac(mac) => Finding::new(
                Reason::DuplicateMac,
                format!("the MAC address {mac} is also in spec.bootMacs of {others}; correct one of them"),
            ),
        }
    }
}

fn claims_of(host: &BareMetalHost) -> Vec<Claim> {
    let address = host.spec.management.redfish.as_ref().and_then(|redfish| {
        let url = url::Url::parse(&redfish.address).ok()?;
        Some(Claim::Bmc(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)))
    });
    let macs = host.spec.boot_macs.iter().map(|mac| Claim::Mac(mac.to_ascii_lowercase()));
    address.into_iter().chain(macs).collect()
}

/// The key of a host object.
pub(crate) fn key_of(host: &BareMetalHost) -> HostKey {
    HostKey {
        namespace: host.namespace().unwrap_or_default(),
        name: host.name_any(),
        uid: host.uid().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use slipway_crds::v1alpha1::{
        BareMetalHostSpec, InstallRequest, LocalObjectReference, Management, RedfishManagement,
    };

    use super::*;

    fn host(name: &str, address: &str, system: Option<&str>, mac: &str) -> BareMetalHost {
        let redfish = RedfishManagement {
            address: address.to_owned(),
            system_id: system.map(str::to_owned),
            ..RedfishManagement::default()
        };
        let install =
            InstallRequest { profile_ref: LocalObjectReference::new("tiny"), ..InstallRequest::default() };
        let spec = BareMetalHostSpec {
            management: Management { redfish: Some(redfish) },
            boot_macs: vec![mac.to_owned()],
            install: Some(install),
            ..BareMetalHostSpec::default()
        };
        let mut host = BareMetalHost::new(name, spec);
        host.metadata.namespace = Some("lab".to_owned());
        host.metadata.uid = Some(format!("uid-{name}"));
        host
    }

    fn reason(claims: &Claims, host: &BareMetalHost) -> Option<Reason> {
        claims.conflict(host).map(|finding| finding.reason)
    }

    #[test]
    fn two_claims_of_one_bmc_are_known_to_both_until_one_goes() {
        let claims = Claims::default();
        let (one, two) =
            (host("one", "https://192.0.2.7", None, "a"), host("two", "https://192.0.2.7:443", None, "b"));
        assert!(claims.enter(&one).is_empty());
        assert_eq!(claims.enter(&two).iter().map(|host| host.name.as_str()).collect::<Vec<_>>(), ["one"]);
        assert_eq!(reason(&claims, &one), Some(Reason::DuplicateBmc));
        assert!(claims.conflict(&two).unwrap().message.contains("lab/one"));
        assert_eq!(claims.leave("uid-two").len(), 1);
        assert_eq!(reason(&claims, &one), None);
    }

    #[test]
    fn systems_of_one_bmc_are_claimed_apart() {
        let claims = Claims::default();
        let left = host("left", "https://192.0.2.7", Some("1"), "a");
        let right = host("right", "https://192.0.2.7", Some("2"), "b");
        claims.enter(&left);
        claims.enter(&right);
        assert_eq!((reason(&claims, &left), reason(&claims, &right)), (None, None));
        let any = host("any", "https://192.0.2.7", None, "c");
        claims.enter(&any);
        assert_eq!(reason(&claims, &left), Some(Reason::DuplicateBmc));
    }

    #[test]
    fn a_boot_address_is_claimed_once_and_moves_with_the_spec() {
        let claims = Claims::default();
        let (one, two) =
            (host("one", "https://192.0.2.7", None, "m"), host("two", "https://192.0.2.8", None, "m"));
        claims.enter(&one);
        claims.enter(&two);
        assert_eq!(reason(&claims, &two), Some(Reason::DuplicateMac));
        let corrected = host("two", "https://192.0.2.8", None, "n");
        assert_eq!(claims.enter(&corrected).len(), 1, "the other one has to look again");
        assert_eq!((reason(&claims, &one), reason(&claims, &corrected)), (None, None));
        assert!(claims.enter(&corrected).is_empty(), "nothing changed");
    }

    #[test]
    fn the_users_of_a_profile_are_known() {
        let claims = Claims::default();
        claims.enter(&host("one", "https://192.0.2.7", None, "m"));
        assert_eq!(claims.users_of("lab", "tiny").len(), 1);
        assert!(claims.users_of("other", "tiny").is_empty());
        claims.leave("uid-one");
        assert!(claims.users_of("lab", "tiny").is_empty());
    }
}
