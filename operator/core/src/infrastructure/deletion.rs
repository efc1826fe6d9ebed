//! What is done at OCI when a rack's object goes away.

use super::{ConnectionState, Observation, Order};

/// What the policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionPolicy {
    /// Nothing.
    Retain,
    /// The connection is cut.
    Reject,
    /// The connection is cut and the record deleted.
    Delete,
}

/// What is still to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionStep {
    /// Nothing.
    Done,
    /// Give this order.
    Order(Order),
    /// Delete the record.
    Delete,
}

/// What is still to be done about a record that was read.
#[must_use]
pub fn deletion(policy: DeletionPolicy, seen: &Observation) -> DeletionStep {
    if policy == DeletionPolicy::Retain || seen.lifecycle_state == "DELETED" {
        return DeletionStep::Done;
    }
    let is_broken = seen.lifecycle_state == "FAILED";
    match (&seen.state, policy) {
        // A record that has failed may not take an order any more.
        (_, DeletionPolicy::Delete) if is_broken => DeletionStep::Delete,
        (Some(ConnectionState::Reject), DeletionPolicy::Delete) => DeletionStep::Delete,
        (Some(ConnectionState::Reject), _) => DeletionStep::Done,
        _ => DeletionStep::Order(Order::Reject),
    }
}
