//! Whether a connection may be approved: a pure function of the object as it was read.

use kube::ResourceExt as _;
use serde_json::{Value, json};
use slipway_core::infrastructure::{ConnectionState, Fingerprint, HandshakeResult, MOVES, Move, Step};
use slipway_crds::v1alpha1::infrastructure::{
    ApprovalMode, ConnectionPolicy, ConnectionWish, HandshakeStatus, Infrastructure,
};

use super::comparison::Difference;

/// What may be approved: one fingerprint of one version of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Approval {
    /// The rack's fingerprint as status has it.
    pub(crate) fingerprint: String,
    /// Version of the object that was shown.
    pub(crate) resource_version: String,
    /// Nothing happens before `spec.suspend` is taken back.
    pub(crate) suspended: bool,
}

impl Approval {
    /// The merge patch. The API server refuses it when the object is no longer of this version.
    pub(crate) fn patch(&self) -> Value {
        json!({
            "metadata": {"resourceVersion": self.resource_version},
            "spec": {"connection": {"approvedFingerprint": self.fingerprint}},
        })
    }
}

/// Why a connection may not be approved, and what to do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("it is being deleted")]
    Deleting,
    #[error(
        "approval is Automatic: Slipway itself accepts the connection when the fingerprints are the same; \
         set spec.connection.approval to Manual to decide yourself"
    )]
    NotManual,
    #[error("nothing waits for approval: spec.connection.desired is not Connected")]
    NotWanted,
    #[error(
        "nothing waits for approval: no handshake has begun, the connection is {0}; see status.plan and status.notBefore"
    )]
    NotBegun(String),
    #[error(
        "the fingerprints are NOT the same: {0}. Do not accept this connection by another way; Slipway rejects it and \
         begins again with a new PIN. If it happens again, somebody may be between the rack and Oracle Cloud"
    )]
    Different(Difference),
    #[error("nothing waits for approval, the handshake is over: {0}")]
    Ended(String),
    #[error("the rack has not answered a fingerprint yet, the connection is {0}; try again when it has")]
    NoRackFingerprint(String),
    #[error("OCI shows no fingerprint yet, the connection is {0}; try again when it does")]
    NoOciFingerprint(String),
    #[error(
        "nothing waits for approval: the connection is {state} and the handshake at {step}; only one that is compared in REQUEST can be accepted"
    )]
    NotCompared { state: String, step: String },
    #[error(
        "nothing waits for approval: this fingerprint is approved already, and Slipway goes on by itself"
    )]
    Approved,
    #[error("the fingerprint is not the one given with --fingerprint: {0}. Read it at the rack again")]
    Unexpected(Difference),
    #[error("the API server gave no resourceVersion, so what was shown cannot be approved for certain")]
    Unversioned,
}

/// Fingerprints of the latest handshake: the rack's, OCI's.
pub(crate) fn fingerprints(infrastructure: &Infrastructure) -> [Option<Fingerprint>; 2] {
    let handshake = infrastructure.status.as_ref().and_then(|status| status.handshake.as_ref());
    let side = |of: fn(&HandshakeStatus) -> Option<&String>| {
        handshake.and_then(of).and_then(|text| Fingerprint::new(text))
    };
    [
        side(|handshake| handshake.rack_fingerprint.as_ref()),
        side(|handshake| handshake.oci_fingerprint.as_ref()),
    ]
}

/// State of the connection in OCI's words, safe for a terminal.
pub(crate) fn connection_state(infrastructure: &Infrastructure) -> String {
    plain(infrastructure.status.as_ref().and_then(|status| status.connection_state.as_ref()))
}

/// A word of status, safe for a terminal.
fn plain(word: Option<&String>) -> String {
    word.map_or("not known", String::as_str).escape_default().to_string()
}

/// Whether the operator would accept the connection now if it were approved: asked of the operator's own table.
fn is_compared(state: &str, handshake: &HandshakeStatus) -> bool {
    let Some(step) = handshake.step.as_deref().and_then(Step::from_status) else { return false };
    let state = ConnectionState::from_wire(state);
    MOVES.iter().any(|row| row.next == Move::Compare && row.state == state && row.steps.contains(&step))
}

