//! What tests and demonstrations do to an account service, and what they look at.

use super::Ocm;
use super::account::{Account, OcmAccount, OcmRights, Organization};
use super::journal::{OcmCall, OcmTransition, OcmViolation};
use super::label::{Owner, OwnerKind};
use super::patch;
use super::record::{DEPROVISIONED, Fields, Record};
use super::sso::{OFFLINE_CLIENT, OcmTokenRequest};
use super::switches::OcmSwitches;
use super::telemetry::Telemetry;
use super::token::{RefreshState, TokenKind};
use super::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Who pulls levers, in the journal.
const SOMEBODY: &str = "somebody";
/// Between two looks of [`Ocm::wait_until`].
const LOOK: Duration = Duration::from_millis(5);

impl Ocm {
    fn world<T>(&self, act: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut world = self.inner.world.lock();
        let now = self.clock().now();
        world.settle(now);
        act(&mut world, now)
    }

    pub(super) fn populate(&self) {
        self.add_organization("A");
        self.add_organization("B");
        self.add_user("jdoe", "A");
        self.add_user("other", "B");
        self.add_service_account("slipway-sa", "A", OcmRights::service());
        self.add_service_account("limited-sa", "A", OcmRights::limited());
        self.add_user("banned", "A");
        self.set_banned("banned", true);
    }
}

/// Accounts, organizations, tokens.
#[expect(clippy::must_use_candidate, reason = "whoever pulls a lever looks at the effect itself")]
impl Ocm {
    /// Another organization; its id.
    pub fn add_organization(&self, name: &str) -> String {
        self.world(|world, now| {
            let organization = Organization::new(name, world.organizations.len(), now);
            let id = organization.id.clone();
            world.organizations.push(organization);
            id
        })
    }

    /// Id of an organization by its name (or id); empty when there is none.
    #[must_use]
    pub fn organization(&self, name: &str) -> String {
        self.world(|world, _| world.organization(name).map(|one| one.id.clone()).unwrap_or_default())
    }

    /// A person in an organization (by name or id), which is made when it is new.
    pub fn add_user(&self, username: &str, organization: &str) -> OcmAccount {
        self.add_account(username, organization, OcmRights::person(), false)
    }

    /// A service account in an organization (by name or id), which is made when it is new.
    pub fn add_service_account(&self, name: &str, organization: &str, rights: OcmRights) -> OcmAccount {
        self.add_account(name, organization, rights, true)
    }

    fn add_account(&self, name: &str, organization: &str, rights: OcmRights, service: bool) -> OcmAccount {
        let known = Some(self.organization(organization)).filter(|id| !id.is_empty());
        let organization = known.unwrap_or_else(|| self.add_organization(organization));
        self.world(|world, now| {
            let mut account = Account::new(name, &organization, rights, now);
            account.service = service;
            let offline = self.inner.new_refresh(world, &account, OFFLINE_CLIENT, TokenKind::Offline, now);
            account.credentials.offline_token = offline;
            let credentials = account.credentials.clone();
            world.accounts.retain(|one| one.username() != name);
            world.accounts.push(account);
            credentials
        })
    }

    /// An account by its username, with all that signs it in as it is now.
    #[must_use]
    pub fn account(&self, username: &str) -> Option<OcmAccount> {
        self.world(|world, _| world.account_named(username).map(|one| one.credentials.clone()))
    }

    fn edit_account(&self, username: &str, act: impl FnOnce(&mut Account)) -> bool {
        self.world(|world, _| {
            let found = world.accounts.iter_mut().find(|one| one.username() == username);
            found.map(act).is_some()
        })
    }

    /// Another client secret from now on; tokens that are out stay good. False when there is no such account, as with
    /// all that follow.
    pub fn set_secret(&self, username: &str, secret: &str) -> bool {
        self.edit_account(username, |account| secret.clone_into(&mut account.credentials.client_secret))
    }

    /// Other rights from now on.
    pub fn set_rights(&self, username: &str, rights: OcmRights) -> bool {
        self.edit_account(username, |account| account.rights = rights)
    }

    /// Bans an account (403 code 22), or lifts it.
    pub fn set_banned(&self, username: &str, banned: bool) -> bool {
        self.edit_account(username, |account| account.banned = banned)
    }

    /// Forgets an account: its tokens are 403 code 4.
    pub fn remove_account(&self, username: &str) -> bool {
        self.world(|world, _| {
            let before = world.accounts.len();
            world.accounts.retain(|one| one.username() != username);
            world.accounts.len() < before
        })
    }

    /// Another offline token of an account, for client `cloud-services`.
    pub fn new_offline_token(&self, username: &str) -> Option<String> {
        self.new_token(username, TokenKind::Offline)
    }

    /// A refresh token that is no offline token, for client `cloud-services`.
    pub fn new_refresh_token(&self, username: &str) -> Option<String> {
        self.new_token(username, TokenKind::Refresh)
    }

    fn new_token(&self, username: &str, kind: TokenKind) -> Option<String> {
        self.world(|world, now| {
            let account = world.account_named(username)?.clone();
            Some(self.inner.new_refresh(world, &account, OFFLINE_CLIENT, kind, now))
        })
    }

