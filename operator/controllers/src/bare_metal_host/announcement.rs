//! Tells people when a host stands otherwise than before.

use slipway_core::{
    finding::Finding,
    reason::{Class, Reason},
};
use slipway_crds::{condition::READY, v1alpha1::BareMetalHost};

use crate::{claims::key_of, context::Context, event};

/// What people are told of: the reason of `Ready`, and how far which attempt is.
type Standing<'a> = (Option<&'a str>, Option<(&'a str, i32, Option<&'a str>)>);

fn standing(host: &BareMetalHost) -> Standing<'_> {
    let Some(status) = &host.status else { return (None, None) };
    let ready = status.conditions.iter().find(|condition| condition.type_ == READY);
    let install = status.install.as_ref();
    (
        ready.map(|ready| ready.reason.as_str()),
        install.map(|install| (install.id.as_str(), install.attempt, install.step.as_deref())),
    )
}

/// One line in the log and one event for each change between two versions of a host, of which the later stands as `overall` says.
pub(crate) async fn announce(
    context: &Context,
    before: &BareMetalHost,
    after: &BareMetalHost,
    overall: &Finding,
) {
    let (was, is) = (standing(before), standing(after));
    // A write that another writer has overtaken shows how that one saw it.
    if was == is || is.0 != Some(overall.reason.as_str()) {
        return;
    }
    let key = key_of(after);
    tracing::info!(host.namespace = key.namespace, host.name = key.name, reason = %overall.reason, message = overall.message, "Host changed");
    let warning = matches!(overall.reason.class(), Class::Person | Class::Transient);
    // A BMC that comes and goes is one event that is counted.
    let action = if is_of_the_way(overall.reason) { "Observe" } else { &overall.message };
    event::publish(&context.recorder, after, warning, overall.reason.as_str(), &overall.message, action)
        .await;
}

/// Whether a reason speaks of the way to the outside, whose messages differ from try to try.
fn is_of_the_way(reason: Reason) -> bool {
    let of_an_attempt =
        matches!(reason, Reason::BootNotSeen | Reason::InstallTimedOut | Reason::InstallFailed);
    reason.class() == Class::Transient && !of_an_attempt
}