/// Decides. `expected` is what the administrator read at the rack; none: not said.
///
/// A mismatch is named before everything that would only say that it is too late or too early.
pub(crate) fn decide(
    infrastructure: &Infrastructure,
    expected: Option<&Fingerprint>,
) -> Result<Approval, Refusal> {
    let policy = wish(infrastructure)?;
    let state = connection_state(infrastructure);
    let status = infrastructure.status.as_ref();
    let handshake = status
        .and_then(|status| status.handshake.as_ref())
        .ok_or_else(|| Refusal::NotBegun(state.clone()))?;
    let [rack, oci] = fingerprints(infrastructure);
    if let (Some(rack), Some(oci)) = (&rack, &oci)
        && !rack.matches(oci)
    {
        return Err(Refusal::Different(Difference::between(rack, oci)));
    }
    if let Some(result) = &handshake.result {
        let known = HandshakeResult::from_status(result).map(|result| result.words().to_owned());
        return Err(Refusal::Ended(known.unwrap_or_else(|| plain(Some(result)))));
    }
    let rack = rack.ok_or_else(|| Refusal::NoRackFingerprint(state.clone()))?;
    oci.ok_or_else(|| Refusal::NoOciFingerprint(state.clone()))?;
    if !is_compared(&state, handshake) {
        return Err(Refusal::NotCompared { state, step: plain(handshake.step.as_ref()) });
    }
    let approved = policy.approved_fingerprint.as_deref().and_then(Fingerprint::new);
    if approved.is_some_and(|approved| approved.matches(&rack)) {
        return Err(Refusal::Approved);
    }
    if let Some(expected) = expected.filter(|expected| !expected.matches(&rack)) {
        return Err(Refusal::Unexpected(Difference::between(expected, &rack)));
    }
    // An empty version in a patch would mean: whatever the object is now.
    let resource_version = infrastructure.resource_version().filter(|version| !version.is_empty());
    Ok(Approval {
        fingerprint: rack.as_str().to_owned(),
        resource_version: resource_version.ok_or(Refusal::Unversioned)?,
        suspended: infrastructure.spec.suspend,
    })
}

