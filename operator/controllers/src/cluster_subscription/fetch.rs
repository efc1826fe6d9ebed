//! Reads what a subscription's spec refers to.

use kube::ResourceExt;
use slipway_core::{clock::Timestamp, failure::Failure, reason::Reason, subscription::Account};
use slipway_crds::v1alpha1::{ClusterSubscription, Condition};

use super::validate::Way;
use crate::{context::Context, secret::acceptable_age, tls};

/// The conditions that say how old what is read may be.
pub(super) fn conditions_of(object: &ClusterSubscription) -> &[Condition] {
    object.status.as_ref().map_or(&[], |status| &status.conditions)
}

/// The account at the registrar, with the whole Secret: it has several forms.
pub(super) async fn account(
    context: &Context,
    object: &ClusterSubscription,
    way: &Way<'_>,
    now: Timestamp,
) -> Result<Account, Failure> {
    encrypted(way, context.options.allow_insecure_tls)?;
    let namespace = object.namespace().unwrap_or_default();
    let age = acceptable_age(conditions_of(object));
    let (name, field) = (&way.credentials.name, format!("{}.credentialsRef", way.field));
    let secret = context.secrets.read(&namespace, name, &field, now, age).await?;
    let trust =
        tls::trust(context, &namespace, &format!("{}.tls", way.field), way.tls, None, (now, age)).await?;
    Ok(Account {
        url: way.url.clone(),
        token_url: way.token_url.clone(),
        proxy: way.proxy.clone(),
        username: way.username.map(str::to_owned),
        credentials: secret.values(),
        secret_name: name.clone(),
        credentials_version: secret.version.clone(),
        trust,
    })
}

/// Nobody is asked for a token that would then go where anybody can read it.
fn encrypted(way: &Way<'_>, plain_is_allowed: bool) -> Result<(), Failure> {
    let addresses = [("url", Some(&way.url)), ("tokenUrl", way.token_url.as_ref())];
    let mut plain =
        addresses.iter().filter_map(|(name, url)| Some((name, url.filter(|url| url.scheme() == "http")?)));
    match plain.next() {
        Some((name, url)) if !plain_is_allowed => {
            let message = format!(
                "{}.{name} {} is not encrypted, and credentials go there; use https, or have the administrator allow it with \
                 --allow-insecure-tls",
                way.field,
                url.origin().ascii_serialization()
            );
            Err(Failure::new(Reason::InsecureNotAllowed, message))
        }
        _ => Ok(()),
    }
}

/// A failure on the way to the registrar, of the credentials there or of the key, with the field that leads to it.
pub(super) fn placed(way: &Way<'_>, failure: Failure) -> Failure {
    let said = match failure.reason {
        Reason::CredentialsInvalid | Reason::CredentialsRefused => format!("{}.credentialsRef", way.field),
        Reason::ForeignSubscription => {
            "spec.clusterId: give another one, or the credentials of the account that has it".to_owned()
        }
        // Whoever speaks to the token service or through a proxy knows better which field leads there.
        _ if failure.message.starts_with(way.field) => return failure,
        _ => return failure.of_peer(&format!("{}.url", way.field), &format!("{}.tls", way.field)),
    };
    Failure { message: format!("{said}: {}", failure.message), ..failure }
}
