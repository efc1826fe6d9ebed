//! References to other objects. They have no namespace field: a reference never leaves the object's namespace
//! (design, API rule 5).

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names an object in the namespace of the object that holds this reference.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocalObjectReference {
    /// Name of the object, 1 to 253 characters. Its kind follows from the field. Mutable.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(validation = crate::rule::object_name())]
    pub name: String,
}

impl LocalObjectReference {
    /// A reference to `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Names the object that holds a host, in the host's namespace. Reserved for Cluster API.
#[derive(JsonSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsumerReference {
    /// API group of the consumer, for example `infrastructure.cluster.x-k8s.io`. Mutable.
    #[schemars(length(max = 253))]
    pub api_group: String,
    /// Kind of the consumer. Mutable.
    #[schemars(length(min = 1, max = 63))]
    pub kind: String,
    /// Name of the consumer in this namespace. Mutable.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// UID of the consumer; left out: any object of that name. Mutable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uid: Option<String>,
}
