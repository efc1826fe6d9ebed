//! One call to the API server as the proxy sees it.

use http::{Method, Uri};

/// Kubernetes' verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// One object.
    Get,
    /// All objects of a kind.
    List,
    /// Their changes, as a stream.
    Watch,
    /// A new object.
    Create,
    /// A whole object in the place of another.
    Update,
    /// A part of an object, server-side apply too.
    Patch,
    /// One object goes.
    Delete,
    /// All objects of a kind go.
    DeleteCollection,
    /// Anything else.
    Other,
}

impl Verb {
    /// Whether the call is meant to change something.
    #[must_use]
    pub fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Update | Self::Patch | Self::Delete | Self::DeleteCollection)
    }
}

/// One call: what it asks for and its place among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiCall {
    /// What is done.
    pub verb: Verb,
    /// Group of the resource; empty for the core group.
    pub group: String,
    /// Resource in the plural; empty for paths that are none, such as discovery.
    pub resource: String,
    /// Such as `status`; mostly empty.
    pub subresource: String,
    /// Empty when the call is not in a namespace.
    pub namespace: String,
    /// Empty when the call names no object.
    pub name: String,
    /// Path and query as asked.
    pub path: String,
    /// Place among all calls since the proxy started, from 1.
    pub number: u64,
    /// Place among the writes, from 1; none for a call that is no write, or is one of a Lease.
    pub write_number: Option<u64>,
}

impl ApiCall {
    /// Reads method and path by the rules of the API server. The numbers are left for whoever counts.
    #[must_use]
    pub fn read(method: &Method, uri: &Uri) -> Self {
        let mut parts = uri.path().split('/').filter(|part| !part.is_empty());
        let mut call = Self::nothing(uri);
        match parts.next() {
            Some("api") => _ = parts.next(),
            Some("apis") => {
                parts.next().unwrap_or_default().clone_into(&mut call.group);
                _ = parts.next();
            }
            _ => return call,
        }
        let rest: Vec<&str> = parts.collect();
        let (namespace, rest) = match rest.as_slice() {
            // A namespace's own subresources stand where a resource inside it would.
            ["namespaces", name, inside @ ..] if !matches!(inside, [] | ["status" | "finalize"]) => {
                (*name, inside)
            }
            all => ("", all),
        };
        let part = |at: usize| rest.get(at).copied().unwrap_or_default().to_owned();
        call.namespace = namespace.into();
        (call.resource, call.name, call.subresource) = (part(0), part(1), part(2));
        if !call.resource.is_empty() {
            call.verb = verb(method, !call.name.is_empty(), watches(uri));
        }
        call
    }

    fn nothing(uri: &Uri) -> Self {
        Self {
            verb: Verb::Other,
            group: String::new(),
            resource: String::new(),
            subresource: String::new(),
            namespace: String::new(),
            name: String::new(),
            path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            number: 0,
            write_number: None,
        }
    }
}

fn watches(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    query.split('&').any(|pair| matches!(pair, "watch" | "watch=true" | "watch=1"))
}

fn verb(method: &Method, named: bool, watches: bool) -> Verb {
    match (method.as_str(), named, watches) {
        ("GET", _, true) => Verb::Watch,
        ("GET", true, false) => Verb::Get,
        ("GET", false, false) => Verb::List,
        ("POST", ..) => Verb::Create,
        ("PUT", ..) => Verb::Update,
        ("PATCH", ..) => Verb::Patch,
        ("DELETE", true, _) => Verb::Delete,
        ("DELETE", false, _) => Verb::DeleteCollection,
        _ => Verb::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, path: &str) -> (Verb, String) {
        let call = ApiCall::read(&method.parse().unwrap(), &path.parse().unwrap());
        let ApiCall { verb, group, resource, subresource, namespace, name, .. } = call;
        (verb, [group, resource, subresource, namespace, name].join(","))
    }

    #[test]
    fn calls_are_read_as_the_api_server_reads_them() {
        let cases = [
            ("GET", "/api/v1/namespaces", Verb::List, ",namespaces,,,"),
            ("GET", "/api/v1/namespaces/a", Verb::Get, ",namespaces,,,a"),
            ("PUT", "/api/v1/namespaces/a/finalize", Verb::Update, ",namespaces,finalize,,a"),
            ("GET", "/api/v1/namespaces/a/secrets?limit=1", Verb::List, ",secrets,,a,"),
            ("POST", "/api/v1/namespaces/a/events", Verb::Create, ",events,,a,"),
            ("GET", "/apis/g/v1/things?a=b&watch=true", Verb::Watch, "g,things,,,"),
            (
                "PATCH",
                "/apis/g/v1/namespaces/a/things/t/status?force=true",
                Verb::Patch,
                "g,things,status,a,t",
            ),
            ("DELETE", "/apis/g/v1/namespaces/a/things/t", Verb::Delete, "g,things,,a,t"),
            ("DELETE", "/apis/g/v1/namespaces/a/things", Verb::DeleteCollection, "g,things,,a,"),
            ("GET", "/apis/g/v1", Verb::Other, "g,,,,"),
            ("POST", "/readyz", Verb::Other, ",,,,"),
        ];
        for (method, path, verb, rest) in cases {
            assert_eq!(read(method, path), (verb, rest.to_owned()), "{method} {path}");
        }
    }
}
