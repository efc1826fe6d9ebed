//! The calls of the account service (`facts/ocm.md §2`).

use super::Inner;
use super::access;
use super::account::Account;
use super::label::OwnerKind;
use super::list::select;
use super::query::{Query, parts};
use super::refusal::{Refusal, catalogue};
use super::search::Table;
use super::table;
use super::world::World;
use crate::wire::{Asked, Reply, parse_json};
use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Base path of the account service.
pub(super) const ACCOUNTS: &str = "/api/accounts_mgmt/v1/";
/// Base path of the clusters service, of which there is as much as the command line needs (`facts/ocm.md §1.7, §4.1`).
pub(super) const CLUSTERS: &str = "/api/clusters_mgmt/v1/";

pub(super) type Answered = Result<Reply, Refusal>;

/// One call that has been let in.
pub(super) struct Call<'a> {
    pub(super) world: &'a mut World,
    pub(super) asked: &'a Asked,
    pub(super) query: Query,
    pub(super) caller: Account,
    pub(super) now: Timestamp,
}

impl Inner {
    pub(super) fn call(&self, number: u64, asked: &Asked) -> Answered {
        let path = asked.path();
        let none = || Refusal::no_path(path);
        let accounts = path.strip_prefix(ACCOUNTS);
        let rest = accounts.or_else(|| path.strip_prefix(CLUSTERS)).ok_or_else(none)?;
        let parts = parts(rest).ok_or_else(none)?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let now = self.station.clock.now();
        let mut world = self.world.lock();
        world.settle(now);
        let caller = access::caller(&world, asked, now)?;
        self.journal.edit(number, |call| call.account = Some(caller.username().to_owned()));
        let mut call = Call { world: &mut world, asked, query: Query::read(asked.query()), caller, now };
        if accounts.is_some() { call.answer(&parts) } else { call.clusters(&parts) }
    }
}

impl Call<'_> {
    fn answer(&mut self, parts: &[&str]) -> Answered {
        if let [collection, id, "labels", key @ ..] = parts
            && let Some(kind) = OwnerKind::of(collection)
        {
            return self.labels(kind, id, key);
        }
        match parts {
            ["subscriptions", rest @ ..] => self.subscriptions(rest),
            ["organizations", id, "quota_cost"] => self.quota_cost(id),
            [collection, id] if self.is_get() => self.one(collection, id),
            [collection] if self.is_get() => self.list(collection),
            ["cluster_authorizations"] if self.is(&Method::POST) => self.authorize(),
            ["access_token"] if self.is(&Method::POST) => Ok(self.pull_secret()),
            [collection] | [collection, _] if COLLECTIONS.contains(collection) => Err(self.wrong_method()),
            _ => Err(Refusal::no_path(self.asked.path())),
        }
    }

    /// A thing by its id.
    fn one(&mut self, collection: &str, id: &str) -> Answered {
        let found = match collection {
            "accounts" => self.shown_account(id),
            "organizations" => self.shown_organization(id),
            "errors" => catalogue().into_iter().find(|error| error["id"] == id),
            "roles" => super::role::roles().into_iter().find(|role| role["id"] == id),
            _ => return Err(Refusal::no_path(self.asked.path())),
        };
        let found = found.ok_or_else(|| Refusal::not_found(kind_of(collection), id))?;
        Ok(Reply::json(200, &found))
    }

    fn list(&mut self, collection: &str) -> Answered {
        match collection {
            "current_account" => Ok(Reply::json(200, &self.current_account())),
            "accounts" => self.accounts(),
            "organizations" => self.organizations(),
            "deleted_subscriptions" => self.deleted(),
            "labels" => self.all_labels(),
            "role_bindings" => self.page("RoleBinding", table::ROLE_BINDING, self.role_bindings()),
            "roles" => self.page("Role", table::NAMED, super::role::roles()),
            "capabilities" => self.page("Capability", table::NAMED, super::role::capabilities()),
            "errors" => self.page("Error", table::NAMED, catalogue()),
            "cluster_transfers" => self.page("ClusterTransfer", table::TRANSFER, Vec::new()),
            _ if COLLECTIONS.contains(&collection) => Err(self.wrong_method()),
            _ => Err(Refusal::no_path(self.asked.path())),
        }
    }

    /// A page of things that are searched as they are shown.
    pub(super) fn page(&mut self, kind: &str, table: &Table, things: Vec<Value>) -> Answered {
        let shuffle = self.shuffle();
        let page = select(&self.query, table, things, shuffle, |thing, _| vec![thing.clone()])?;
        Ok(page.answer(kind, &self.query))
    }

    pub(super) fn shuffle(&mut self) -> u64 {
        self.world.shuffles += 1;
        self.world.shuffles
    }

    pub(super) fn is(&self, method: &Method) -> bool {
        self.asked.method == *method
    }

    pub(super) fn is_get(&self) -> bool {
        self.is(&Method::GET)
    }

    pub(super) fn body(&self) -> Result<Value, Refusal> {
        parse_json(&self.asked.body).ok_or_else(Refusal::malformed)
    }

    pub(super) fn wrong_method(&self) -> Refusal {
        Refusal::method(self.asked.method.as_str(), self.asked.path())
    }

    /// 403 in the words that the real service has (`facts/ocm.md §2.1`).
    pub(super) fn denied(&self, action: &str, what: &str) -> Refusal {
        let (id, method, path) = (self.caller.id(), &self.asked.method, self.asked.path());
        let reason = format!(
            "Account with ID {id} denied access to perform {action} on {what} with HTTP call {method} {path}"
        );
        Refusal::new(403, 11, reason)
    }

    /// The pull secret of the caller (`facts/ocm.md §2.10`).
    fn pull_secret(&self) -> Reply {
        let auth = json!({"auth": self.caller.credentials.pull_secret_token, "email": self.caller.email()});
        let registries =
            ["cloud.openshift.com", "quay.io", "registry.connect.redhat.com", "registry.redhat.io"];
        let auths: serde_json::Map<_, _> =
            registries.iter().map(|registry| ((*registry).to_owned(), auth.clone())).collect();
        Reply::json(200, &json!({ "auths": auths }))
    }
}

/// What there is, for the difference between a wrong path and a wrong method.
const COLLECTIONS: [&str; 13] = [
    "access_token",
    "accounts",
    "capabilities",
    "cluster_authorizations",
    "cluster_transfers",
    "current_account",
    "deleted_subscriptions",
    "errors",
    "labels",
    "organizations",
    "role_bindings",
    "roles",
    "subscriptions",
];

fn kind_of(collection: &str) -> &'static str {
    match collection {
        "accounts" => "Account",
        "organizations" => "Organization",
        "roles" => "Role",
        _ => "Error",
    }
}
