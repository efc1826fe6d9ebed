//! Bodies of answers.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use slipway_core::subscription::{Capability, Principal, Record};

use crate::record::Written;

/// What a site said to a message that it took.
#[derive(Debug)]
pub(crate) enum Said {
    /// 204.
    Nothing,
    /// 501 to a message that a site may do without.
    NotKept,
    /// A JSON object.
    Body(Map<String, Value>),
}

/// A member of an answer that is not what it should be; the words name it and nothing of its content.
#[derive(Debug)]
pub(crate) struct Unsound(pub(crate) String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenPrincipal {
    username: String,
    account_id: Option<String>,
    organization_id: Option<String>,
}

#[derive(Deserialize)]
struct WrittenCapability {
    name: String,
    value: String,
}

impl Said {
    /// Member `records`.
    pub(crate) fn records(self) -> Result<Vec<Record>, Unsound> {
        let written: Vec<Written> = self.member("records")?;
        written.into_iter().map(|one| one.read().ok_or_else(|| Unsound::identity("records"))).collect()
    }

    /// Member `record`; `None` for `null`.
    pub(crate) fn record(self) -> Result<Option<Record>, Unsound> {
        let written: Option<Written> = self.member("record")?;
        written.map(|one| one.read().ok_or_else(|| Unsound::identity("record"))).transpose()
    }

    /// Member `labels`.
    pub(crate) fn labels(self) -> Result<BTreeMap<String, String>, Unsound> {
        self.member("labels")
    }

    /// Member `capabilities`.
    pub(crate) fn capabilities(self) -> Result<Vec<Capability>, Unsound> {
        let written: Vec<WrittenCapability> = self.member("capabilities")?;
        Ok(written.into_iter().map(|one| Capability { name: one.name, value: one.value }).collect())
    }

    /// Member `principal`.
    pub(crate) fn principal(self) -> Result<Principal, Unsound> {
        let written: WrittenPrincipal = self.member("principal")?;
        Ok(Principal {
            username: written.username,
            account_id: written.account_id.unwrap_or_default(),
            organization_id: written.organization_id.filter(|id| !id.is_empty()),
        })
    }

    /// One member. That it is missing is a fault even where `null` is a value: an answer of something else is never taken for "none".
    fn member<T: DeserializeOwned>(self, name: &str) -> Result<T, Unsound> {
        let Self::Body(mut body) = self else {
            return Err(Unsound(format!("it has no `{name}`")));
        };
        let value = body.remove(name).ok_or_else(|| Unsound(format!("it has no `{name}`")))?;
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            let place = if path == "." { name.to_owned() } else { format!("{name}.{path}") };
            Unsound(format!("`{place}` is missing or of the wrong kind"))
        })
    }
}

impl Unsound {
    fn identity(member: &str) -> Self {
        Self(format!("`{member}` has a record without `id` or `status`"))
    }
}
