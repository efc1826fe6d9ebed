//! A kubeconfig as it is written, `v1.Config` of Kubernetes (`kubernetes.io/docs/reference/config-api/kubeconfig.v1`).

use serde::{Deserialize, Deserializer, de::IgnoredAny};
use slipway_core::secret::Secret;

use crate::fault::Fault;

/// Largest kubeconfig that is read, in bytes; no Secret is larger.
pub(crate) const LIMIT: usize = 1 << 20;

/// Most brackets that open a flow collection: the parser's time grows with the square of those that are not closed. A kubeconfig in
/// JSON has five to a context.
const MOST_BRACKETS: usize = 4096;

/// Longest part of a name that messages show.
const SHOWN: usize = 64;

#[derive(Deserialize)]
pub(crate) struct Document {
    #[serde(rename = "current-context", default)]
    current: Option<String>,
    #[serde(default)]
    contexts: Vec<NamedContext>,
    #[serde(default)]
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    users: Vec<NamedUser>,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Deserialize)]
struct Context {
    cluster: String,
    user: String,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: Cluster,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    #[serde(default)]
    user: Option<User>,
}

/// How a cluster is reached.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Cluster {
    #[serde(default)]
    pub(crate) server: Option<String>,
    #[serde(default)]
    pub(crate) tls_server_name: Option<String>,
    #[serde(default)]
    pub(crate) insecure_skip_tls_verify: Option<bool>,
    #[serde(default)]
    pub(crate) certificate_authority: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) certificate_authority_data: Option<String>,
    #[serde(default)]
    pub(crate) proxy_url: Option<String>,
}

/// Who somebody is to a cluster.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct User {
    #[serde(default, deserialize_with = "secret")]
    pub(crate) token: Option<Secret>,
    #[serde(default)]
    pub(crate) client_certificate_data: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(crate) client_key_data: Option<Secret>,
    #[serde(default)]
    pub(crate) username: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(crate) password: Option<Secret>,
    #[serde(default)]
    pub(crate) exec: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) auth_provider: Option<IgnoredAny>,
    #[serde(default, rename = "tokenFile")]
    pub(crate) token_file: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) client_certificate: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) client_key: Option<IgnoredAny>,
    #[serde(default, rename = "as")]
    pub(crate) impersonated: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) as_uid: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) as_groups: Option<IgnoredAny>,
    #[serde(default)]
    pub(crate) as_user_extra: Option<IgnoredAny>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

impl Document {
    /// Reads a kubeconfig; nothing that it says is judged yet.
    pub(crate) fn read(text: &str) -> Result<Self, Fault> {
        if text.len() > LIMIT {
            return Err(Fault::TooLarge { limit: LIMIT });
        }
        if text.bytes().filter(|byte| b"{[".contains(byte)).count() > MOST_BRACKETS {
            return Err(Fault::Bracketed { limit: MOST_BRACKETS });
        }
        // Aliases make much of little: a list of them takes a large value once for each.
        if has_anchor(text) {
            return Err(Fault::Anchored);
        }
        serde_yaml::from_str(text).map_err(|error| {
            let place = error.location();
            let place = place.map(|at| format!(" (line {}, column {})", at.line(), at.column()));
            Fault::Unreadable { place: place.unwrap_or_default() }
        })
    }

    /// Cluster and user of the current context, or of the only one.
    pub(crate) fn chosen(self) -> Result<(Cluster, User), Fault> {
        let named = self.current.filter(|name| !name.is_empty());
        let context = match named {
            Some(name) => only("contexts", &name, self.contexts, |context| &context.name)?,
            None => sole(self.contexts)?,
        };
        let Context { cluster, user } = context.context;
        let cluster = only("clusters", &cluster, self.clusters, |named| &named.name)?.cluster;
        let user = only("users", &user, self.users, |named| &named.name)?.user;
        Ok((cluster, user.unwrap_or_default()))
    }
}

fn sole(mut contexts: Vec<NamedContext>) -> Result<NamedContext, Fault> {
    match (contexts.pop(), contexts.len()) {
        (Some(context), 0) => Ok(context),
        (None, _) => Err(Fault::field("contexts", "is empty; give the context of the cluster")),
        (Some(_), _) => Err(Fault::field(
            "current-context",
            "is missing and there are several contexts; name the one to use",
        )),
    }
}

/// The one entry of a list that has the name.
fn only<T>(list: &'static str, name: &str, entries: Vec<T>, of: fn(&T) -> &str) -> Result<T, Fault> {
    let mut found = entries.into_iter().filter(|entry| of(entry) == name);
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(Fault::field(list, format!("has no entry named `{}`; add it", shown(name)))),
        (Some(_), Some(_)) => {
            Err(Fault::field(list, format!("has several entries named `{}`; leave one", shown(name))))
        }
    }
}

fn shown(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).take(SHOWN).collect()
}

/// Whether an `&` may begin a YAML token (YAML 1.2.2 §6.9.2): it stands at the start, or after a space or an indicator. A quoted
/// text that has one after a space is refused as well; none of a kubeconfig's values needs it.
fn has_anchor(text: &str) -> bool {
    let begins = |before: Option<u8>| {
        before.is_none_or(|byte| !byte.is_ascii_graphic() || b"[]{}:,?-|>".contains(&byte))
    };
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        *byte == b'&' && begins(at.checked_sub(1).and_then(|before| bytes.get(before)).copied())
    })
}
