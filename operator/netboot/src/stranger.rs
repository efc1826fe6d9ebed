//! Machines that asked for a script and were not served one of their own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use slipway_core::{
    clock::{SignedDuration, Timestamp},
    mac_address::MacAddress,
};

/// Most machines remembered; the one that has been quiet longest makes room.
const MOST: usize = 256;

/// A machine that keeps asking is reported again after this time.
const REPORT_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// A machine that nobody claims, or that must not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownMachine {
    /// Its Ethernet address; `None` when it sent none.
    pub mac: Option<MacAddress>,
    /// Why it got no script of its own.
    pub why: String,
    /// How often it asked.
    pub times: u64,
    /// When it last asked.
    pub last_at: Timestamp,
}

/// The machines seen lately.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Vec<(UnknownMachine, Timestamp)>>);

impl Strangers {
    /// Notes a machine; says whether it is worth a report.
    pub(crate) fn note(&self, mac: Option<MacAddress>, why: &str, now: Timestamp) -> bool {
        let mut seen = self.seen();
        if let Some((machine, reported_at)) =
            seen.iter_mut().find(|(known, _)| known.mac == mac && known.why == why)
        {
            machine.times += 1;
            machine.last_at = now;
            let is_due = now.duration_since(*reported_at) >= REPORT_EVERY;
            if is_due {
                *reported_at = now;
            }
            return is_due;
        }
        if seen.len() >= MOST
            && let Some(quietest) =
                (0..seen.len()).min_by_key(|index| seen.get(*index).map(|(known, _)| known.last_at))
        {
            seen.swap_remove(quietest);
        }
        seen.push((UnknownMachine { mac, why: why.to_owned(), times: 1, last_at: now }, now));
        true
    }

    /// Forgets a machine that is claimed now.
    pub(crate) fn forget(&self, macs: &[MacAddress]) {
        self.seen().retain(|(known, _)| !known.mac.is_some_and(|mac| macs.contains(&mac)));
    }

    /// The last that asked comes first.
    pub(crate) fn list(&self) -> Vec<UnknownMachine> {
        let mut list: Vec<_> = self.seen().iter().map(|(machine, _)| machine.clone()).collect();
        list.sort_by_key(|machine| std::cmp::Reverse(machine.last_at));
        list
    }

    pub(crate) fn count(&self) -> usize {
        self.seen().len()
    }

    fn seen(&self) -> MutexGuard<'_, Vec<(UnknownMachine, Timestamp)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use slipway_core::clock::{SignedDuration, Timestamp};

    use super::{MOST, Strangers};

    #[test]
    fn a_machine_is_one_entry_and_the_list_is_bounded() {
        let strangers = Strangers::default();
        let start = Timestamp::UNIX_EPOCH;
        let mac = |number: usize| format!("5254{number:08x}").parse().ok();
        for number in 0..MOST + 10 {
            let at = start + SignedDuration::from_secs(i64::try_from(number).unwrap());
            assert!(strangers.note(mac(number), "no host has this address", at));
        }
        assert_eq!(strangers.count(), MOST);
        assert!(strangers.list().iter().all(|machine| machine.mac != mac(0)), "the quietest made room");
        let later = start + SignedDuration::from_secs(300);
        assert!(!strangers.note(mac(MOST), "no host has this address", later));
        assert_eq!(strangers.list().first().map(|machine| machine.times), Some(2));
        assert!(strangers.note(mac(MOST), "no host has this address", later + SignedDuration::from_mins(10)));
        strangers.forget(&[mac(MOST).unwrap()]);
        assert_eq!(strangers.count(), MOST - 1);
    }
}