    /// An access token that is good now, without a call to the sign-on; it counts as issued.
    pub fn access_token(&self, username: &str) -> Option<String> {
        self.world(|world, now| {
            let account = world.account_named(username)?.clone();
            let mint = self.inner.mint.lock();
            let token = mint.make(&account, OFFLINE_CLIENT, TokenKind::Access);
            world.tokens.admit(&token, account.id(), now, mint.life);
            Some(token)
        })
    }

    /// Takes an offline or refresh token back.
    pub fn revoke(&self, token: &str) -> bool {
        self.world(|world, _| {
            let found = world.tokens.refresh.get_mut(token);
            found.map(|token| token.state = RefreshState::Revoked).is_some()
        })
    }

    /// No access token that is out is good any more: 401 code 15.
    pub fn revoke_access_tokens(&self) {
        self.world(|world, _| world.tokens.revoke_access());
    }

    /// Lifetime of the access tokens that are made from now on.
    pub fn set_token_life(&self, life: Duration) {
        self.inner.mint.lock().life = life;
    }

    /// Whether a used refresh or offline token is replaced.
    pub fn set_rotate_refresh(&self, rotate: bool) {
        self.inner.rotate_refresh.store(rotate, Ordering::Relaxed);
    }

    /// Access tokens given out since the start.
    pub fn tokens_issued(&self) -> u64 {
        self.world(|world, _| world.tokens.issued)
    }

    /// Requests to the token endpoint that reached it, oldest first.
    #[must_use]
    pub fn token_requests(&self) -> Vec<OcmTokenRequest> {
        self.world(|world, _| world.token_requests.clone())
    }

    /// What an organization (by name or id) may have of a resource; `cluster` is what every reservation takes one of.
    pub fn set_quota(&self, organization: &str, resource: &str, count: u64) -> bool {
        self.edit_organization(organization, |one| {
            one.quotas.insert(resource.to_owned(), count);
        })
    }

    /// Any number again.
    pub fn unset_quota(&self, organization: &str, resource: &str) -> bool {
        self.edit_organization(organization, |one| {
            one.quotas.remove(resource);
        })
    }

    fn edit_organization(&self, key: &str, act: impl FnOnce(&mut Organization)) -> bool {
        self.world(|world, _| {
            let found = world.organizations.iter_mut().find(|one| one.id == key || one.name == key);
            found.map(act).is_some()
        })
    }

    /// A capability of an organization (by name or id). The name is put after `capability.organization.` unless it
    /// begins with `capability.` itself.
    pub fn set_capability(&self, organization: &str, name: &str, value: &str) -> bool {
        self.put_label("organizations", &self.organization(organization), &capability(name), value)
    }

    /// Takes a capability away.
    pub fn unset_capability(&self, organization: &str, name: &str) -> bool {
        let owner = (OwnerKind::Organization, self.organization(organization));
        self.world(|world, _| world.remove_label(&owner, &capability(name)))
    }

    /// Changes how the service behaves from now on.
    pub fn switches(&self, change: impl FnOnce(&mut OcmSwitches)) {
        self.world(|world, _| change(&mut world.switches));
    }
}

fn capability(name: &str) -> String {
    if name.starts_with("capability.") { name.to_owned() } else { format!("capability.organization.{name}") }
}

/// Somebody else at the records.
#[expect(clippy::must_use_candidate, reason = "whoever pulls a lever looks at the effect itself")]
impl Ocm {
    /// A record that an account reserves for itself, behind everybody's back and without a check; its id, empty when
    /// there is no such account.
    pub fn reserve_as(&self, username: &str, cluster_id: &str, display_name: &str) -> String {
        self.world(|world, now| world.reserve_for(username, cluster_id, display_name, now))
            .unwrap_or_default()
    }

