//! When an object is looked at again, and how old what it is shown then may be.

use std::time::Duration;

use kube::runtime::controller::Action;
use slipway_core::{
    failure::Failure,
    reason::{Class, Reason},
    subscription::{Look, RemoteStatus},
};
use slipway_crds::condition::READY;

use super::round::Round;
use crate::pace;

impl Round<'_> {
    pub(super) fn pause_after(&self, failure: &Failure, failures: u32) -> Duration {
        let interval = self.context.options.timings.poll;
        let pause = match failure.reason {
            // Asking again is asking the same of the same people.
            Reason::QuotaShort
            | Reason::ForeignSubscription
            | Reason::RequestRefused
            | Reason::PermissionMissing => pace::poll(&self.uid, self.at_rest()),
            reason => match reason.class() {
                Class::Person | Class::Fine => interval.min(Duration::from_mins(1)),
                Class::Waiting | Class::Transient => pace::after_failure(&self.uid, failures),
            },
        };
        pause.max(failure.retry_after.unwrap_or_default())
    }

    /// How old a list may be that this object is looked up in: at rest it is everybody's.
    pub(super) fn acceptable_age(&self) -> Duration {
        let generation = self.object.metadata.generation;
        let is_at_rest = self.object.status.as_ref().is_some_and(|status| {
            let is_reserved = status.remote_status.as_deref() == Some(RemoteStatus::Reserved.as_str())
                && self.object.spec.cluster.declared.is_none();
            let is_ready =
                status.conditions.iter().any(|known| known.type_ == READY && known.status == "True");
            is_ready && !is_reserved && Some(status.observed_generation) == generation
        });
        if is_at_rest { self.at_rest() } else { self.context.options.timings.poll / 2 }
    }

    /// Between two looks at a record at rest: ten polling intervals (`facts/ocm.md §7.2`).
    pub(super) fn at_rest(&self) -> Duration {
        self.context.options.timings.poll * 10
    }

    pub(super) fn until(&self, look: Look) -> Duration {
        match look {
            Look::Now => Duration::ZERO,
            Look::Soon => pace::poll(&self.uid, self.context.options.timings.poll),
            Look::At(moment) => {
                let left = Duration::try_from(moment.duration_since(self.now)).unwrap_or_default();
                left.clamp(Duration::from_secs(1), self.at_rest())
            }
            Look::AtRest => pace::poll(&self.uid, self.at_rest()),
        }
    }

    pub(super) fn rest(&self, pause: Duration) -> Action {
        self.context.ledger.rest_for(&self.uid, pause);
        Action::requeue(pause)
    }
}
