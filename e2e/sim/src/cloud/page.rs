//! Lists: filters, order, pages (facts/oci.md §1.2, §2.9).

use super::refusal::Refusal;
use super::world::World;
use crate::wire::Reply;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;

const MOST: usize = 1000;

/// One entry of a list, with what it is filtered and sorted by.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) display_name: String,
    pub(super) compartment: String,
    pub(super) lifecycle_state: String,
    pub(super) created: Timestamp,
    pub(super) summary: Value,
}

/// The query of a list.
#[derive(Debug)]
pub(super) struct Query(HashMap<String, String>);

impl Query {
    pub(super) fn of(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn word(&self, name: &str, words: &[&str]) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            Some(word) if !words.contains(&word) => {
                Err(Refusal::invalid(format!("{name} is not one of {words:?}.")))
            }
            word => Ok(word),
        }
    }

    /// Whether the compartments below count too. The service wants the root of the tenancy for that.
    fn is_subtree(&self, world: &World) -> Result<bool, Refusal> {
        let subtree = self.word("compartmentIdInSubtree", &["true", "false"])? == Some("true");
        let root = self.get("compartmentId").is_none_or(|id| world.tenancies.contains_key(id));
        if subtree && !root {
            return Err(Refusal::invalid("compartmentIdInSubtree needs the root compartment."));
        }
        Ok(subtree)
    }

    fn filter(&self, world: &World, items: &mut Vec<Item>, id_name: &str) -> Result<(), Refusal> {
        self.word("accessLevel", &["RESTRICTED", "ACCESSIBLE"])?;
        let states = ["ACTIVE", "NEEDS_ATTENTION", "DELETED", "FAILED"];
        let state = self.word("lifecycleState", &states)?;
        let compartment = if self.is_subtree(world)? { None } else { self.get("compartmentId") };
        items.retain(|item| {
            compartment.is_none_or(|wanted| item.compartment == wanted)
                && state.is_none_or(|wanted| item.lifecycle_state == wanted)
                && self.get(id_name).is_none_or(|wanted| item.id == wanted)
                && self.get("displayName").is_none_or(|wanted| item.display_name == wanted)
                && self.get("displayNameContains").is_none_or(|part| item.display_name.contains(part))
        });
        Ok(())
    }

    fn sort(&self, items: &mut [Item]) -> Result<(), Refusal> {
        let by_name = self.word("sortBy", &["timeCreated", "displayName"])? == Some("displayName");
        let natural = if by_name { "ASC" } else { "DESC" };
        let descending = self.word("sortOrder", &["ASC", "DESC"])?.unwrap_or(natural) == "DESC";
        items.sort_by(|a, b| {
            let order = if by_name { a.display_name.cmp(&b.display_name) } else { a.created.cmp(&b.created) };
            let order = order.then_with(|| a.id.cmp(&b.id));
            if descending { order.reverse() } else { order }
        });
        Ok(())
    }

    fn limit(&self) -> Result<usize, Refusal> {
        let Some(text) = self.get("limit") else { return Ok(MOST) };
        let limit = text.parse().ok().filter(|limit| (1..=MOST).contains(limit));
        limit.ok_or_else(|| Refusal::invalid(format!("limit has to be between 1 and {MOST}.")))
    }

    fn start(&self) -> Result<usize, Refusal> {
        let Some(token) = self.get("page") else { return Ok(0) };
        let decoded = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let start = decoded.and_then(|text| text.strip_prefix("from ")?.parse().ok());
        start.ok_or_else(|| Refusal::invalid("page is no page token of this list."))
    }

    /// The wanted page. `id_name` is the parameter that filters by OCID.
    pub(super) fn answer(
        &self,
        world: &World,
        mut items: Vec<Item>,
        id_name: &str,
        empty: bool,
    ) -> Result<Reply, Refusal> {
        let named = self.get("compartmentId");
        if named.is_some_and(|compartment| !world.has_compartment(compartment)) {
            return Err(Refusal::not_found());
        }
        self.filter(world, &mut items, id_name)?;
        self.sort(&mut items)?;
        let (start, limit) = (self.start()?, if empty { 0 } else { self.limit()? });
        let end = start.saturating_add(limit);
        let more = items.len() > end;
        let page: Vec<Value> = items.into_iter().skip(start).take(limit).map(|item| item.summary).collect();
        let reply = Reply::json(200, &json!({ "items": page }));
        if !more {
            return Ok(reply);
        }
        let next = URL_SAFE_NO_PAD.encode(format!("from {end}"));
        Ok(reply.with(HeaderName::from_static("opc-next-page"), next))
    }
}
