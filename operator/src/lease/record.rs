//! What a Lease says, and what to do about it: no I/O and no clock of its own.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::ResourceExt;
use tokio::time::Instant;

/// What to do about a Lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is ours: say so again.
    Renew,
    /// It is nobody's, or its holder has not been heard of for its duration.
    Take,
    /// It is somebody else's.
    Wait,
}

/// | holder | heard of | step |
/// | --- | --- | --- |
/// | ourselves, also before a restart | | renew |
/// | nobody | | take |
/// | another | within the duration it asked for | wait |
/// | another | not for that long | take |
///
/// `silent` is how long the Lease has not changed by our own clock: the holder's clock is never compared with ours.
pub(super) fn step(lease: &Lease, identity: &str, silent: Duration) -> Step {
    match holder(lease) {
        Some(holder) if holder == identity => Step::Renew,
        Some(_) if silent < duration(lease) => Step::Wait,
        _ => Step::Take,
    }
}

/// Who holds it, if anybody does.
pub(super) fn holder(lease: &Lease) -> Option<&str> {
    lease.spec.as_ref()?.holder_identity.as_deref().filter(|holder| !holder.is_empty())
}

/// For how long it is good after each change.
pub(super) fn duration(lease: &Lease) -> Duration {
    let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds).unwrap_or_default();
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

/// Who writes Leases, and for how long they are good.
#[derive(Debug, Clone)]
pub(super) struct Holder {
    /// `holderIdentity`.
    pub(super) identity: String,
    /// `leaseDurationSeconds`: whole seconds.
    pub(super) duration: Duration,
}

impl Holder {
    /// A Lease that is not there yet.
    pub(super) fn fresh(&self, name: &str, now: Timestamp) -> Lease {
        let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
        self.written(Lease { metadata, ..Lease::default() }, now)
    }

    /// The Lease as it is to be written to hold it, with the version it was read with.
    pub(super) fn written(&self, lease: Lease, now: Timestamp) -> Lease {
        let earlier = lease.spec.clone().unwrap_or_default();
        let is_ours = holder(&lease) == Some(self.identity.as_str());
        let transitions = earlier.lease_transitions.unwrap_or_default();
        let spec = LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: Some(i32::try_from(self.duration.as_secs()).unwrap_or(i32::MAX)),
            acquire_time: earlier.acquire_time.filter(|_| is_ours).or(Some(MicroTime(now))),
            renew_time: Some(MicroTime(now)),
            lease_transitions: Some(if is_ours { transitions } else { transitions.saturating_add(1) }),
            ..earlier
        };
        Lease { metadata: kept(lease.metadata), spec: Some(spec) }
    }

    /// The Lease as it is to be written to give it up; `None` when it is not ours to give.
    pub(super) fn released(&self, lease: Lease, now: Timestamp) -> Option<Lease> {
        (holder(&lease) == Some(self.identity.as_str())).then(|| {
            let spec = LeaseSpec {
                holder_identity: Some(String::new()),
                renew_time: Some(MicroTime(now)),
                ..lease.spec.unwrap_or_default()
            };
            Lease { metadata: kept(lease.metadata), spec: Some(spec) }
        })
    }
}

fn kept(metadata: ObjectMeta) -> ObjectMeta {
    ObjectMeta { managed_fields: None, ..metadata }
}

/// Since when a Lease is as it is, by our own clock.
#[derive(Debug, Default)]
pub(super) struct Sighting(Option<(Option<String>, Instant)>);

impl Sighting {
    /// Takes a look and says how long nothing has changed.
    pub(super) fn silent(&mut self, lease: &Lease, now: Instant) -> Duration {
        let version = lease.resource_version();
        match &self.0 {
            Some((seen, since)) if *seen == version => now.saturating_duration_since(*since),
            _ => {
                self.0 = Some((version, now));
                Duration::ZERO
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> Holder {
        Holder { identity: "a".to_owned(), duration: Duration::from_secs(15) }
    }

    fn held_by(identity: &str) -> Lease {
        let mut lease =
            Holder { identity: identity.to_owned(), ..ours() }.fresh("slipway", Timestamp::UNIX_EPOCH);
        lease.metadata.resource_version = Some("7".to_owned());
        lease
    }

    #[test]
    fn only_a_lease_that_is_ours_nobodys_or_silent_is_written() {
        let seconds = Duration::from_secs;
        assert_eq!(step(&held_by("a"), "a", seconds(99)), Step::Renew);
        assert_eq!(step(&held_by("b"), "a", seconds(14)), Step::Wait);
        assert_eq!(step(&held_by("b"), "a", seconds(15)), Step::Take);
        assert_eq!(step(&held_by(""), "a", seconds(0)), Step::Take);
        assert_eq!(step(&Lease::default(), "a", seconds(0)), Step::Take);
    }

    #[test]
    fn a_write_keeps_the_version_and_counts_changes_of_the_holder() {
        let now = Timestamp::from_second(100).unwrap();
        let renewed = ours().written(held_by("a"), now);
        let spec = renewed.spec.unwrap();
        assert_eq!((spec.acquire_time.unwrap().0, spec.lease_transitions), (Timestamp::UNIX_EPOCH, Some(1)));
        assert_eq!(spec.renew_time.unwrap().0, now);
        let taken = ours().written(held_by("b"), now);
        assert_eq!(taken.metadata.resource_version.as_deref(), Some("7"));
        let spec = taken.spec.unwrap();
        assert_eq!((spec.acquire_time.unwrap().0, spec.lease_transitions), (now, Some(2)));
        assert_eq!(spec.lease_duration_seconds, Some(15));
    }

    #[test]
    fn only_our_own_lease_is_given_up() {
        assert_eq!(ours().released(held_by("b"), Timestamp::UNIX_EPOCH), None);
        let released = ours().released(held_by("a"), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(holder(&released), None);
        assert_eq!(step(&released, "b", Duration::ZERO), Step::Take);
    }

    #[test]
    fn silence_is_counted_from_the_last_change_that_we_saw() {
        let (mut sighting, begin) = (Sighting::default(), Instant::now());
        let mut lease = held_by("b");
        assert_eq!(sighting.silent(&lease, begin), Duration::ZERO);
        assert_eq!(sighting.silent(&lease, begin + Duration::from_secs(14)), Duration::from_secs(14));
        lease.metadata.resource_version = Some("8".to_owned());
        assert_eq!(sighting.silent(&lease, begin + Duration::from_secs(20)), Duration::ZERO);
    }
}
