//! From the object and its Secrets to the account at the registrar, with the person's own rights.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use k8s_openapi::api::core::v1::Secret as SecretObject;
use kube::{Api, Client};
use slipway_core::{
    secret::Secret,
    subscription::Account,
    trust::{Pin, Trust},
};
use slipway_crds::v1alpha1::{OcmRegistrar, TlsTrust};
use url::Url;

use super::place::Place;

const FIELD: &str = "spec.registrar.ocm";

/// Reads the Secrets that the spec names. Nothing is sent to the registrar.
pub(crate) async fn account(
    client: &Client,
    place: &Place<'_>,
    ocm: &OcmRegistrar,
    allow_insecure: bool,
) -> anyhow::Result<Account> {
    let way = Way::read(ocm, allow_insecure)?;
    let name = &ocm.credentials_ref.name;
    let ca = ocm.tls.as_ref().and_then(|tls| tls.ca_ref.as_ref());
    let names = std::iter::once(name).chain(ca.map(|ca| &ca.name)).map(String::as_str).collect();
    let secrets = Secrets { api: Api::namespaced(client.clone(), place.namespace), place, names };
    let (credentials, credentials_version) = secrets.read(name, &format!("{FIELD}.credentialsRef")).await?;
    let trust = match ca {
        Some(reference) => {
            let field = format!("{FIELD}.tls.caRef");
            let (bundle, _) = secrets.read(&reference.name, &field).await?;
            Trust::Authorities(authorities(&bundle, &reference.name, &field)?)
        }
        None => named(ocm.tls.as_ref(), allow_insecure)?,
    };
    Ok(Account {
        url: way.url,
        token_url: way.token_url,
        proxy: way.proxy,
        username: ocm.account_username.clone(),
        credentials,
        secret_name: name.clone(),
        credentials_version,
        trust,
    })
}

/// Addresses of the spec.
#[derive(Debug)]
struct Way {
    url: Url,
    token_url: Option<Url>,
    proxy: Option<Url>,
}

impl Way {
    fn read(ocm: &OcmRegistrar, allow_insecure: bool) -> anyhow::Result<Self> {
        let encrypted = |name: &str, text: &str| {
            let url = address(name, text)?;
            ensure!(
                url.scheme() != "http" || allow_insecure,
                "{FIELD}.{name} {:?} is not encrypted, and credentials would be sent there; use https, or add --allow-insecure-tls",
                url.origin().ascii_serialization()
            );
            Ok(url)
        };
        let given = |text: &Option<String>| text.as_deref().map(str::to_owned);
        Ok(Self {
            url: encrypted("url", &ocm.url)?,
            token_url: given(&ocm.token_url).map(|text| encrypted("tokenUrl", &text)).transpose()?,
            proxy: given(&ocm.proxy_url).map(|text| address("proxyUrl", &text)).transpose()?,
        })
    }
}

fn address(name: &str, text: &str) -> anyhow::Result<Url> {
    // The text itself is not shown: somebody may have put a password into it.
    Url::parse(text).with_context(|| format!("{FIELD}.{name} is no URL; write https://host"))
}

/// Trust that needs no Secret.
fn named(tls: Option<&TlsTrust>, allow_insecure: bool) -> anyhow::Result<Trust> {
    let Some(tls) = tls else { return Ok(Trust::System) };
    if let Some(pin) = &tls.pin {
        return Ok(Trust::Pin(Pin::new(pin.clone())));
    }
    if tls.insecure_skip_verify == Some(true) {
        ensure!(
            allow_insecure,
            "{FIELD}.tls.insecureSkipVerify is set: whoever answers would get the credentials; use caRef or pin, or add --allow-insecure-tls"
        );
        return Ok(Trust::Anything);
    }
    if tls.trust_on_first_use == Some(true) {
        bail!("{FIELD}.tls.trustOnFirstUse is not for registrars; use caRef or pin");
    }
    Ok(Trust::System)
}