    /// Changes a record by hand, whatever comes of it. What it is given is as [`Ocm::subscription`] shows it, without the
    /// labels. False when there is none of this id, as with all that follow.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Value)) -> bool {
        self.world(|world, now| {
            world.change(id, SOMEBODY, now, |body| {
                let mut value = Value::Object(std::mem::take(body));
                change(&mut value);
                if let Value::Object(fields) = value {
                    *body = fields;
                }
            })
        })
    }

    /// A PATCH of an account with all its rules but those of visibility: 200, or the status of the refusal.
    pub fn patch_as(&self, username: &str, id: &str, body: &Value) -> u16 {
        self.world(|world, now| {
            let Some(record) = world.records.get(id) else { return 404 };
            let Some(account) = world.account_named(username) else { return 403 };
            match patch::checked(world, account, record, body) {
                Ok(set) => {
                    world.change(id, username, now, |fields| fields.extend(set));
                    200
                }
                Err(patch::Refused::Field(_)) => 403,
                Err(patch::Refused::Other(refusal)) => refusal.status,
            }
        })
    }

    /// Any word as the status, one that nobody knows for instance.
    pub fn set_status_word(&self, id: &str, word: &str) -> bool {
        self.edit(id, |record| record["status"] = json!(word))
    }

    /// Archived by a user.
    pub fn archive(&self, id: &str) -> bool {
        self.set_status_word(id, "Archived")
    }

    /// Deleted by somebody else.
    pub fn delete(&self, id: &str) -> bool {
        self.set_status_word(id, DEPROVISIONED)
    }

    /// Given to another organization (by name or id), and to an account of it when it has one.
    pub fn transfer(&self, id: &str, organization: &str) -> bool {
        let organization = self.organization(organization);
        let heir = self.world(|world, _| {
            let found = world.accounts.iter().find(|one| one.organization() == organization);
            found.map(|one| one.id().to_owned())
        });
        self.edit(id, |record| {
            record["organization_id"] = json!(organization);
            if let Some(heir) = heir {
                record["creator_id"] = json!(heir);
            }
        })
    }

    /// A label on a thing of a collection (`subscriptions`, `organizations`, `accounts`), by somebody else and without a
    /// check of rights.
    pub fn put_label(&self, collection: &str, id: &str, key: &str, value: &str) -> bool {
        let Some(owner) = self.owner(collection, id) else { return false };
        self.world(|world, now| world.put_label(&owner, key, value, false, now));
        true
    }

    /// Takes a label away.
    pub fn remove_label(&self, collection: &str, id: &str, key: &str) -> bool {
        let owner = self.owner(collection, id);
        owner.is_some_and(|owner| self.world(|world, _| world.remove_label(&owner, key)))
    }

    fn owner(&self, collection: &str, id: &str) -> Option<Owner> {
        let kind = OwnerKind::of(collection)?;
        let there = self.world(|world, _| match kind {
            OwnerKind::Account => world.account(id).is_some(),
            OwnerKind::Organization => world.organizations.iter().any(|one| one.id == id),
            OwnerKind::Subscription => world.records.contains_key(id),
        });
        there.then(|| (kind, id.to_owned()))
    }

    /// A cluster reports: its record is refreshed, or one is made for it. The id of that record; empty when
    /// [`Telemetry::account`] is unknown and no record matches.
    pub fn telemetry(&self, external_cluster_id: &str, telemetry: &Telemetry) -> String {
        self.world(|world, now| world.hear(external_cluster_id, telemetry, now)).unwrap_or_default()
    }
}

/// The journal, and the records as they are inside.
impl Ocm {
    /// Every call so far, faults' victims included, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<OcmCall> {
        self.inner.journal.calls()
    }

    /// Number of calls since the start.
    #[must_use]
    pub fn call_count(&self) -> u64 {
        self.inner.journal.count()
    }

    /// Forgets calls, token requests, transitions and violations; the numbers of calls go on.
    pub fn clear_journal(&self) {
        self.inner.journal.clear();
        self.world(|world, _| {
            world.token_requests.clear();
            world.transitions.clear();
            world.violations.clear();
        });
    }

    /// All records, deprovisioned ones too, each with its labels (also internal ones), by id.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Value> {
        self.world(|world, _| world.records.values().map(|record| inside(world, record)).collect())
    }

    /// One record.
    #[must_use]
    pub fn subscription(&self, id: &str) -> Option<Value> {
        self.world(|world, _| world.records.get(id).map(|record| inside(world, record)))
    }

    /// Records of a `cluster_id` that are not deprovisioned and not telemetry's own.
    #[must_use]
    pub fn live(&self, cluster_id: &str) -> Vec<Value> {
        self.world(|world, _| world.live(cluster_id).map(|record| inside(world, record)).collect())
    }

    /// Value of a label; `None` when there is none.
    #[must_use]
    pub fn label(&self, collection: &str, id: &str, key: &str) -> Option<String> {
        let owner = self.owner(collection, id)?;
        self.world(|world, _| world.labels.get(&owner)?.get(key).map(|label| label.value.clone()))
    }

    /// Every change of a record's status, oldest first.
    #[must_use]
    pub fn transitions(&self) -> Vec<OcmTransition> {
        self.world(|world, _| world.transitions.clone())
    }

    /// Deletions of records that had this status.
    #[must_use]
    pub fn deleted_while(&self, status: &str) -> Vec<OcmTransition> {
        let mut all = self.transitions();
        all.retain(|one| one.to == DEPROVISIONED && one.from.as_deref() == Some(status));
        all
    }

    /// Moments at which a second live record of a `cluster_id` came to be, oldest first.
    #[must_use]
    pub fn violations(&self) -> Vec<OcmViolation> {
        self.world(|world, _| world.violations.clone())
    }

    /// Ids of Reserved records whose `cluster_id` nobody knows.
    #[must_use]
    pub fn leaks(&self, known_cluster_ids: &[&str]) -> Vec<String> {
        self.world(|world, _| {
            let leaked = world.records.values().filter(|one| {
                one.status() == "Reserved" && !known_cluster_ids.contains(&one.text("cluster_id"))
            });
            leaked.map(|one| one.id.clone()).collect()
        })
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
}

fn inside(world: &World, record: &Record) -> Value {
    let mut fields: Fields = record.body.clone();
    let owner = (OwnerKind::Subscription, record.id.clone());
    fields.insert("labels".to_owned(), json!(world.labels_of(&owner, None)));
    Value::Object(fields)
}
