//! What stands on the wire (`facts/ocm.md §2`). Fields that are not known are ignored.

mod authorization;
pub(crate) mod label;
pub(crate) mod loose;
mod metrics;
mod organization;
mod page;
mod principal;
mod quota;
mod subscription;

use serde::de::DeserializeOwned;

pub(crate) use authorization::{Authorization, Request};
pub(crate) use label::Label;
pub(crate) use organization::Organization;
pub(crate) use page::Page;
pub(crate) use principal::CurrentAccount;
pub(crate) use quota::QuotaCost;
pub(crate) use subscription::{Subscription, patch};

/// A body that is a JSON object; `None` when it is not what it should be. A list would be taken for the fields in their order.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    is_object.then(|| serde_json::from_slice(body).ok()).flatten()
}
