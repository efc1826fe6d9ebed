//! How long things may take.

use std::time::Duration;

/// Limits and pauses of a host's life.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// Between two looks at a host at rest.
    pub poll: Duration,
    /// Between two looks at a host that is changing.
    pub transition: Duration,
    /// How long a reset that was sent may take to show before it counts as not done. iDRAC 10 refuses `On` for up to 60 s after
    /// an off, and some firmware accepts a power-on without acting (`facts/metal-peers.md §4.4`).
    pub settle: Duration,
    /// How long an operating system may take to shut down before the power is cut.
    pub graceful: Duration,
    /// How long a started host may take to ask for its script: power-on self test of large servers, doubled.
    pub boot: Duration,
    /// First pause after a failed attempt; doubled for each.
    pub retry: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            poll: Duration::from_mins(1),
            transition: Duration::from_secs(5),
            settle: Duration::from_mins(1),
            graceful: Duration::from_mins(2),
            boot: Duration::from_mins(15),
            retry: Duration::from_secs(30),
        }
    }
}
