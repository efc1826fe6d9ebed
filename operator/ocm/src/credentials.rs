//! Who we are, by the Secret.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use slipway_core::{failure::Failure, reason::Reason, secret::Secret};

use crate::said::bounded;

/// What is to be given.
const FORMS: &str = "give exactly one form: `clientId` with `clientSecret` (a service account), or `offlineToken`, or \
                     `refreshToken`, or `pullSecret` (or `.dockerconfigjson`) with `externalClusterId`";
/// Registry of a pull secret whose token is also one for the service (`facts/ocm.md §1.4`).
const REGISTRY: &str = "cloud.openshift.com";
/// Most keys of a Secret that a message names.
const NAMED: usize = 12;

/// What the Secret holds.
pub(crate) enum Credentials {
    /// A service account.
    Client {
        /// Its name.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// A token that is exchanged for others.
    Refresh {
        /// The client it was given to; `None`: the one of the environment.
        client_id: Option<String>,
        /// The token.
        token: Secret,
    },
    /// The header that a cluster's own token makes; no other token is needed.
    Pull(Secret),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Client { .. } => "Client",
            Self::Refresh { .. } => "Refresh",
            Self::Pull(_) => "Pull",
        })
    }
}

/// How a Secret says which form it has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Client,
    Offline,
    Refresh,
    Pull,
}

/// A form, the keys whose presence says so, and what a Secret of the hub calls it (`facts/ocm.md §5.1`).
const MARKS: [(Form, [&str; 2], &str); 4] = [
    (Form::Client, ["clientSecret", "client_secret"], "service-account"),
    (Form::Offline, ["offlineToken", "ocmAPIToken"], "offline-token"),
    (Form::Refresh, ["refreshToken", "refresh_token"], ""),
    (Form::Pull, ["pullSecret", ".dockerconfigjson"], ""),
];
const CLIENT_ID: [&str; 2] = ["clientId", "client_id"];

/// The content of a Secret, with its name for messages.
struct Content<'a> {
    values: &'a BTreeMap<String, Secret>,
    name: &'a str,
}

impl Credentials {
    /// Reads a Secret.
    ///
    /// Errors: [`Reason::CredentialsInvalid`] with the keys that were found; never with a value.
    pub(crate) fn read(values: &BTreeMap<String, Secret>, name: &str) -> Result<Self, Failure> {
        let content = Content { values, name };
        match content.form()? {
            Form::Client => {
                let (id, secret) = (content.need(CLIENT_ID)?, content.need(MARKS[0].1)?);
                if id.contains(':') {
                    return Err(content.wrong("the client id has a colon, which no client id has"));
                }
                Ok(Self::Client { id, secret: Secret::new(secret) })
            }
            Form::Offline => content.token(MARKS[1].1),
            Form::Refresh => content.token(MARKS[2].1),
            Form::Pull => content.pull(),
        }
    }

    /// What tells credentials apart, and does not tell what they are.
    pub(crate) fn identity(&self) -> [u8; 32] {
        let parts = match self {
            Self::Client { id, secret } => ["client", id, secret.expose()],
            Self::Refresh { client_id, token } => {
                ["refresh", client_id.as_deref().unwrap_or_default(), token.expose()]
            }
            Self::Pull(header) => ["pull", "", header.expose()],
        };
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut identity = [0; 32];
        identity.copy_from_slice(context.finish().as_ref());
        identity
    }

    /// What must not stand in a message.
    pub(crate) fn secret(&self) -> &Secret {
        match self {
            Self::Client { secret, .. } => secret,
            Self::Refresh { token, .. } => token,
            Self::Pull(header) => header,
        }
    }
}

