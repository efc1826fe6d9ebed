//! Labels as they are asked for and written (`facts/ocm.md §2.8`).

use super::account::Account;
use super::api::{Answered, Call};
use super::label::{Owner, OwnerKind};
use super::refusal::Refusal;
use super::table;
use crate::wire::Reply;
use http::Method;
use serde_json::Value;

impl Call<'_> {
    /// `{collection}/{id}/labels[/{key}]`.
    pub(super) fn labels(&mut self, kind: OwnerKind, id: &str, key: &[&str]) -> Answered {
        self.check_owner(kind, id)?;
        let owner = (kind, id.to_owned());
        let method = self.asked.method.clone();
        match (method, key) {
            (Method::GET, []) => {
                let labels = self.world.labels_of(&owner, Some(&self.caller));
                self.page("Label", table::LABEL, labels)
            }
            (Method::POST, []) => self.post_label(&owner),
            (Method::GET, [key]) => self.show_label(&owner, key),
            (Method::PATCH, [key]) => self.patch_label(&owner, key),
            (Method::DELETE, [key]) => self.delete_label(&owner, key),
            (_, [] | [_]) => Err(self.wrong_method()),
            _ => Err(Refusal::no_path(self.asked.path())),
        }
    }

    fn check_owner(&self, kind: OwnerKind, id: &str) -> Result<(), Refusal> {
        let seen = match kind {
            OwnerKind::Subscription => return self.record(id).map(drop),
            OwnerKind::Organization => {
                self.world.organizations.iter().any(|one| one.id == id) && self.sees_organization(id)
            }
            OwnerKind::Account => {
                self.world.account(id).is_some_and(|one| self.sees(one.id(), one.organization()))
            }
        };
        if seen { Ok(()) } else { Err(Refusal::not_found(kind.word(), id)) }
    }

    fn check_right(&self, owner: &Owner, internal: bool, action: &str) -> Result<(), Refusal> {
        let may = match owner.0 {
            OwnerKind::Subscription => return self.check_record(owner, internal, action),
            OwnerKind::Organization => self.caller.rights.writes_organization_labels,
            OwnerKind::Account => {
                let own = |one: &Account| {
                    self.caller.covers(self.caller.rights.acts_for, one.id(), one.organization())
                };
                self.world.account(&owner.1).is_some_and(own)
            }
        };
        let may = may && (!internal || self.caller.rights.internal_labels);
        if may { Ok(()) } else { Err(self.denied(action, &format!("{}Label", owner.0.word()))) }
    }

    fn check_record(&self, owner: &Owner, internal: bool, action: &str) -> Result<(), Refusal> {
        let record = self.writable(&owner.1, action)?;
        if !record.is_live() {
            return Err(Refusal::not_found("Subscription", &owner.1));
        }
        let may = !internal || self.caller.rights.internal_labels;
        if may { Ok(()) } else { Err(self.denied(action, "SubscriptionLabel")) }
    }

    fn show_label(&self, owner: &Owner, key: &str) -> Answered {
        let found = self.world.label(owner, key, Some(&self.caller));
        let label = found.ok_or_else(|| Refusal::not_found("Label", key))?;
        Ok(Reply::json(200, &label))
    }

    fn post_label(&mut self, owner: &Owner) -> Answered {
        let body = self.body()?;
        let key = text(&body, "key")?.filter(|key| !key.is_empty());
        let key = key.ok_or_else(|| Refusal::validation("key is required"))?;
        let value = text(&body, "value")?.ok_or_else(|| Refusal::validation("value is required"))?;
        let internal = body["internal"] == true;
        self.check_right(owner, internal || self.is_internal(owner, &key), "create")?;
        self.world.put_label(owner, &key, &value, internal, self.now);
        self.show_label(owner, &key)
    }

    fn is_internal(&self, owner: &Owner, key: &str) -> bool {
        self.world.labels.get(owner).and_then(|labels| labels.get(key)).is_some_and(|label| label.internal)
    }

    fn patch_label(&mut self, owner: &Owner, key: &str) -> Answered {
        self.show_label(owner, key)?;
        let body = self.body()?;
        if text(&body, "key")?.is_some_and(|other| other != key) {
            return Err(Refusal::conflict("The key of a label can't be changed"));
        }
        let value = text(&body, "value")?.ok_or_else(|| Refusal::validation("value is required"))?;
        let internal = body["internal"].as_bool().unwrap_or_else(|| self.is_internal(owner, key));
        self.check_right(owner, internal, "update")?;
        self.world.put_label(owner, key, &value, internal, self.now);
        self.show_label(owner, key)
    }

    fn delete_label(&mut self, owner: &Owner, key: &str) -> Answered {
        self.check_right(owner, self.is_internal(owner, key), "delete")?;
        if self.world.remove_label(owner, key) {
            Ok(Reply::empty(204))
        } else {
            Err(Refusal::not_found("Label", key))
        }
    }

    /// Every label that the caller is shown, of whatever.
    pub(super) fn all_labels(&mut self) -> Answered {
        let owners: Vec<Owner> = self.world.labels.keys().cloned().collect();
        let seen = owners.iter().filter(|(kind, id)| self.check_owner(*kind, id).is_ok());
        let labels = seen.flat_map(|owner| self.world.labels_of(owner, Some(&self.caller))).collect();
        self.page("Label", table::LABEL, labels)
    }
}

fn text(body: &Value, name: &str) -> Result<Option<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::malformed()),
    }
}
