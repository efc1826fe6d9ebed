//! One call of the API, as data.

use serde_json::Value;
use slipway_core::{failure::Failure, subscription::Holder};
use slipway_outbound::Method;
use url::form_urlencoded;

use crate::{path, said::bounded};

/// Base path of the account service (`facts/ocm.md §2`).
const BASE: &str = "/api/accounts_mgmt/v1";
/// What is asked of a record besides its own fields.
const ENRICHED: [(&str, &str); 2] = [("fetchLabels", "true"), ("fetchMetrics", "true")];

/// What a call is about, as far as a refusal means something else for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The service itself: its lists and who we are.
    Service,
    /// A record that there should be.
    Record,
    /// A record to be made.
    Reservation,
    /// An organization or an account.
    Party,
}

/// One call.
pub(crate) struct Call {
    /// As metrics name it.
    pub(crate) op: &'static str,
    pub(crate) method: Method,
    /// Absolute path and query.
    pub(crate) target: String,
    pub(crate) body: Option<Value>,
    pub(crate) subject: Subject,
    /// As a message names it: "reading the record 1svZ…".
    pub(crate) doing: String,
    /// The path without what differs between calls, for what is said once a path.
    pub(crate) path: &'static str,
}

impl Call {
    /// Who the credentials are.
    pub(crate) fn probe() -> Self {
        let path = "current_account";
        Self::get("probe", path, Subject::Service, path, "asking who the credentials are")
    }

    /// One page of the records that a search finds.
    pub(crate) fn list(search: &str, with_metrics: bool, page: usize, size: usize) -> Self {
        let (page, size) = (page.to_string(), size.to_string());
        let mut pairs = vec![("search", search), ("orderBy", "id asc"), ("page", &page), ("size", &size)];
        pairs.push(ENRICHED[0]);
        // Records come with metrics also unasked, but not when they are declined.
        pairs.push((ENRICHED[1].0, if with_metrics { "true" } else { "false" }));
        let target = format!("subscriptions?{}", query(&pairs));
        Self::get("list", "subscriptions", Subject::Service, &target, "listing records")
    }

