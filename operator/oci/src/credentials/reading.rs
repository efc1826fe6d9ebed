//! The three forms of a Secret.

use std::collections::BTreeMap;

use slipway_core::{failure::Failure, secret::Secret};

use super::{
    Credential, Form, OperatorIdentity, Principal,
    fields::{Field, Fields, Found, filled, missing, region},
    mistakes::Mistakes,
};
use crate::profile::{self, DEFAULT};

const PASSPHRASES: [&str; 2] = ["pass_phrase", "passphrase"];

/// Reads a Secret, as [`Principal::read`] says.
pub(crate) fn principal(
    content: &BTreeMap<String, Secret>,
    own: OperatorIdentity,
) -> Result<Principal, Failure> {
    let mut reading = Reading { content, own, mistakes: Mistakes::default() };
    match reading.principal() {
        Some(principal) if reading.mistakes.is_empty() => Ok(principal),
        _ => Err(reading.mistakes.into_failure()),
    }
}

struct Reading<'a> {
    content: &'a BTreeMap<String, Secret>,
    own: OperatorIdentity,
    mistakes: Mistakes,
}

impl Reading<'_> {
    fn principal(&mut self) -> Option<Principal> {
        if let Some(config) = self.field("config") {
            return self.file(config);
        }
        if let Some(kind) = self.field("authentication_type") {
            return self.operators_own(&kind, self.field("region").as_ref());
        }
        let known = ["tenancy", "user", "fingerprint", "key", "security_token"];
        if !known.iter().any(|name| self.content.contains_key(*name)) {
            let mistake = "it holds neither `config` with the key's file, nor `tenancy`, `user`, `fingerprint` and `key`, nor \
                           `authentication_type`; add one of these";
            self.mistakes.missing(mistake);
            return None;
        }
        let fields = Fields {
            tenancy: self.field("tenancy"),
            user: self.field("user"),
            fingerprint: self.field("fingerprint"),
            key: self.field("key").ok_or_else(|| missing("key", "")),
            passphrase: self.passphrase(),
            token: self.field("security_token").map(Ok),
            place: String::new(),
        };
        self.user_or_session(fields, self.field("region").as_ref())
    }

    fn field(&self, name: &str) -> Option<Field> {
        Some(Field { name: format!("`{name}`"), value: self.content.get(name)?.clone() })
    }

    fn passphrase(&self) -> Option<Secret> {
        PASSPHRASES.iter().find_map(|name| self.content.get(*name)).and_then(one_line)
    }

    fn user_or_session(&mut self, fields: Fields, place: Option<&Field>) -> Option<Principal> {
        let region = region(place, &mut self.mistakes);
        let credential = fields.credential(&mut self.mistakes)?;
        Some(Principal { credential, region })
    }

    fn file(&mut self, config: Field) -> Option<Principal> {
        let single = ["tenancy", "user", "fingerprint"];
        if let Some(doubled) = single.iter().find(|name| self.content.contains_key(**name)) {
            let mistake =
                format!("it holds both `config` and `{doubled}`; keep one form and remove the other");
            self.mistakes.wrong(mistake);
        }
        let profile = self.field("profile").map_or(DEFAULT.to_owned(), |field| field.text().to_owned());
        let config = filled(config, &mut self.mistakes)?;
        let settings = profile::read(config.value.expose(), &profile)
            .map_err(|error| self.mistakes.wrong(format!("`config` {error}")))
            .ok()?;
        let place = format!(" in profile [{profile}] of `config`");
        let setting = |name: &str| {
            let value = Secret::new(settings.get(name)?.as_str());
            Some(Field { name: format!("`{name}`{place}"), value })
        };
        if let Some(kind) = setting("authentication_type") {
            return self.operators_own(&kind, setting("region").as_ref());
        }
        let written = PASSPHRASES.iter().find_map(|name| setting(name));
        let fields = Fields {
            tenancy: setting("tenancy"),
            user: setting("user"),
            fingerprint: setting("fingerprint"),
            key: self.key_file(setting("key_file").as_ref()),
            passphrase: written.and_then(|field| one_line(&field.value)).or_else(|| self.passphrase()),
            token: setting("security_token_file").map(|file| self.token_file(&file)),
            place: place.clone(),
        };
        self.user_or_session(fields, setting("region").as_ref())
    }

    /// The file's last name is a key of the Secret; else the only private key that is there is meant.
    fn key_file(&self, file: Option<&Field>) -> Found {
        let base = file.map(|file| basename(file.text()));
        if let Some(field) = base.and_then(|base| self.field(base)) {
            return Ok(field);
        }
        let is_key =
            |name: &str, value: &Secret| name != "config" && value.expose().contains("PRIVATE KEY-----");
        let keys = self.content.iter().filter(|(name, value)| is_key(name, value));
        let keys: Vec<&String> = keys.map(|(name, _)| name).collect();
        if let [only] = keys.as_slice() {
            return self.field(only).ok_or_else(|| missing(only, ""));
        }
        let wanted = base.map_or_else(
            || "`key_file` is missing in `config`".to_owned(),
            |base| format!("`key_file` names the file {base:?}, and the Secret has no key of this name"),
        );
        Err(match keys.as_slice() {
            [] => format!("{wanted}; add the private key's file to the Secret"),
            several => format!("{wanted}; the private keys there are {several:?}: rename the right one"),
        })
    }

    fn token_file(&self, file: &Field) -> Found {
        let base = basename(file.text());
        let name = &file.name;
        self.field(base).ok_or_else(|| {
            format!("{name} names the file {base:?}, and the Secret has no key of this name; add it")
        })
    }

    fn operators_own(&mut self, kind: &Field, place: Option<&Field>) -> Option<Principal> {
        let region = region(place, &mut self.mistakes);
        let (name, kind) = (&kind.name, kind.text());
        let Some((_, form)) = Form::OWN.iter().find(|(known, _)| *known == kind) else {
            self.mistakes.wrong(format!(
                "{name} is {kind:?}; it may be instance_principal, resource_principal or oke_workload_identity, and is left out for \
                 an API key or a session"
            ));
            return None;
        };
        if self.own == OperatorIdentity::Refused {
            self.mistakes.wrong(format!(
                "{name} is {kind}, which is the operator's own identity, and the administrator has not allowed it to be used; start \
                 the operator with --allow-oci-principal, or give an API key"
            ));
        }
        let credential = match form {
            Form::InstancePrincipal => Credential::Instance,
            Form::ResourcePrincipal => Credential::Resource,
            _ => Credential::Workload,
        };
        Some(Principal { credential, region })
    }
}

/// Without the end of line that an editor adds; spaces may belong to a passphrase.
fn one_line(secret: &Secret) -> Option<Secret> {
    let text = secret.expose().trim_end_matches(['\r', '\n']);
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The last name of a path of any system.
fn basename(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