fn authorities(bundle: &BTreeMap<String, Secret>, name: &str, field: &str) -> anyhow::Result<String> {
    let pem = bundle.get("ca.crt").map(Secret::expose).filter(|pem| !pem.is_empty());
    let pem = pem.with_context(|| {
        format!("the Secret {name:?} ({field}) has no text under the key \"ca.crt\"; put the authorities' certificates (PEM) there")
    })?;
    Ok(pem.to_owned())
}

/// Secrets of the object's namespace.
struct Secrets<'a> {
    api: Api<SecretObject>,
    place: &'a Place<'a>,
    /// Those that the spec names.
    names: Vec<&'a str>,
}

impl Secrets<'_> {
    /// All values that are text, and the Secret's version.
    async fn read(&self, name: &str, field: &str) -> anyhow::Result<(BTreeMap<String, Secret>, String)> {
        let read = self.api.get(name).await;
        let object = read.map_err(|error| self.place.secret_unread((name, field), &self.names, error))?;
        let values = object.data.unwrap_or_default().into_iter().filter_map(|(key, value)| {
            // Without the line break that `echo` and editors leave behind, as the operator reads it.
            let text = String::from_utf8(value.0).ok()?;
            Some((key, Secret::new(text.trim_end_matches(['\r', '\n']))))
        });
        Ok((values.collect(), object.metadata.resource_version.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn ocm(changes: &Value) -> OcmRegistrar {
        let mut spec = json!({"url": "https://ocm.example.com", "credentialsRef": {"name": "ocm"}});
        spec.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn addresses_without_encryption_need_the_flag() {
        for (field, changes) in [
            ("spec.registrar.ocm.url", json!({"url": "http://ocm.example.com"})),
            ("spec.registrar.ocm.tokenUrl", json!({"tokenUrl": "http://sso.example.com/token"})),
        ] {
            let error = Way::read(&ocm(&changes), false).unwrap_err().to_string();
            assert!(error.starts_with(field) && error.contains("--allow-insecure-tls"), "{error}");
            assert!(Way::read(&ocm(&changes), true).is_ok());
        }
        let proxied = ocm(&json!({"proxyUrl": "http://proxy.example.com:3128"}));
        assert!(Way::read(&proxied, false).unwrap().proxy.is_some());
    }

    #[test]
    fn an_address_that_is_none_is_named_but_not_shown() {
        let error = Way::read(&ocm(&json!({"tokenUrl": "canary"})), true).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.starts_with("spec.registrar.ocm.tokenUrl is no URL") && !error.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn trust_follows_the_spec() {
        let trust = |tls: Value, allowed| {
            let tls: TlsTrust = serde_json::from_value(tls).unwrap();
            named(Some(&tls), allowed).map_err(|error| error.to_string())
        };
        assert_eq!(named(None, false).unwrap(), Trust::System);
        assert_eq!(trust(json!({}), false), Ok(Trust::System));
        assert_eq!(trust(json!({"pin": "sha256/x"}), false), Ok(Trust::Pin(Pin::new("sha256/x"))));
        assert_eq!(trust(json!({"insecureSkipVerify": true}), true), Ok(Trust::Anything));
        let error = trust(json!({"insecureSkipVerify": true}), false).unwrap_err();
        assert!(error.contains("add --allow-insecure-tls"), "{error}");
        assert!(trust(json!({"trustOnFirstUse": true}), true).is_err());
    }

    #[test]
    fn a_bundle_has_its_certificates_under_its_key() {
        let field = "spec.registrar.ocm.tls.caRef";
        let bundle = |key: &str, text: &str| BTreeMap::from([(key.to_owned(), Secret::new(text))]);
        assert_eq!(authorities(&bundle("ca.crt", "PEM"), "ca", field).unwrap(), "PEM");
        for broken in [bundle("ca.crt", ""), bundle("tls.crt", "PEM")] {
            let error = authorities(&broken, "ca", field).unwrap_err().to_string();
            assert!(
                error.starts_with("the Secret \"ca\" (spec.registrar.ocm.tls.caRef) has no text"),
                "{error}"
            );
        }
    }
}
