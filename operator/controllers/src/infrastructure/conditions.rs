//! A rack's conditions.

use slipway_core::{
    failure::Failure,
    finding::Finding,
    infrastructure::{ConnectionState, HandshakeResult, Observation, Rules, Step, refresh_due},
    reason::Reason,
};
use slipway_crds::{
    condition::{
        CONNECTED, CREDENTIALS_VALID, Condition, FINGERPRINT_MATCHED, REACHABLE, REFRESH_DUE, REGISTERED,
        TLS_VERIFIED,
    },
    v1alpha1::{Infrastructure, InfrastructureStatus},
};

use super::{
    status::{Look, Outlook},
    validate,
};
use crate::condition::{Conditions, Truth};

/// The conditions that follow.
pub(super) fn build(
    object: &Infrastructure,
    previous: &InfrastructureStatus,
    outlook: &Outlook<'_>,
) -> Vec<Condition> {
    let mut list = Conditions::new(&previous.conditions, object.metadata.generation, outlook.now);
    list.overall(outlook.overall);
    match outlook.look {
        Look::Seen(seen) => found(&mut list, seen),
        Look::Failed(failure) => failed(&mut list, failure),
        Look::None => {
            for kind in [REACHABLE, CREDENTIALS_VALID, REGISTERED] {
                list.keep(kind, outlook.overall);
            }
        }
    }
    connected(&mut list, outlook);
    if object.spec.connection.is_some() {
        fingerprint(&mut list, outlook);
        tls_verified(&mut list, object, outlook);
        refresh(&mut list, object, outlook);
    }
    list.list()
}

fn verified(message: impl Into<String>) -> Finding {
    Finding::new(Reason::Verified, message)
}

fn found(list: &mut Conditions<'_>, seen: &Observation) {
    list.set(REACHABLE, Truth::True, &verified("Oracle Cloud answers"));
    list.set(CREDENTIALS_VALID, Truth::True, &verified("Oracle Cloud took the signature"));
    let details = seen.lifecycle_details.as_deref().map(|text| format!(": {text}")).unwrap_or_default();
    let state = format!("{:?} is {}{details}", seen.display_name, seen.lifecycle_state);
    let broken = match seen.lifecycle_state.as_str() {
        "DELETED" => Some(Reason::InfrastructureDeleted),
        "FAILED" => Some(Reason::InfrastructureFailed),
        _ => None,
    };
    match broken {
        Some(reason) => list.set(REGISTERED, Truth::False, &Finding::new(reason, state)),
        None => list.set(REGISTERED, Truth::True, &verified(state)),
    }
}

/// A failed look says something of the way to OCI, of the credentials or of the record, and nothing of the connection.
fn failed(list: &mut Conditions<'_>, failure: &Failure) {
    let finding = Finding::new(failure.reason, failure.message.clone());
    let kinds = [REACHABLE, CREDENTIALS_VALID, REGISTERED];
    let culprit = match failure.reason {
        Reason::SecretMissing
        | Reason::SecretForbidden
        | Reason::SecretIncomplete
        | Reason::CredentialsInvalid
        | Reason::CredentialsRefused
        | Reason::ClockSkew => Some(CREDENTIALS_VALID),
        Reason::NotAuthorizedOrNotFound
        | Reason::PermissionMissing
        | Reason::InfrastructureNotFound
        | Reason::InfrastructureAmbiguous
        | Reason::NameTaken
        | Reason::RequestRefused
        | Reason::Suspended => Some(REGISTERED),
        Reason::ApiFailed | Reason::InsecureNotAllowed | Reason::Internal => None,
        _ => Some(REACHABLE),
    };
    for kind in kinds {
        if culprit == Some(kind) {
            list.set(kind, Truth::False, &finding);
        } else {
            list.keep(kind, &finding);
        }
    }
}

fn connected(list: &mut Conditions<'_>, outlook: &Outlook<'_>) {
    let Some((state, _)) = &outlook.record.state else {
        return list.keep(CONNECTED, outlook.overall);
    };
    let (truth, reason, message) = match state {
        ConnectionState::Connected => {
            (Truth::True, Reason::Connected, "the rack is connected to Oracle Cloud".to_owned())
        }
        ConnectionState::Disconnected => {
            (Truth::False, Reason::Disconnected, "contact is lost; workloads on the rack go on".to_owned())
        }
        ConnectionState::Reject => {
            let message =
                "REJECT: workloads on the rack go on, synchronisation with Oracle Cloud stands still";
            (Truth::False, Reason::Rejected, message.to_owned())
        }
        ConnectionState::Other(word) => {
            (Truth::Unknown, Reason::StateUnknown, format!("Oracle Cloud shows the state {word:?}"))
        }
        state => (Truth::False, Reason::Connecting, format!("{state}: the connection is being made")),
    };
    list.set(CONNECTED, truth, &Finding::new(reason, message));
}