    /// One record.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn read(id: &str) -> Result<Self, Failure> {
        let target = format!("{}?{}", record(id)?, query(&ENRICHED));
        Ok(Self::get(
            "read",
            "subscriptions/{id}",
            Subject::Record,
            &target,
            &format!("reading the record {id}"),
        ))
    }

    /// A new record for this key.
    pub(crate) fn reserve(cluster_id: &str, body: Value) -> Self {
        let path = "cluster_authorizations";
        let doing = format!("reserving a record for the cluster id {cluster_id}");
        let call = Self::get("reserve", path, Subject::Reservation, path, &doing);
        Self { method: Method::POST, body: Some(body), ..call }
    }

    /// A change of a record; its message names the fields.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn patch(op: &'static str, id: &str, body: Value) -> Result<Self, Failure> {
        let fields = body.as_object().into_iter().flat_map(|fields| fields.keys().cloned());
        let fields = fields.collect::<Vec<_>>().join(", ");
        let doing = format!("setting {fields} of the record {id}");
        let call = Self::get(op, "subscriptions/{id}", Subject::Record, &record(id)?, &doing);
        Ok(Self { method: Method::PATCH, body: Some(body), ..call })
    }

    /// The end of a record.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn delete(id: &str) -> Result<Self, Failure> {
        let doing = format!("deleting the record {id}");
        let call = Self::get("release", "subscriptions/{id}", Subject::Record, &record(id)?, &doing);
        Ok(Self { method: Method::DELETE, ..call })
    }

    /// One page of labels.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn labels(holder: &Holder, page: usize, size: usize) -> Result<Self, Failure> {
        let (page, size) = (page.to_string(), size.to_string());
        let pairs = query(&[("page", &page), ("size", &size), ("orderBy", "id asc")]);
        Self::about_labels(holder, "reading the labels of", &format!("?{pairs}"))
    }

    /// A label that is set.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn put_label(holder: &Holder, key: &str, body: Value) -> Result<Self, Failure> {
        let call = Self::about_labels(holder, &format!("setting the label {key} of"), "")?;
        Ok(Self { method: Method::POST, body: Some(body), ..call })
    }

    /// A label that is taken away.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id or no key.
    pub(crate) fn delete_label(holder: &Holder, key: &str) -> Result<Self, Failure> {
        let rest = format!("/{}", path::label(key)?);
        let call = Self::about_labels(holder, &format!("taking away the label {key} of"), &rest)?;
        Ok(Self { method: Method::DELETE, ..call })
    }

    /// An organization with its capabilities.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn organization(id: &str) -> Result<Self, Failure> {
        let pairs = query(&[("fetchCapabilities", "true"), ("fetchLabels", "true")]);
        let target = format!("organizations/{}?{pairs}", path::id(id, "an organization")?);
        let doing = format!("reading the capabilities of the organization {id}");
        Ok(Self::get("capabilities", "organizations/{id}", Subject::Party, &target, &doing))
    }

    /// One page of what an organization may have, and has.
    ///
    /// Errors: [`slipway_core::reason::Reason::InvalidSpec`] for what is no id.
    pub(crate) fn quota(id: &str, page: usize, size: usize) -> Result<Self, Failure> {
        let pairs = query(&[("page", &page.to_string()), ("size", &size.to_string())]);
        let target = format!("organizations/{}/quota_cost?{pairs}", path::id(id, "an organization")?);
        let doing = format!("reading the quota of the organization {id}");
        Ok(Self::get("quota", "organizations/{id}/quota_cost", Subject::Party, &target, &doing))
    }

    fn about_labels(holder: &Holder, deed: &str, rest: &str) -> Result<Self, Failure> {
        let (collection, noun, id, subject, path) = match holder {
            Holder::Subscription(id) => {
                ("subscriptions", "record", id, Subject::Record, "subscriptions/{id}/labels")
            }
            Holder::Organization(id) => {
                ("organizations", "organization", id, Subject::Party, "organizations/{id}/labels")
            }
            Holder::Account(id) => ("accounts", "account", id, Subject::Party, "accounts/{id}/labels"),
        };
        let target = format!("{collection}/{}/labels{rest}", path::id(id, &format!("the {noun}"))?);
        Ok(Self::get("labels", path, subject, &target, &format!("{deed} the {noun} {id}")))
    }

    fn get(op: &'static str, path: &'static str, subject: Subject, target: &str, doing: &str) -> Self {
        let doing = bounded(doing, 300);
        Self { op, method: Method::GET, target: format!("{BASE}/{target}"), body: None, subject, doing, path }
    }

    /// Whether it changes something.
    pub(crate) fn writes(&self) -> bool {
        !self.method.is_safe()
    }
}

fn record(id: &str) -> Result<String, Failure> {
    Ok(format!("subscriptions/{}", path::id(id, "a record")?))
}

/// Names and values as they stand in an address.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    // A plus of the text itself is %2B by now.
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use slipway_core::subscription::Holder;

    use super::Call;

    #[test]
    fn text_stays_within_its_place_in_the_address() {
        let call = Call::list("cluster_id in ('a&b','c''#+%')", true, 2, 500);
        assert_eq!(
            call.target,
            "/api/accounts_mgmt/v1/subscriptions?search=cluster_id%20in%20%28%27a%26b%27%2C%27c%27%27%23%2B%25%27%29\
             &orderBy=id%20asc&page=2&size=500&fetchLabels=true&fetchMetrics=true"
        );
        let holder = Holder::Organization("o1".to_owned());
        let call = Call::delete_label(&holder, "a/../b?c").unwrap();
        assert_eq!(call.target, "/api/accounts_mgmt/v1/organizations/o1/labels/a%2F..%2Fb%3Fc");
        for id in ["..", "a/b", ""] {
            assert!(Call::read(id).is_err() && Call::delete(id).is_err() && Call::organization(id).is_err());
            assert!(Call::patch("amend", id, json!({})).is_err());
            assert!(Call::labels(&Holder::Account(id.to_owned()), 1, 1).is_err());
        }
    }

    #[test]
    fn a_change_names_its_fields() {
        let call = Call::patch("amend", "s1", json!({"usage": "Production", "display_name": "secret name"}))
            .unwrap();
        assert_eq!(call.doing, "setting display_name, usage of the record s1");
    }
}
