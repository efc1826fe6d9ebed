//! Labels of subscriptions, organizations and accounts, and the capabilities among them (`facts/ocm.md §2.8`).

use super::account::Account;
use super::ksuid::ksuid;
use super::moment::written;
use super::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What labels are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnerKind {
    Account,
    Organization,
    Subscription,
}

impl OwnerKind {
    /// By the collection in a path.
    pub(super) fn of(collection: &str) -> Option<Self> {
        match collection {
            "accounts" => Some(Self::Account),
            "organizations" => Some(Self::Organization),
            "subscriptions" => Some(Self::Subscription),
            _ => None,
        }
    }

    pub(super) fn collection(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Organization => "organizations",
            Self::Subscription => "subscriptions",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Organization => "Organization",
            Self::Subscription => "Subscription",
        }
    }

    fn id_field(self) -> &'static str {
        match self {
            Self::Account => "account_id",
            Self::Organization => "organization_id",
            Self::Subscription => "subscription_id",
        }
    }
}

/// One thing that has labels.
pub(super) type Owner = (OwnerKind, String);

/// One label.
#[derive(Debug, Clone)]
pub(super) struct Label {
    id: String,
    pub(super) value: String,
    pub(super) internal: bool,
    created: Timestamp,
    updated: Timestamp,
}

impl Label {
    fn written(&self, owner: &Owner, key: &str) -> Value {
        let (kind, id) = owner;
        let mut label = json!({
            "id": self.id,
            "kind": "Label",
            "href": format!("/api/accounts_mgmt/v1/{}/{id}/labels/{key}", kind.collection()),
            "key": key,
            "value": self.value,
            "internal": self.internal,
            "type": kind.word(),
            "managed_by": "User",
            "created_at": written(self.created),
            "updated_at": written(self.updated),
        });
        label[kind.id_field()] = json!(id);
        label
    }
}

impl World {
    /// Creates or updates.
    pub(super) fn put_label(
        &mut self,
        owner: &Owner,
        key: &str,
        value: &str,
        internal: bool,
        now: Timestamp,
    ) {
        let labels = self.labels.entry(owner.clone()).or_default();
        if let Some(label) = labels.get_mut(key) {
            if label.value != value || label.internal != internal {
                label.updated = now;
            }
            value.clone_into(&mut label.value);
            label.internal = internal;
            return;
        }
        let label = Label { id: ksuid(now), value: value.to_owned(), internal, created: now, updated: now };
        labels.insert(key.to_owned(), label);
    }

    /// False when there was none.
    pub(super) fn remove_label(&mut self, owner: &Owner, key: &str) -> bool {
        self.labels.get_mut(owner).is_some_and(|labels| labels.remove(key).is_some())
    }

    /// One label as this account is shown it.
    pub(super) fn label(&self, owner: &Owner, key: &str, shown_to: Option<&Account>) -> Option<Value> {
        let label = self.labels.get(owner)?.get(key)?;
        is_shown(label, shown_to).then(|| label.written(owner, key))
    }

    /// All labels of one, as an account is shown them; `None`: all there are.
    pub(super) fn labels_of(&self, owner: &Owner, shown_to: Option<&Account>) -> Vec<Value> {
        let labels = self.labels.get(owner).into_iter().flatten();
        let shown = labels.filter(|(_, label)| is_shown(label, shown_to));
        shown.map(|(key, label)| label.written(owner, key)).collect()
    }

    /// Capabilities of one: its own, and those that come from its organization.
    pub(super) fn capabilities_of(&self, owner: &Owner, organization: &str) -> Vec<Value> {
        let mut found = self.capabilities(owner, false);
        if owner.0 != OwnerKind::Organization {
            let inherited = self.capabilities(&(OwnerKind::Organization, organization.to_owned()), true);
            let is_new = |one: &Value| found.iter().all(|own: &Value| own["name"] != one["name"]);
            let inherited: Vec<Value> = inherited.into_iter().filter(is_new).collect();
            found.extend(inherited);
        }
        found
    }

    fn capabilities(&self, owner: &Owner, inherited: bool) -> Vec<Value> {
        let labels = self.labels.get(owner).into_iter().flatten();
        let named = labels.filter(|(key, _)| key.starts_with("capability."));
        named.map(|(key, label)| json!({"name": key, "value": label.value, "inherited": inherited})).collect()
    }
}

fn is_shown(label: &Label, to: Option<&Account>) -> bool {
    !label.internal || to.is_none_or(|account| account.rights.internal_labels)
}
