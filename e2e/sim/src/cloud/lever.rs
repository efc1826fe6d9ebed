//! What a test does to the cloud, and reads of it, behind its clients' backs.

use super::account::{Account, Session};
use super::config::CloudTimings;
use super::connection::Connection;
use super::fields::Tags;
use super::infrastructure::{ConnectionState, Infrastructure, without_nulls};
use super::journal::{CloudCall, Violation};
use super::key::{self, KeyError, Pair};
use super::metadata::InstanceError;
use super::principal::Principal;
use super::{Cloud, Inner};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Between two looks of [`Cloud::wait_until`].
const LOOK: Duration = Duration::from_millis(5);
const REGION: &str = "us-ashburn-1";

/// Accounts, keys and tokens.
#[expect(clippy::must_use_candidate, reason = "whoever pulls a lever looks at the effect itself")]
impl Cloud {
    /// A new tenancy with a compartment, and a user with an API key of its own.
    pub fn add_account(&self) -> Result<Account, KeyError> {
        let pair = Pair::of_account(self.inner.accounts.fetch_add(1, Ordering::Relaxed))?;
        let mut world = self.inner.world.lock();
        let tenancy = world.ocid("tenancy", "");
        let user = world.ocid("user", "");
        let compartment = world.ocid("compartment", "");
        let subnet = world.ocid("subnet", "iad");
        world.tenancies.insert(tenancy.clone(), BTreeSet::from([tenancy.clone(), compartment.clone()]));
        drop(world);
        self.inner.principals.add_key(&tenancy, &user, &pair.public_pem)?;
        Ok(Account {
            tenancy,
            user,
            fingerprint: key::fingerprint(&pair.spki),
            compartment,
            subnet,
            region: REGION.to_owned(),
            private_key_pem: pair.private_pem.clone(),
            public_key_pem: pair.public_pem.clone(),
        })
    }

    /// Takes an existing public key (PEM) as this user's; the key id is given back. The tenancy is made when it is new.
    pub fn add_api_key(&self, tenancy: &str, user: &str, public_key_pem: &str) -> Result<String, KeyError> {
        self.add_compartment(tenancy, tenancy);
        self.inner.principals.add_key(tenancy, user, public_key_pem)
    }

    /// Puts a compartment into a tenancy, which is made when it is new.
    pub fn add_compartment(&self, tenancy: &str, compartment: &str) {
        let mut world = self.inner.world.lock();
        let compartments = world.tenancies.entry(tenancy.to_owned()).or_default();
        compartments.extend([tenancy.to_owned(), compartment.to_owned()]);
    }

    /// Another compartment of an account's tenancy.
    #[must_use]
    pub fn new_compartment(&self, account: &Account) -> String {
        let compartment = self.inner.world.lock().ocid("compartment", "");
        self.add_compartment(&account.tenancy, &compartment);
        compartment
    }

    /// What a key or token may see: these compartments, or (`None`) all of its tenancy. Anything else is 404. False
    /// when there is no such key.
    pub fn restrict(&self, key_id: &str, compartments: Option<&[&str]>) -> bool {
        let allowed = compartments.map(|list| list.iter().map(|&one| one.to_owned()).collect());
        self.inner.principals.restrict(key_id, allowed)
    }

    /// Takes a key or token back: 401 from now on. False when there is no such key.
    pub fn revoke(&self, key_id: &str) -> bool {
        self.inner.principals.remove(key_id)
    }

    /// A session token of this user (facts/oci.md §2.5), with the present token lifetime.
    pub fn session(&self, account: &Account) -> Result<Session, KeyError> {
        self.token_for(account, "user")
    }

    /// A resource principal's token and key (facts/oci.md §2.7), with the present token lifetime.
    pub fn resource_principal(&self, account: &Account) -> Result<Session, KeyError> {
        self.token_for(account, "resource")
    }

    fn token_for(&self, account: &Account, kind: &'static str) -> Result<Session, KeyError> {
        let pair = Pair::generate()?;
        let token = self.inner.issue(&account.subject(kind), pair.spki.clone())?;
        let key_id = format!("ST${token}");
        let found = self.inner.principals.find(&key_id, Timestamp::MIN);
        let expires = found.and_then(|principal| principal.expires).unwrap_or(Timestamp::MAX);
        Ok(Session::new(token, pair, expires))
    }

    /// Takes an existing token as this account's, bound to this public key; `None`: it does not expire.
    pub fn add_token(
        &self,
        account: &Account,
        token: &str,
        public_key_pem: &str,
        expires: Option<Timestamp>,
    ) -> Result<(), KeyError> {
        let spki = key::spki_of(public_key_pem)?;
        let principal = Principal { subject: account.subject("user"), spki, expires, allowed: None };
        self.inner.principals.insert(&format!("ST${token}"), principal);
        Ok(())
    }

