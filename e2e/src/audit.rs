//! Requests as the API server itself recorded them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// One request that the API server has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedRequest {
    /// Kubernetes' verb: get, list, watch, create, update, patch, delete, deletecollection.
    pub verb: String,
    /// Who asked, as `system:serviceaccount:NAMESPACE:NAME` for a service account.
    pub user: String,
    /// Group of the resource; empty for the core group.
    pub group: String,
    /// The resource in the plural; empty for paths that are none, such as `/readyz`.
    pub resource: String,
    /// Such as `status`; mostly empty.
    pub subresource: String,
    /// Empty when the resource has none.
    pub namespace: String,
    /// Empty for lists and for names that the server makes.
    pub name: String,
    /// HTTP status of the answer.
    pub code: u16,
}

impl AuditedRequest {
    /// Whether the request was meant to change something. Leases, which are written as long as an operator runs, do not count.
    #[must_use]
    pub fn is_write(&self) -> bool {
        self.resource != "leases"
            && !matches!(self.verb.as_str(), "get" | "list" | "watch" | "head" | "options")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    stage: String,
    verb: String,
    #[serde(default)]
    user: User,
    #[serde(default)]
    object_ref: ObjectRef,
    #[serde(default)]
    response_status: ResponseStatus,
}

#[derive(Default, Deserialize)]
struct User {
    #[serde(default)]
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ObjectRef {
    #[serde(rename = "apiGroup")]
    group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseStatus {
    code: u16,
}

/// Reads an audit log. A watch counts when it begins, everything else when it is answered.
pub(crate) fn read(log: &Path) -> anyhow::Result<Vec<AuditedRequest>> {
    let file = File::open(log).with_context(|| format!("audit log {}", log.display()))?;
    let mut requests = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line?;
        // The line that is being written may be cut; its request is counted by the next reader.
        let Ok(event) = serde_json::from_str::<Event>(&line) else {
            continue;
        };
        let counted = if event.verb == "watch" { "ResponseStarted" } else { "ResponseComplete" };
        if event.stage == counted {
            requests.push(request(event));
        }
    }
    Ok(requests)
}

fn request(event: Event) -> AuditedRequest {
    let Event { verb, user, object_ref, response_status, .. } = event;
    let ObjectRef { group, resource, subresource, namespace, name } = object_ref;
    let code = response_status.code;
    AuditedRequest { verb, user: user.username, group, resource, subresource, namespace, name, code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn each_request_counts_once_and_a_cut_line_not_at_all() {
        let mut log = tempfile::NamedTempFile::new().unwrap();
        let watch = r#""verb":"watch","user":{"username":"u"},"objectRef":{"resource":"pods"}}"#;
        writeln!(log, r#"{{"stage":"ResponseStarted",{watch}"#).unwrap();
        writeln!(log, r#"{{"stage":"ResponseComplete",{watch}"#).unwrap();
        writeln!(log, r#"{{"stage":"ResponseComplete","verb":"patch","responseStatus":{{"code":409}}}}"#)
            .unwrap();
        write!(log, r#"{{"stage":"ResponseComplete","ver"#).unwrap();
        let got = read(log.path()).unwrap();
        assert_eq!(got.len(), 2);
        assert_eq!(
            (got[0].verb.as_str(), got[0].resource.as_str(), got[0].is_write()),
            ("watch", "pods", false)
        );
        assert_eq!((got[1].verb.as_str(), got[1].code, got[1].is_write()), ("patch", 409, true));
    }
}
