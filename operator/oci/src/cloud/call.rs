//! One call of the API, as data (`facts/oci.md §1.2`).

use slipway_core::{failure::Failure, infrastructure::Etag, reason::Reason};
use slipway_outbound::Method;
use url::form_urlencoded;

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Infrastructure,
    Schedule,
}

impl Kind {
    const fn collection(self) -> &'static str {
        match self {
            Self::Infrastructure => "cccInfrastructures",
            Self::Schedule => "cccUpgradeSchedules",
        }
    }

    /// As a person calls it.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Infrastructure => "the rack's record",
            Self::Schedule => "the upgrade schedule",
        }
    }

    /// As a policy calls it (`facts/oci.md §1.8`).
    pub(crate) const fn resource(self) -> &'static str {
        match self {
            Self::Infrastructure => "ccc-infrastructure",
            Self::Schedule => "ccc-upgrade-schedule",
        }
    }
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    List,
    Read,
    Create,
    Change,
    Delete,
}

/// What belongs to a deed: its method, its word, and the verb and the permission that a policy has to give (`facts/oci.md §1.8`).
struct Manner {
    method: Method,
    participle: &'static str,
    verb: &'static str,
    permission: &'static str,
}

impl Deed {
    fn manner(self) -> Manner {
        let (method, participle, verb, permission) = match self {
            Self::List => (Method::GET, "listing", "inspect", "INSPECT"),
            Self::Read => (Method::GET, "reading", "read", "READ"),
            Self::Create => (Method::POST, "creating", "manage", "CREATE"),
            Self::Change => (Method::PUT, "changing", "use", "UPDATE"),
            Self::Delete => (Method::DELETE, "deleting", "manage", "DELETE"),
        };
        Manner { method, participle, verb, permission }
    }

    pub(crate) fn method(self) -> Method {
        self.manner().method
    }

    pub(crate) fn writes(self) -> bool {
        !self.method().is_safe()
    }

    /// Whether it may be sent again although an earlier try may have had its effect. A creation carries a token under which OCI does it
    /// once only; the SDKs do not repeat the others either (`facts/oci.md §1.2`).
    pub(crate) fn is_repeatable(self) -> bool {
        matches!(self, Self::List | Self::Read | Self::Create)
    }
}

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) kind: Kind,
    pub(crate) deed: Deed,
    /// The id or name that messages show.
    subject: &'a str,
    /// Path and query beneath the base path.
    pub(crate) target: String,
    pub(crate) body: Option<String>,
    pub(crate) etag: Option<&'a Etag>,
    pub(crate) retry_token: Option<&'a str>,
    /// Nothing but an order to the connection: OCI may answer one out of turn with 400 (`facts/oci.md §1.4`).
    pub(crate) is_order: bool,
}

impl<'a> Call<'a> {
    /// A call about one record.
    ///
    /// Errors: [`Reason::InvalidSpec`] for an id with characters that no OCID has.
    pub(crate) fn to(kind: Kind, deed: Deed, id: &'a str) -> Result<Self, Failure> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_path = id.bytes().all(|byte| byte == b'.');
        if is_path || id.len() > 255 || !id.bytes().all(sound) {
            let shown: String = id.chars().take(60).collect();
            let message = format!(
                "{shown:?} is no OCID of {}; give one such as ocid1.cccinfrastructure.oc1..aaaa",
                kind.noun()
            );
            return Err(Failure::new(Reason::InvalidSpec, message));
        }
        Ok(Self::new(kind, deed, id, format!("{}/{id}", kind.collection())))
    }

    /// A call to make a record of this name.
    pub(crate) fn create(kind: Kind, name: &'a str, retry_token: &'a str) -> Self {
        let call = Self::new(kind, Deed::Create, name, kind.collection().to_owned());
        Self { retry_token: Some(retry_token), ..call }
    }

    /// A call for one page of the records of a compartment that have this name.
    pub(crate) fn list(kind: Kind, compartment_id: &str, name: &'a str, page: Option<&str>) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("compartmentId", compartment_id).append_pair("displayName", name);
        query.append_pair("limit", "100");
        if let Some(page) = page {
            query.append_pair("page", page);
        }
        // A plus of the text itself is %2B by now.
        let query = query.finish().replace('+', "%20");
        Self::new(kind, Deed::List, name, format!("{}?{query}", kind.collection()))
    }

    fn new(kind: Kind, deed: Deed, subject: &'a str, target: String) -> Self {
        Self { kind, deed, subject, target, body: None, etag: None, retry_token: None, is_order: false }
    }

    pub(crate) fn with_body(self, body: String) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) fn ordering(self, is_order: bool) -> Self {
        Self { is_order, ..self }
    }

    pub(crate) fn if_match(self, etag: Option<&'a Etag>) -> Self {
        Self { etag, ..self }
    }

    /// As metrics name it.
    pub(crate) fn op(&self) -> &'static str {
        match (self.kind, self.deed) {
            (Kind::Infrastructure, Deed::List) => "list",
            (Kind::Infrastructure, Deed::Read) => "read",
            (Kind::Infrastructure, Deed::Create) => "create",
            (Kind::Infrastructure, Deed::Change) => "change",
            (Kind::Infrastructure, Deed::Delete) => "delete",
            (Kind::Schedule, Deed::List) => "list-schedules",
            (Kind::Schedule, Deed::Read) => "read-schedule",
            (Kind::Schedule, Deed::Create) => "create-schedule",
            (Kind::Schedule, Deed::Change) => "change-schedule",
            (Kind::Schedule, Deed::Delete) => "delete-schedule",
        }
    }

    /// As a message names it: "reading the rack's record ocid1…".
    pub(crate) fn doing(&self) -> String {
        let subject: String = self.subject.chars().filter(|letter| !letter.is_control()).take(255).collect();
        format!("{} {} {subject}", self.deed.manner().participle, self.kind.noun())
    }

    /// The policy that lets an account do it, and the permission that this gives.
    pub(crate) fn policy(&self) -> String {
        let Manner { verb, permission, .. } = self.deed.manner();
        let resource = self.kind.resource();
        let family = resource.to_ascii_uppercase().replace('-', "_");
        format!(
            "`allow group <its group> to {verb} {resource} in compartment <the compartment>` (permission {family}_{permission})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Deed, Kind};

    #[test]
    fn text_stays_within_its_place_in_the_address() {
        let call = Call::list(Kind::Infrastructure, "ocid1.x", "a b+c&d=é/%20", Some("p==&limit=1"));
        assert_eq!(
            call.target,
            "cccInfrastructures?compartmentId=ocid1.x&displayName=a%20b%2Bc%26d%3D%C3%A9%2F%2520&limit=100&page=p%3D%3D%26limit%3D1"
        );
        for id in ["", ".", "..", "../x", "a/b", "a?b", "a#b", "a%2fb", "a b", "é", &"a".repeat(256)] {
            assert!(Call::to(Kind::Schedule, Deed::Delete, id).is_err(), "{id}");
        }
        let call = Call::to(Kind::Schedule, Deed::Delete, "ocid1.cccupgradeschedule.oc1..aa-_").unwrap();
        assert_eq!(call.target, "cccUpgradeSchedules/ocid1.cccupgradeschedule.oc1..aa-_");
        assert!(call.policy().contains("manage ccc-upgrade-schedule"), "{}", call.policy());
        assert!(call.policy().contains("CCC_UPGRADE_SCHEDULE_DELETE"), "{}", call.policy());
    }
}
