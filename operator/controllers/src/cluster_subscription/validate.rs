//! From the spec to what the domain works with; all mistakes at once.

use std::time::Duration;

use kube::ResourceExt;
use slipway_core::{
    finding::Finding,
    reason::Reason,
    subscription::{self as domain, DeletionPolicy, DriftPolicy, SubscriptionWish},
};
use slipway_crds::v1alpha1::{
    self as api, ClusterSubscription, ClusterSubscriptionSpec, LocalObjectReference, Registrar,
    SubscriptionDeletionPolicy, TlsTrust,
};
use url::Url;

use crate::context::{Context, RegistrarKind};

/// How the registrar is reached.
#[derive(Debug)]
pub(super) struct Way<'a> {
    pub(super) kind: RegistrarKind,
    /// Field of the spec that describes it.
    pub(super) field: &'static str,
    pub(super) url: Url,
    pub(super) token_url: Option<Url>,
    pub(super) proxy: Option<Url>,
    pub(super) username: Option<&'a str>,
    pub(super) credentials: &'a LocalObjectReference,
    pub(super) tls: Option<&'a TlsTrust>,
}

/// The way to the registrar that a spec describes.
pub(super) fn way(spec: &ClusterSubscriptionSpec) -> Result<Way<'_>, Finding> {
    let mut mistakes = vec![];
    let mut url = |field: &str, text: &str| match Url::parse(text) {
        Ok(url) => Some(url),
        Err(error) => {
            mistakes.push(format!("{field} {text:?} is no URL ({error}); write https://host"));
            None
        }
    };
    let way = match &spec.registrar {
        Registrar { ocm: Some(ocm), .. } => url("spec.registrar.ocm.url", &ocm.url).map(|address| Way {
            kind: RegistrarKind::Ocm,
            field: "spec.registrar.ocm",
            url: address,
            token_url: ocm.token_url.as_ref().and_then(|text| url("spec.registrar.ocm.tokenUrl", text)),
            proxy: ocm.proxy_url.as_ref().and_then(|text| url("spec.registrar.ocm.proxyUrl", text)),
            username: ocm.account_username.as_deref(),
            credentials: &ocm.credentials_ref,
            tls: ocm.tls.as_ref(),
        }),
        Registrar { webhook: Some(webhook), .. } => {
            url("spec.registrar.webhook.url", &webhook.url).map(|address| Way {
                kind: RegistrarKind::Webhook,
                field: "spec.registrar.webhook",
                url: address,
                token_url: None,
                proxy: webhook
                    .proxy_url
                    .as_ref()
                    .and_then(|text| url("spec.registrar.webhook.proxyUrl", text)),
                username: None,
                credentials: &webhook.credentials_ref,
                tls: webhook.tls.as_ref(),
            })
        }
        Registrar { ocm: None, webhook: None } => {
            mistakes.push("spec.registrar needs exactly one of: ocm, webhook".to_owned());
            None
        }
    };
    match way {
        Some(way) if mistakes.is_empty() => Ok(way),
        _ => Err(Finding::new(Reason::InvalidSpec, mistakes.join("; "))),
    }
}

/// What the object asks of its record.
pub(super) fn wish(context: &Context, object: &ClusterSubscription, cluster_id: &str) -> SubscriptionWish {
    let spec = &object.spec;
    let mut labels = spec.labels.clone();
    if policy(spec).deletes_reserved() {
        // Whoever finds the record without an object knows whose it was.
        labels.insert(domain::INSTALLATION.to_owned(), context.options.installation.clone());
    }
    SubscriptionWish {
        cluster_id: cluster_id.to_owned(),
        display_name: spec.display_name.clone().unwrap_or_else(|| object.name_any()),
        product_id: spec.product.id.clone(),
        product_category: spec.product.category.clone(),
        support: spec.support.as_ref().map(support).unwrap_or_default(),
        labels,
        drift: match spec.drift {
            api::DriftPolicy::Correct => DriftPolicy::Correct,
            api::DriftPolicy::Report => DriftPolicy::Report,
        },
        follows_cluster: spec.cluster.declared.is_none(),
        suspended: spec.suspend,
    }
}

fn support(support: &api::Support) -> domain::Support {
    let api::Support { level, usage, service_level, system_units, product_bundle, cpu_total, socket_total } =
        support.clone();
    domain::Support { level, usage, service_level, system_units, product_bundle, cpu_total, socket_total }
}

/// What happens to the record when the object goes.
pub(super) fn policy(spec: &ClusterSubscriptionSpec) -> DeletionPolicy {
    match spec.deletion_policy {
        SubscriptionDeletionPolicy::DeleteReserved => DeletionPolicy::DeleteReserved,
        SubscriptionDeletionPolicy::Delete => DeletionPolicy::Delete,
        SubscriptionDeletionPolicy::Archive => DeletionPolicy::Archive,
        SubscriptionDeletionPolicy::Retain => DeletionPolicy::Retain,
    }
}

/// How long a deletion may wait for the registrar. A text that the schema would have refused counts as the default.
pub(super) fn release_timeout(spec: &ClusterSubscriptionSpec) -> Duration {
    spec.release_timeout.parse().unwrap_or(Duration::from_mins(15))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(registrar: &str) -> ClusterSubscriptionSpec {
        let registrar: serde_json::Value = serde_json::from_str(registrar).unwrap();
        let spec = serde_json::json!({"registrar": registrar, "cluster": {"declared": {}}});
        serde_json::from_value(spec).unwrap()
    }

    #[test]
    fn every_mistake_of_the_way_is_named() {
        let broken = spec(
            r#"{"ocm": {"url": "https://ocm.example.com", "tokenUrl": "::", "proxyUrl": "//", "credentialsRef": {"name": "ocm"}}}"#,
        );
        let finding = way(&broken).unwrap_err();
        assert_eq!(finding.reason, Reason::InvalidSpec);
        for part in ["spec.registrar.ocm.tokenUrl", "spec.registrar.ocm.proxyUrl"] {
            assert!(finding.message.contains(part), "{part}: {}", finding.message);
        }
        assert!(way(&spec("{}")).unwrap_err().message.contains("exactly one of: ocm, webhook"));
    }

    #[test]
    fn each_registrar_has_its_way() {
        let ocm = spec(r#"{"ocm": {"url": "https://ocm.example.com", "credentialsRef": {"name": "ocm"}}}"#);
        assert_eq!(way(&ocm).unwrap().kind, RegistrarKind::Ocm);
        let site = spec(
            r#"{"webhook": {"url": "https://cmdb.example.com/hook", "credentialsRef": {"name": "cmdb"}}}"#,
        );
        assert_eq!(way(&site).unwrap().kind, RegistrarKind::Webhook);
        assert_eq!(release_timeout(&site), Duration::from_mins(15));
    }
}
