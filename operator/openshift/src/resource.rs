//! The two resources that are read, as far as they are (OpenShift API reference, `config.openshift.io/v1`).

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

/// Longest console address that is taken, in bytes.
const LONGEST_URL: usize = 2048;

/// A resource that is one of its kind in a cluster.
pub(crate) trait Resource: DeserializeOwned {
    /// `kind` of its JSON.
    const KIND: &'static str;
    /// Plural, as a role names it.
    const PLURAL: &'static str;
    /// Its path at the API server.
    const PATH: &'static str;

    /// `kind` as it was answered.
    fn kind(&self) -> &str;

    /// The resource in a body; `None` for anything else.
    fn read(body: &[u8]) -> Option<Self> {
        let read: Self = object(&mut serde_json::Deserializer::from_slice(body)).ok()?;
        (read.kind() == Self::KIND).then_some(read)
    }
}

/// A structure that is written as a JSON object; a list of its fields would otherwise do.
fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<T, D::Error> {
    let fields = Map::deserialize(deserializer)?;
    serde_json::from_value(Value::Object(fields)).map_err(|_| D::Error::custom("another type"))
}

/// `ClusterVersion`: what is installed.
#[derive(Deserialize)]
pub(crate) struct ClusterVersion {
    kind: String,
    #[serde(deserialize_with = "object")]
    spec: VersionSpec,
    #[serde(default, deserialize_with = "object")]
    status: VersionStatus,
}

#[derive(Deserialize)]
struct VersionSpec {
    #[serde(rename = "clusterID", default)]
    cluster_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct VersionStatus {
    #[serde(default)]
    history: Option<Vec<Update>>,
    #[serde(default)]
    conditions: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
struct Condition {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    status: String,
}

/// `Console`: where people look.
#[derive(Deserialize)]
pub(crate) struct Console {
    kind: String,
    #[serde(default, deserialize_with = "object")]
    status: ConsoleStatus,
}

#[derive(Default, Deserialize)]
struct ConsoleStatus {
    #[serde(rename = "consoleURL", default)]
    url: Option<String>,
}

impl Resource for ClusterVersion {
    const KIND: &'static str = "ClusterVersion";
    const PLURAL: &'static str = "clusterversions";
    const PATH: &'static str = "/apis/config.openshift.io/v1/clusterversions/version";

    fn kind(&self) -> &str {
        &self.kind
    }
}

impl Resource for Console {
    const KIND: &'static str = "Console";
    const PLURAL: &'static str = "consoles";
    const PATH: &'static str = "/apis/config.openshift.io/v1/consoles/cluster";

    fn kind(&self) -> &str {
        &self.kind
    }
}

/// `spec.clusterID` is there and no UUID.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoUuid;

impl ClusterVersion {
    /// The id under which the cluster sends telemetry, in lower case; `None` before it has one.
    pub(crate) fn cluster_id(&self) -> Result<Option<String>, NoUuid> {
        let Some(text) = self.spec.cluster_id.as_deref().filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        // Other ways to write a UUID have other lengths.
        let id = Uuid::try_parse(text).ok().filter(|id| text.len() == 36 && !id.is_nil()).ok_or(NoUuid)?;
        Ok(Some(id.hyphenated().to_string()))
    }

    /// Whether some version was installed completely, or the cluster says that it is available.
    pub(crate) fn is_installed(&self) -> bool {
        let completed = |update: &Update| update.state == "Completed";
        let available = |condition: &Condition| condition.kind == "Available" && condition.status == "True";
        self.status.history.iter().flatten().any(completed)
            || self.status.conditions.iter().flatten().any(available)
    }
}

impl Console {
    /// The address, when it is one that may be shown to people; never made up.
    pub(crate) fn url(&self) -> Option<String> {
        let text = self.status.url.as_deref()?;
        let url = Url::parse(text).ok()?;
        let sound = text.len() <= LONGEST_URL
            && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
            && url.scheme() == "https"
            && url.username().is_empty()
            && url.password().is_none();
        sound.then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ClusterVersion, Console, NoUuid};

    fn version(spec: &Value, status: &Value) -> ClusterVersion {
        serde_json::from_value(json!({"kind": "ClusterVersion", "spec": spec, "status": status})).unwrap()
    }

    #[test]
    fn the_id_is_a_uuid_or_there_is_none() {
        let id = "5117a9e0-0c0d-4e0f-8a0b-0000000000aa";
        for (spec, expected) in [
            (json!({"clusterID": id}), Ok(Some(id.to_owned()))),
            (json!({"clusterID": id.to_uppercase()}), Ok(Some(id.to_owned()))),
            (json!({"clusterID": ""}), Ok(None)),
            (json!({"clusterID": null}), Ok(None)),
            (json!({}), Ok(None)),
            (json!({"clusterID": id.replace('-', "")}), Err(NoUuid)),
            (json!({"clusterID": format!("{{{id}}}")}), Err(NoUuid)),
            (json!({"clusterID": "00000000-0000-0000-0000-000000000000"}), Err(NoUuid)),
            (json!({"clusterID": "' or cluster_id like '%"}), Err(NoUuid)),
        ] {
            assert_eq!(version(&spec, &json!({})).cluster_id(), expected, "{spec}");
        }
    }

    #[test]
    fn installed_is_what_was_completed_once_or_is_available() {
        for (status, expected) in [
            (json!({}), false),
            (json!({"history": null, "conditions": null}), false),
            (json!({"history": [{"state": "Partial"}]}), false),
            (json!({"history": [{"state": "Partial"}, {"state": "Completed"}]}), true),
            (json!({"conditions": [{"type": "Available", "status": "True"}]}), true),
            (json!({"conditions": [{"type": "Available", "status": "Unknown"}]}), false),
            (json!({"conditions": [{"type": "Progressing", "status": "True"}]}), false),
        ] {
            assert_eq!(version(&json!({}), &status).is_installed(), expected, "{status}");
        }
    }

    #[test]
    fn only_an_https_address_is_shown_to_people() {
        for (url, kept) in [
            (json!("https://console.apps.edge-7.example"), true),
            (json!("https://console.apps.edge-7.example:8443/k8s"), true),
            (json!("http://console.apps.edge-7.example"), false),
            (json!("javascript:alert(1)"), false),
            (json!("https://user:pass@console.example"), false),
            (json!("https://console.example/\n"), false),
            (json!(format!("https://{}.example", "a".repeat(3000))), false),
            (json!(""), false),
            (json!(null), false),
        ] {
            let console: Console =
                serde_json::from_value(json!({"kind": "Console", "status": {"consoleURL": url}})).unwrap();
            assert_eq!(console.url().is_some(), kept, "{url}");
        }
    }
}