    /// Lifetime of the tokens that are given out from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        *self.inner.token_lifetime.lock() = lifetime;
    }

    /// Puts an instance of this account's tenancy behind the metadata service. Called again, its certificate is another.
    pub fn set_instance(&self, account: &Account) -> Result<(), InstanceError> {
        self.inner.set_instance(account)
    }

    /// Gives tokens of this account's tenancy for an existing leaf certificate (PEM).
    pub fn trust_certificate(&self, account: &Account, pem: &str) -> Result<(), InstanceError> {
        self.inner.trust_certificate(pem, account.subject("instance"))
    }

    /// Gives tokens of this account's tenancy for a Kubernetes service account token (facts/oci.md §2.8).
    pub fn add_service_account(&self, account: &Account, token: &str) {
        self.inner.service_accounts.lock().insert(token.to_owned(), account.subject("workload"));
    }

    /// Whether the OKE cluster is an enhanced one; if not, workload tokens are refused with 403.
    pub fn set_enhanced_cluster(&self, enhanced: bool) {
        *self.inner.enhanced.lock() = enhanced;
    }

    /// Puts the service's idea of the wall's clock off: requests dated by the right clock are refused from five minutes
    /// on, and the Date header of every answer is off as much.
    pub fn set_skew(&self, skew: SignedDuration) {
        *self.inner.skew.lock() = skew;
    }

    /// How long the service takes from now on.
    pub fn set_timings(&self, timings: CloudTimings) {
        self.inner.world.lock().timings = timings;
    }
}

/// Infrastructures.
#[expect(clippy::must_use_candidate, reason = "whoever pulls a lever looks at the effect itself")]
impl Cloud {
    /// An infrastructure as somebody else has made it; its OCID.
    #[must_use]
    pub fn create_infrastructure(&self, account: &Account, display_name: &str) -> String {
        let now = self.clock().now();
        let mut world = self.inner.world.lock();
        let id = world.ocid("cccinfrastructure", "iad");
        let infrastructure = Infrastructure {
            id: id.clone(),
            short_name: format!("ccc{:05}", world.count()),
            display_name: display_name.to_owned(),
            description: None,
            compartment: account.compartment.clone(),
            subnet: account.subnet.clone(),
            connection: Connection::new(now),
            connection_details: None,
            schedule: None,
            created: now,
            lifecycle_state: "ACTIVE".to_owned(),
            lifecycle_details: None,
            inventory: None,
            network: None,
            upgrade: None,
            tags: Tags::default(),
        };
        world.infrastructures.insert(id.clone(), infrastructure);
        id
    }

    /// OCIDs of all infrastructures.
    #[must_use]
    pub fn infrastructures(&self) -> Vec<String> {
        self.inner.world.lock().infrastructures.keys().cloned().collect()
    }

    /// OCIDs of all upgrade schedules.
    #[must_use]
    pub fn schedules(&self) -> Vec<String> {
        self.inner.world.lock().schedules.keys().cloned().collect()
    }

    /// An infrastructure as GET would show it, without faults; `None` when there is none.
    #[must_use]
    pub fn infrastructure(&self, id: &str) -> Option<Value> {
        self.read(id, |found| without_nulls(found.full()))
    }

    /// An upgrade schedule as GET would show it; `None` when there is none.
    #[must_use]
    pub fn schedule(&self, id: &str) -> Option<Value> {
        let world = self.inner.world.lock();
        world.schedules.get(id).map(|found| without_nulls(found.full(&world.attached(id))))
    }

    /// Its connection state; `None` when there is no such infrastructure.
    #[must_use]
    pub fn connection_state(&self, id: &str) -> Option<ConnectionState> {
        self.read(id, |found| found.connection.state)
    }

    /// Its PIN, while there is one.
    #[must_use]
    pub fn pin(&self, id: &str) -> Option<String> {
        self.inner.world.lock().note_pin(id);
        self.read(id, |found| found.connection.pin().map(str::to_owned)).flatten()
    }

    /// When its connection state was entered, by the service's clock.
    #[must_use]
    pub fn state_since(&self, id: &str) -> Option<Timestamp> {
        self.read(id, |found| found.connection.since)
    }

    fn read<T>(&self, id: &str, look: impl FnOnce(&Infrastructure) -> T) -> Option<T> {
        self.change(id, |found, _, _| look(found))
    }

    fn change<T>(
        &self,
        id: &str,
        act: impl FnOnce(&mut Infrastructure, Timestamp, &CloudTimings) -> T,
    ) -> Option<T> {
        let mut world = self.inner.world.lock();
        let now = self.clock().now();
        let timings = world.timings;
        world.settled(id, now).map(|found| act(found, now, &timings))
    }

    fn set(&self, id: &str, act: impl FnOnce(&mut Infrastructure)) -> bool {
        let done = self.change(id, |found, now, _| {
            act(found);
            found.connection.touch(now);
        });
        done.is_some()
    }

    /// The service goes to REJECT by itself, from whatever state. False when there is no such infrastructure, as with
    /// all that follow.
    pub fn force_reject(&self, id: &str) -> bool {
        self.change(id, |found, now, _| found.connection.reject(now)).is_some()
    }

    /// A new PIN in place of the present one.
    pub fn rotate_pin(&self, id: &str) -> bool {
        self.inner.world.lock().note_pin(id);
        self.change(id, |found, now, _| found.connection.rotate_pin(now)).is_some()
    }

