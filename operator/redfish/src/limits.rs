//! How long and how often.

use std::time::Duration;

/// Time limits and counts of the adapter. The defaults are for the field; tests shorten them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// One reading, login or setting, with its whole answer (`facts/reliability-ux.md §1.8`).
    pub request: Duration,
    /// One reset (`facts/reliability-ux.md §1.8`: short, so that an unknown outcome is settled soon).
    pub reset: Duration,
    /// One verb with all its requests, from its turn on.
    pub verb: Duration,
    /// Ending the session when a host is released.
    pub release: Duration,
    /// Between two tries of a setting that a BMC refuses during the machine's self test (`facts/metal-peers.md §4.5`).
    pub busy_pause: Duration,
    /// Tries of such a setting in one verb.
    pub busy_tries: u32,
    /// Failed verbs in a row that open the circuit.
    pub breaker_failures: u32,
    /// First pause of an open circuit; doubled for each failed probe.
    pub breaker_pause: Duration,
    /// Longest pause of an open circuit (`facts/metal-peers.md §4.18 G`).
    pub breaker_pause_cap: Duration,
    /// How long Basic authentication is used before a session is tried again, when the BMC had no room for one.
    pub session_retry: Duration,
    /// Largest answer that is read, in bytes.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            reset: Duration::from_secs(10),
            verb: Duration::from_secs(90),
            release: Duration::from_secs(5),
            busy_pause: Duration::from_secs(5),
            busy_tries: 3,
            breaker_failures: 3,
            breaker_pause: Duration::from_secs(10),
            breaker_pause_cap: Duration::from_mins(5),
            session_retry: Duration::from_mins(10),
            answer: slipway_outbound::Request::JSON_CAP,
        }
    }
}
