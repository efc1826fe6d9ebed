//! The service's rules and our limits. All are by OCI's clock.

use std::time::Duration;

/// How long things may or must take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long a rack must have been in `REJECT` before a handshake (`facts/oci.md §1.4`).
    pub reject_time: Duration,
    /// After how long OCI ends a connection (`facts/oci.md §1.4`).
    pub lifetime: Duration,
    /// How long before that end people are told, when no refresh is asked for.
    pub warning: Duration,
    /// How long OCI may take to show a PIN in `REJECT` before another is asked for.
    pub pin: Duration,
    /// How long a rack that took its PIN may need to ask OCI to be let in.
    pub request: Duration,
    /// How long OCI may take to show its fingerprint.
    pub fingerprint: Duration,
    /// How long an accepted connection may take to stand.
    pub connect: Duration,
    /// Mismatches in a row after which a person has to say so.
    pub mismatches: i32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reject_time: Duration::from_mins(20),
            lifetime: Duration::from_hours(90 * 24),
            warning: Duration::from_hours(10 * 24),
            pin: Duration::from_mins(10),
            request: Duration::from_mins(15),
            fingerprint: Duration::from_mins(30),
            connect: Duration::from_hours(1),
            mismatches: 3,
        }
    }
}

/// Largest factor by which failures lengthen the waiting time.
const LONGEST: u32 = 8;

impl Rules {
    /// How long a rack stays in `REJECT` after so many failed attempts in a row: the service's time, doubled from the second on.
    #[must_use]
    pub fn waiting_time(&self, failures: i32) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0);
        self.reject_time * 2_u32.saturating_pow(doublings).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_lengthen_the_wait_and_never_shorten_it() {
        let minutes =
            [0, 1, 2, 3, 4, 5, 100].map(|failures| Rules::default().waiting_time(failures).as_secs() / 60);
        assert_eq!(minutes, [20, 20, 40, 80, 160, 160, 160]);
    }
}