impl Content<'_> {
    fn form(&self) -> Result<Form, Failure> {
        if let Some(method) = self.find(["auth_method", "auth_method"]) {
            let known = MARKS.iter().find(|(_, _, word)| !word.is_empty() && *word == method);
            return known
                .map(|(form, ..)| *form)
                .ok_or_else(|| self.wrong("`auth_method` is neither `service-account` nor `offline-token`"));
        }
        let marked = MARKS.iter().filter(|(_, keys, _)| self.find(*keys).is_some());
        match marked.map(|(form, ..)| *form).collect::<Vec<_>>()[..] {
            [form] => Ok(form),
            [] => Err(self.wrong("it holds no credentials")),
            _ => Err(self.wrong("it holds credentials of several forms")),
        }
    }

    fn token(&self, keys: [&str; 2]) -> Result<Credentials, Failure> {
        let token = self.need(keys)?;
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.wrong(&format!("`{}` is no token", self.given(keys))));
        }
        Ok(Credentials::Refresh {
            client_id: self.find(CLIENT_ID).map(str::to_owned),
            token: Secret::new(token),
        })
    }

    fn pull(&self) -> Result<Credentials, Failure> {
        let cluster = self.need(["externalClusterId", "external_cluster_id"])?;
        let keys = MARKS[3].1;
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !cluster.bytes().all(sound) {
            return Err(self.wrong("`externalClusterId` is no id of a cluster"));
        }
        let file: PullSecret = serde_json::from_str(&self.need(keys)?)
            .map_err(|_| self.wrong(&format!("`{}` is no pull secret in JSON", self.given(keys))))?;
        let token = file.auths.get(REGISTRY).map(|entry| entry.auth.trim()).unwrap_or_default();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self.wrong(&format!("`{}` holds no token for {REGISTRY}", self.given(keys))));
        }
        Ok(Credentials::Pull(Secret::new(format!("AccessToken {cluster}:{token}"))))
    }

    /// The first of two spellings that is not empty.
    fn find(&self, keys: [&str; 2]) -> Option<&str> {
        let values = keys.iter().filter_map(|key| self.values.get(*key));
        values.map(|value| value.expose().trim()).find(|value| !value.is_empty())
    }

    /// The spelling that the Secret has.
    fn given<'k>(&self, keys: [&'k str; 2]) -> &'k str {
        let [first, second] = keys;
        if self.find([first, first]).is_some() || self.find([second, second]).is_none() {
            first
        } else {
            second
        }
    }

    fn need(&self, keys: [&str; 2]) -> Result<String, Failure> {
        let value =
            self.find(keys).ok_or_else(|| self.wrong(&format!("`{}` is missing or empty", keys[0])))?;
        if keys != MARKS[3].1 && value.chars().any(char::is_control) {
            return Err(self.wrong(&format!("`{}` has control characters", self.given(keys))));
        }
        Ok(value.to_owned())
    }

    fn wrong(&self, what: &str) -> Failure {
        let keys: Vec<String> = self.values.keys().take(NAMED).map(|key| bounded(key, 60)).collect();
        let found = match self.values.len() {
            0 => "no keys".to_owned(),
            count if count > NAMED => format!("keys {} and others", keys.join(", ")),
            _ => format!("keys {}", keys.join(", ")),
        };
        let message = format!("Secret {:?} (with {found}) cannot be used: {what}; {FORMS}", self.name);
        Failure::new(Reason::CredentialsInvalid, message)
    }
}

/// A pull secret, as far as it matters.
#[derive(Deserialize)]
struct PullSecret {
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    auth: String,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use slipway_core::{reason::Reason, secret::Secret};

    use super::Credentials;

    const PULL: &str =
        r#"{"auths":{"cloud.openshift.com":{"auth":"canary","email":"a@example"},"quay.io":{"auth":"x"}}}"#;

