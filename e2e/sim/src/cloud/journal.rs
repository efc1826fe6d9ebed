//! What was asked of the cloud, and what should not have been done.

use super::infrastructure::ConnectionState;
use crate::guarded::Guarded;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::VecDeque;

/// One call as the cloud saw it.
#[derive(Debug, Clone, Serialize)]
pub struct CloudCall {
    /// Number of the call, from 1.
    pub number: u64,
    /// HTTP method.
    pub method: String,
    /// Path with the query.
    pub target: String,
    /// `keyId` of the signature, as claimed.
    pub key_id: Option<String>,
    /// By the service's clock.
    pub at: Timestamp,
    /// By the wall's clock.
    pub wall: Timestamp,
    /// HTTP status of the answer; `None` when none was sent (yet).
    pub status: Option<u16>,
    /// Infrastructure that the call was about.
    pub infrastructure: Option<String>,
    /// Its connection state before the call.
    pub state_before: Option<ConnectionState>,
    /// Its connection state after the call.
    pub state_after: Option<ConnectionState>,
    /// Whether there was an `if-match`.
    pub if_match: bool,
    /// `opc-retry-token`.
    pub retry_token: Option<String>,
    /// `opc-request-id` as sent.
    pub request_id: Option<String>,
}

/// What a caller or a rack's user should not have done (facts/oci.md §1.4, §1.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Offence {
    /// The rack was given a PIN before REJECT had lasted 20 minutes.
    EarlyHandshake {
        /// Seconds that REJECT had lasted.
        after_seconds: u64,
    },
    /// The same PIN was posted to the same rack again.
    PinPostedTwice,
    /// A PIN that was never given out.
    PinUnknown,
    /// A PIN that another one has replaced, or whose infrastructure is not in REJECT or gone.
    PinStale,
    /// A PIN of an infrastructure that another rack belongs to.
    PinOfAnotherRack,
    /// READY from another state than REQUEST.
    ReadyWithoutRequest {
        /// The state it was in.
        state: ConnectionState,
    },
    /// READY although the caller cannot have seen two fingerprints that are the same.
    ReadyWithoutMatch,
    /// A user took a working connection to REJECT. Right when the spec asks for it: the test has to know.
    ConnectedToReject,
    /// PUT, DELETE or a move without `if-match`.
    WriteWithoutIfMatch,
}

/// An offence with its circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// What.
    pub offence: Offence,
    /// OCID of the infrastructure, when it is known.
    pub infrastructure: Option<String>,
    /// Name of the rack, for what was posted to one.
    pub rack: Option<String>,
    /// Key id of the caller, for what was asked of the cloud.
    pub by: Option<String>,
    /// By the service's clock.
    pub at: Timestamp,
}

#[derive(Debug, Default)]
struct Pages {
    calls: VecDeque<CloudCall>,
    made: u64,
    violations: Vec<Violation>,
}

/// The journal of one cloud.
#[derive(Debug)]
pub(super) struct Journal {
    limit: usize,
    pages: Guarded<Pages>,
}

impl Journal {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, pages: Guarded::default() }
    }

    /// The call's number is given by the journal.
    pub(super) fn begin(&self, mut call: CloudCall) -> u64 {
        let mut pages = self.pages.lock();
        pages.made += 1;
        call.number = pages.made;
        if pages.calls.len() >= self.limit {
            pages.calls.pop_front();
        }
        pages.calls.push_back(call);
        pages.made
    }

    pub(super) fn edit(&self, number: u64, change: impl FnOnce(&mut CloudCall)) {
        let mut pages = self.pages.lock();
        if let Some(call) = pages.calls.iter_mut().rev().find(|call| call.number == number) {
            change(call);
        }
    }

    pub(super) fn accuse(&self, violation: Violation) {
        self.pages.lock().violations.push(violation);
    }

    pub(super) fn calls(&self) -> Vec<CloudCall> {
        self.pages.lock().calls.iter().cloned().collect()
    }

    pub(super) fn call_count(&self) -> u64 {
        self.pages.lock().made
    }

    pub(super) fn violations(&self) -> Vec<Violation> {
        self.pages.lock().violations.clone()
    }

    /// Forgets calls and violations; numbers go on.
    pub(super) fn clear(&self) {
        let mut pages = self.pages.lock();
        pages.calls.clear();
        pages.violations.clear();
    }
}
