//! Accounts and organizations as they are asked for (`facts/ocm.md §2.7`).

use super::account::Account;
use super::api::{Answered, Call};
use super::label::{Owner, OwnerKind};
use super::list::select;
use super::search::Search;
use super::table;
use serde_json::{Value, json};

impl Call<'_> {
    /// Whether the caller is shown what belongs to this account in this organization.
    pub(super) fn sees(&self, account: &str, organization: &str) -> bool {
        self.caller.covers(self.caller.rights.sees, account, organization)
    }

    pub(super) fn sees_organization(&self, id: &str) -> bool {
        id == self.caller.organization() || self.sees("", id)
    }

    /// The organization is always there whole: the command line wants its name.
    pub(super) fn current_account(&self) -> Value {
        self.dressed_account(&self.caller, true)
    }

    pub(super) fn shown_account(&self, id: &str) -> Option<Value> {
        let account = self.world.account(id)?;
        let seen = self.sees(account.id(), account.organization());
        seen.then(|| self.dressed_account(account, true))
    }

    fn dressed_account(&self, account: &Account, with_organization: bool) -> Value {
        let mut value = account.written();
        if with_organization && let Some(organization) = self.world.organization(account.organization()) {
            value["organization"] = organization.written();
        }
        let owner = (OwnerKind::Account, account.id().to_owned());
        self.dress(&mut value, &owner, account.organization());
        value
    }

    /// Adds labels and capabilities when they are asked for.
    pub(super) fn dress(&self, value: &mut Value, owner: &Owner, organization: &str) {
        if self.query.is_set("fetchLabels") {
            value["labels"] = json!(self.world.labels_of(owner, Some(&self.caller)));
        }
        if self.query.is_set("fetchCapabilities") {
            value["capabilities"] = json!(self.world.capabilities_of(owner, organization));
        }
    }

    pub(super) fn accounts(&mut self) -> Answered {
        let seen = self.world.accounts.iter().filter(|one| self.sees(one.id(), one.organization()));
        let things: Vec<Account> = seen.cloned().collect();
        let shuffle = self.shuffle();
        let mut page = select(&self.query, table::ACCOUNT, things, shuffle, |account, search| {
            let mut row = account.written();
            if let Some(organization) = self.world.organization(account.organization()) {
                row["organization"] = organization.written();
            }
            self.joined(row, &(OwnerKind::Account, account.id().to_owned()), search)
        })?;
        let items = page.items.drain(..).map(|account| self.dressed_account(&account, true)).collect();
        Ok(page.with(items).answer("Account", &self.query))
    }

    pub(super) fn shown_organization(&self, id: &str) -> Option<Value> {
        let organization = self.world.organizations.iter().find(|one| one.id == id)?;
        if !self.sees_organization(id) {
            return None;
        }
        let mut value = organization.written();
        self.dress(&mut value, &(OwnerKind::Organization, id.to_owned()), id);
        Some(value)
    }

    pub(super) fn organizations(&mut self) -> Answered {
        let seen = self.world.organizations.iter().filter(|one| self.sees_organization(&one.id));
        let things: Vec<(String, Value)> = seen.map(|one| (one.id.clone(), one.written())).collect();
        let shuffle = self.shuffle();
        let mut page = select(&self.query, table::ORGANIZATION, things, shuffle, |(id, row), search| {
            self.joined(row.clone(), &(OwnerKind::Organization, id.clone()), search)
        })?;
        let shown = page.items.drain(..).filter_map(|(id, _)| self.shown_organization(&id)).collect();
        Ok(page.with(shown).answer("Organization", &self.query))
    }

    /// A row for each label, or the one row without, as a database joins them.
    pub(super) fn joined(&self, row: Value, owner: &Owner, search: &Search) -> Vec<Value> {
        if !search.uses("labels") {
            return vec![row];
        }
        let labels = self.world.labels_of(owner, Some(&self.caller));
        if labels.is_empty() {
            return vec![row];
        }
        let with = |label: Value| {
            let mut row = row.clone();
            row["labels"] = label;
            row
        };
        labels.into_iter().map(with).collect()
    }
}