    fn content(pairs: &[(&str, &str)]) -> BTreeMap<String, Secret> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), Secret::new(*value))).collect()
    }

    fn read(pairs: &[(&str, &str)]) -> String {
        match Credentials::read(&content(pairs), "ocm") {
            Ok(Credentials::Client { id, secret }) => format!("client {id} {}", secret.expose()),
            Ok(Credentials::Refresh { client_id, token }) => {
                format!("refresh {client_id:?} {}", token.expose())
            }
            Ok(Credentials::Pull(header)) => header.expose().to_owned(),
            Err(failure) => {
                assert_eq!(failure.reason, Reason::CredentialsInvalid);
                assert!(!failure.message.contains("canary"), "{failure}");
                assert!(failure.message.starts_with("Secret \"ocm\" (with "), "{failure}");
                failure.message
            }
        }
    }

    #[test]
    fn every_form_is_read() {
        for (pairs, expected) in [
            (&[("clientId", "sa"), ("clientSecret", "canary\n")][..], "client sa canary"),
            (
                &[("client_id", "sa"), ("client_secret", "c"), ("auth_method", "service-account")],
                "client sa c",
            ),
            (&[("offlineToken", "canary")], "refresh None canary"),
            (&[("ocmAPIToken", "c"), ("auth_method", "offline-token")], "refresh None c"),
            (
                &[("ocmAPIToken", "c"), ("auth_method", "offline-token"), ("client_secret", "")],
                "refresh None c",
            ),
            (
                &[
                    ("ocmAPIToken", "c"),
                    ("client_secret", "d"),
                    ("client_id", "e"),
                    ("auth_method", "offline-token"),
                ],
                "refresh Some(\"e\") c",
            ),
            (&[("refreshToken", "c"), ("clientId", "me")], "refresh Some(\"me\") c"),
            (&[("pullSecret", PULL), ("externalClusterId", "1-2")], "AccessToken 1-2:canary"),
            (&[(".dockerconfigjson", PULL), ("externalClusterId", "1-2")], "AccessToken 1-2:canary"),
        ] {
            assert_eq!(read(pairs), expected);
        }
    }

    #[test]
    fn what_is_no_form_is_told_with_its_keys_and_the_mend() {
        for (pairs, words) in [
            (&[][..], "(with no keys) cannot be used: it holds no credentials; give exactly one form"),
            (&[("username", "canary"), ("password", "canary")], "(with keys password, username)"),
            (&[("clientId", "canary")], "it holds no credentials"),
            (&[("clientSecret", "canary")], "`clientId` is missing or empty"),
            (&[("clientId", "a:canary"), ("clientSecret", "canary")], "colon"),
            (&[("clientId", "a"), ("clientSecret", "ca\nnary")], "`clientSecret` has control characters"),
            (&[("clientId", "a"), ("clientSecret", "canary"), ("offlineToken", "canary")], "several forms"),
            (&[("offlineToken", "canary"), ("refreshToken", "canary")], "several forms"),
            (&[("offlineToken", "canary with space")], "`offlineToken` is no token"),
            (&[("offlineToken", "canary"), ("auth_method", "canary")], "`auth_method` is neither"),
            (&[("offlineToken", "canary"), ("auth_method", "service-account")], "`clientId` is missing"),
            (&[("pullSecret", PULL)], "`externalClusterId` is missing"),
            (
                &[("pullSecret", "canary"), ("externalClusterId", "1")],
                "`pullSecret` is no pull secret in JSON",
            ),
            (
                &[(".dockerconfigjson", "{\"auths\":{}}"), ("externalClusterId", "1")],
                "`.dockerconfigjson` holds no token",
            ),
            (&[("pullSecret", PULL), ("externalClusterId", "canary\r\nX: y")], "control characters"),
            (&[("pullSecret", PULL), ("externalClusterId", "a:canary")], "no id of a cluster"),
        ] {
            let message = read(pairs);
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn credentials_are_told_apart_and_not_printed() {
        let one = Credentials::read(&content(&[("clientId", "a"), ("clientSecret", "canary")]), "x").unwrap();
        let same =
            Credentials::read(&content(&[("client_id", "a"), ("client_secret", "canary ")]), "y").unwrap();
        let other =
            Credentials::read(&content(&[("clientId", "ac"), ("clientSecret", "anary")]), "x").unwrap();
        assert_eq!(one.identity(), same.identity());
        assert_ne!(one.identity(), other.identity());
        assert!(!format!("{one:?}").contains("canary"));
    }
}