fn fingerprint(list: &mut Conditions<'_>, outlook: &Outlook<'_>) {
    let handshake = &outlook.record.handshake;
    let compared = handshake.rack_fingerprint.as_ref().zip(handshake.oci_fingerprint.as_ref());
    let attempt = handshake.attempt;
    match compared.map(|(rack, oci)| rack.matches(oci)) {
        Some(true) => {
            let message = format!("attempt {attempt}: rack and Oracle Cloud show the same fingerprint");
            list.set(FINGERPRINT_MATCHED, Truth::True, &verified(message));
        }
        Some(false) => {
            let message = format!(
                "attempt {attempt}: rack and Oracle Cloud show DIFFERENT fingerprints (status.handshake): somebody else may have answered in \
                 the rack's place"
            );
            list.set(FINGERPRINT_MATCHED, Truth::False, &Finding::new(Reason::FingerprintMismatch, message));
        }
        None if handshake.step == Step::Connected
            || handshake.result == Some(HandshakeResult::AcceptedElsewhere) =>
        {
            let message = "this connection was not made by Slipway: nothing was compared";
            list.set(FINGERPRINT_MATCHED, Truth::Unknown, &Finding::new(Reason::NotRequested, message));
        }
        None => {
            let message = "not both fingerprints are known yet";
            list.set(FINGERPRINT_MATCHED, Truth::Unknown, &Finding::new(Reason::Connecting, message));
        }
    }
}

fn tls_verified(list: &mut Conditions<'_>, object: &Infrastructure, outlook: &Outlook<'_>) {
    let tls = object.spec.rack.as_ref().and_then(|rack| rack.tls.as_ref());
    let skipped = tls.is_some_and(|tls| tls.insecure_skip_verify == Some(true));
    match outlook.greeted {
        Some(Err(failure)) => {
            list.set(TLS_VERIFIED, Truth::False, &Finding::new(failure.reason, failure.message.clone()));
        }
        _ if skipped => {
            let message = "spec.rack.tls.insecureSkipVerify: the rack's certificate is NOT checked; only the comparison of the fingerprints \
                           protects the handshake";
            list.set(TLS_VERIFIED, Truth::False, &Finding::new(Reason::TlsSkipped, message));
        }
        Some(Ok(())) => {
            list.set(TLS_VERIFIED, Truth::True, &verified("the rack showed a certificate that is trusted"));
        }
        None => list.keep(TLS_VERIFIED, &Finding::new(Reason::NotRequested, "the rack was not asked yet")),
    }
}

/// Abnormal-true: there while a refresh is due, or while none can be made in time.
fn refresh(list: &mut Conditions<'_>, object: &Infrastructure, outlook: &Outlook<'_>) {
    let (Some(plan), Look::Seen(seen)) = (outlook.plan, outlook.look) else { return };
    let due = plan.refresh.or_else(|| {
        // Not connected yet: would a connection that begins now find its window?
        let wish = validate::check(&object.spec, outlook.now).ok()?.wish.connection?;
        Some(refresh_due(seen.seen_at, wish.refresh.as_ref(), &Rules::default(), seen.seen_at))
    });
    let Some(due) = due else { return };
    if due.misses_limit {
        let message = "connection.refresh: no window opens between refresh.before and the end of the connection; make refresh.before longer or \
                       let refresh.window come more often";
        list.set(REFRESH_DUE, Truth::True, &Finding::new(Reason::WindowMissesLimit, message));
    } else if plan.refresh.is_some() && seen.seen_at >= due.at {
        let has_policy =
            object.spec.connection.as_ref().is_some_and(|connection| connection.refresh.is_some());
        let message = if has_policy {
            "the connection is to be made anew before Oracle Cloud ends it; that waits while an upgrade runs or spec.suspend is set"
        } else {
            "the connection should be made anew before Oracle Cloud ends it; set connection.refreshId, or connection.refresh to have it done by \
             itself"
        };
        list.set(REFRESH_DUE, Truth::True, &Finding::new(Reason::RefreshDue, message));
    }
}