    /// The rack is not heard any more (CONNECTED goes to DISCONNECTED), or again (and back).
    pub fn set_contact(&self, id: &str, contact: bool) -> bool {
        self.change(id, |found, now, timings| found.connection.set_contact(contact, now, timings)).is_some()
    }

    /// Deletes it behind the client's back.
    pub fn delete_infrastructure(&self, id: &str) -> bool {
        self.inner.world.lock().infrastructures.remove(id).is_some()
    }

    /// Deletes a schedule behind the client's back, attached or not.
    pub fn delete_schedule(&self, id: &str) -> bool {
        self.inner.world.lock().schedules.remove(id).is_some()
    }

    /// `lifecycleState` and `lifecycleDetails`.
    pub fn set_lifecycle(&self, id: &str, state: &str, details: Option<&str>) -> bool {
        self.set(id, |found| {
            state.clone_into(&mut found.lifecycle_state);
            found.lifecycle_details = details.map(str::to_owned);
        })
    }

    /// `infrastructureInventory`, in the service's JSON.
    pub fn set_inventory(&self, id: &str, inventory: Option<Value>) -> bool {
        self.set(id, |found| found.inventory = inventory)
    }

    /// `infrastructureNetworkConfiguration`, in the service's JSON.
    pub fn set_network(&self, id: &str, network: Option<Value>) -> bool {
        self.set(id, |found| found.network = network)
    }

    /// `upgradeInformation`, in the service's JSON.
    pub fn set_upgrade(&self, id: &str, upgrade: Option<Value>) -> bool {
        self.set(id, |found| found.upgrade = upgrade)
    }

    /// `connectionDetails`, which the service may write as well.
    pub fn set_connection_details(&self, id: &str, details: Option<&str>) -> bool {
        self.set(id, |found| found.connection_details = details.map(str::to_owned))
    }

    /// Attaches another schedule, or none, behind the client's back.
    pub fn set_schedule(&self, id: &str, schedule: Option<&str>) -> bool {
        self.set(id, |found| found.schedule = schedule.map(str::to_owned))
    }

    /// Moves it to another compartment behind the client's back.
    pub fn move_infrastructure(&self, id: &str, compartment: &str) -> bool {
        self.set(id, |found| compartment.clone_into(&mut found.compartment))
    }
}

/// The journal.
impl Cloud {
    /// Every call so far, faults' victims included, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<CloudCall> {
        self.inner.journal.calls()
    }

    /// Number of calls since the start.
    #[must_use]
    pub fn call_count(&self) -> u64 {
        self.inner.journal.call_count()
    }

    /// What should not have been done, oldest first.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        self.inner.journal.violations()
    }

    /// Forgets calls and violations; the numbers of calls go on.
    pub fn clear_journal(&self) {
        self.inner.journal.clear();
    }

    /// Waits for a condition; false when it does not come within the limit.
    pub async fn wait_until(&self, limit: Duration, condition: impl Fn(&Self) -> bool) -> bool {
        let looking = async {
            while !condition(self) {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(limit, looking).await.is_ok()
    }

    /// Waits for a connection state.
    pub async fn wait_state(&self, id: &str, state: ConnectionState, limit: Duration) -> bool {
        self.wait_until(limit, |cloud| cloud.connection_state(id) == Some(state)).await
    }
}

/// What racks do to the cloud.
impl Inner {
    /// A rack makes contact with the PIN that it was given.
    pub(crate) fn contact(&self, rack: &str, pin: &str, fingerprint: &str) {
        let now = self.station.clock.now();
        let (infrastructure, made) = self.world.lock().contact(now, rack, pin, fingerprint);
        if let Err(offence) = made {
            self.accuse_rack(offence, rack, infrastructure);
        }
    }

    pub(crate) fn accuse_rack(&self, offence: super::Offence, rack: &str, infrastructure: Option<String>) {
        let (by, at) = (None, self.station.clock.now());
        self.journal.accuse(Violation { offence, infrastructure, rack: Some(rack.to_owned()), by, at });
    }

    /// The fingerprint in the rack's answer to this PIN, once it is on its way to the caller.
    pub(crate) fn told(&self, pin: &str, fingerprint: &str) {
        let mut world = self.world.lock();
        let now = self.station.clock.now();
        world.settle(now);
        let Some(id) = world.owner(pin) else { return };
        if let Some(found) = world.infrastructures.get_mut(&id) {
            found.connection.hear(pin, fingerprint);
        }
    }

    /// The rack's link to the cloud is down or up.
    pub(crate) fn set_rack_contact(&self, rack: &str, contact: bool) {
        let mut world = self.world.lock();
        let now = self.station.clock.now();
        world.settle(now);
        let timings = world.timings;
        let own = world.infrastructures.values_mut().map(|one| &mut one.connection);
        own.filter(|one| one.rack.as_deref() == Some(rack))
            .for_each(|one| one.set_contact(contact, now, &timings));
    }

    pub(crate) fn clock(&self) -> &crate::wire::Clock {
        &self.station.clock
    }

    pub(crate) fn gate(&self) -> crate::wire::Gate {
        self.station.gate.clone()
    }
}