/// The policy of an object whose spec leaves a decision to a person.
fn wish(infrastructure: &Infrastructure) -> Result<&ConnectionPolicy, Refusal> {
    if infrastructure.metadata.deletion_timestamp.is_some() {
        return Err(Refusal::Deleting);
    }
    let policy = infrastructure.spec.connection.as_ref().ok_or(Refusal::NotWanted)?;
    match (policy.approval, policy.desired) {
        (ApprovalMode::Automatic, _) => Err(Refusal::NotManual),
        (ApprovalMode::Manual, ConnectionWish::Rejected) => Err(Refusal::NotWanted),
        (ApprovalMode::Manual, ConnectionWish::Connected) => Ok(policy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SHA-512 digest as the rack writes it.
    fn print() -> String {
        "3a7f09bc".repeat(16)
    }

    fn with_colons(print: &str) -> String {
        print.to_uppercase().as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":")
    }

    /// An object that waits for approval, with these fields replaced (JSON pointers).
    fn infrastructure(changes: &[(&str, Value)]) -> Infrastructure {
        let mut object = json!({
            "apiVersion": "slipway.dev/v1alpha1", "kind": "Infrastructure",
            "metadata": {"name": "rack1", "namespace": "metal", "resourceVersion": "42", "deletionTimestamp": null},
            "spec": {
                "oci": {"region": "us-ashburn-1", "credentialsRef": {"name": "oci"}},
                "connection": {"desired": "Connected", "approval": "Manual", "approvedFingerprint": null},
                "suspend": false,
            },
            "status": {
                "connectionState": "REQUEST",
                "handshake": {
                    "attempt": 1, "step": "AwaitingApproval", "result": null,
                    "rackFingerprint": print(), "ociFingerprint": with_colons(&print()),
                },
            },
        });
        for (pointer, value) in changes {
            *object.pointer_mut(pointer).unwrap() = value.clone();
        }
        serde_json::from_value(object).unwrap()
    }

    fn refusal(changes: &[(&str, Value)]) -> Refusal {
        decide(&infrastructure(changes), None).unwrap_err()
    }

    #[test]
    fn what_was_shown_is_approved_at_the_version_that_was_shown() {
        let approval = decide(&infrastructure(&[]), None).unwrap();
        let wanted = Approval { fingerprint: print(), resource_version: "42".into(), suspended: false };
        assert_eq!(approval, wanted);
        let patch = json!({"metadata": {"resourceVersion": "42"}, "spec": {"connection": {"approvedFingerprint": print()}}});
        assert_eq!(approval.patch(), patch);
        assert!(decide(&infrastructure(&[("/spec/suspend", json!(true))]), None).unwrap().suspended);
    }

    #[test]
    fn an_older_approval_is_replaced() {
        let other = [("/spec/connection/approvedFingerprint", json!("aa"))];
        assert_eq!(decide(&infrastructure(&other), None).unwrap().fingerprint, print());
    }

    #[test]
    fn nothing_else_is_approved() {
        let (rack, oci) = ("/status/handshake/rackFingerprint", "/status/handshake/ociFingerprint");
        let (state, result) = ("/status/connectionState", "/status/handshake/result");
        let request = || "REQUEST".to_owned();
        let not_compared =
            |state: &str, step: &str| Refusal::NotCompared { state: state.into(), step: step.into() };
        let step = "/status/handshake/step";
        let cases = [
            ("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"), Refusal::Deleting),
            ("/spec/connection", Value::Null, Refusal::NotWanted),
            ("/spec/connection/approval", json!("Automatic"), Refusal::NotManual),
            ("/spec/connection/desired", json!("Rejected"), Refusal::NotWanted),
            ("/spec/connection/approvedFingerprint", json!(with_colons(&print())), Refusal::Approved),
            ("/status", Value::Null, Refusal::NotBegun("not known".into())),
            ("/status/handshake", Value::Null, Refusal::NotBegun(request())),
            (result, json!("Matched"), Refusal::Ended("the fingerprints are the same".into())),
            (result, json!("New\u{1b}"), Refusal::Ended("New\\u{1b}".into())),
            (rack, Value::Null, Refusal::NoRackFingerprint(request())),
            (rack, json!(""), Refusal::NoRackFingerprint(request())),
            (oci, Value::Null, Refusal::NoOciFingerprint(request())),
            (oci, json!(" "), Refusal::NoOciFingerprint(request())),
            (oci, json!("3a7f09bd".repeat(16)), Refusal::Different(Difference::At(8))),
            (oci, json!(print()[..126]), Refusal::Different(Difference::EndsAfter(126))),
            (state, Value::Null, not_compared("not known", "AwaitingApproval")),
            (state, json!("REJECT"), not_compared("REJECT", "AwaitingApproval")),
            (state, json!("READY"), not_compared("READY", "AwaitingApproval")),
            (state, json!("CONNECTED"), not_compared("CONNECTED", "AwaitingApproval")),
            (state, json!("a\u{1b}b"), not_compared("a\\u{1b}b", "AwaitingApproval")),
            (step, Value::Null, not_compared("REQUEST", "not known")),
            (step, json!("Posting"), not_compared("REQUEST", "Posting")),
            (step, json!("Failed"), not_compared("REQUEST", "Failed")),
            (step, json!("New"), not_compared("REQUEST", "New")),
            ("/metadata/resourceVersion", Value::Null, Refusal::Unversioned),
            ("/metadata/resourceVersion", json!(""), Refusal::Unversioned),
        ];
        for (pointer, value, wanted) in cases {
            assert_eq!(refusal(&[(pointer, value.clone())]), wanted, "{pointer} {value}");
        }
    }

    #[test]
    fn a_mismatch_is_named_even_when_it_is_too_late() {
        let late = [
            ("/status/handshake/ociFingerprint", json!("aa")),
            ("/status/handshake/result", json!("Mismatched")),
            ("/status/connectionState", json!("REJECT")),
        ];
        assert_eq!(refusal(&late), Refusal::Different(Difference::At(1)));
    }

    #[test]
    fn two_missing_fingerprints_are_not_two_equal_ones() {
        let none = [
            ("/status/handshake/ociFingerprint", json!("")),
            ("/status/handshake/rackFingerprint", json!("")),
        ];
        assert_eq!(refusal(&none), Refusal::NoRackFingerprint("REQUEST".into()));
    }

    #[test]
    fn the_same_beginning_of_two_digests_is_not_two_equal_digests() {
        let short = json!("3a7f09bc");
        let both = [
            ("/status/handshake/ociFingerprint", short.clone()),
            ("/status/handshake/rackFingerprint", short),
        ];
        assert_eq!(refusal(&both), Refusal::Different(Difference::Hidden));
    }

    #[test]
    fn the_fingerprint_that_was_read_at_the_rack_has_to_be_the_same() {
        let expected = |text: &str| decide(&infrastructure(&[]), Fingerprint::new(text).as_ref());
        let colons = with_colons(&print());
        assert!(expected(&colons).is_ok());
        assert_eq!(expected("3a7f09"), Err(Refusal::Unexpected(Difference::EndsAfter(6))));
        let other = "4a7f09bc".repeat(16);
        assert_eq!(expected(&other), Err(Refusal::Unexpected(Difference::At(1))));
    }
}
