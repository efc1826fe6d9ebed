//! How long, how often and how much.

use std::time::Duration;

use slipway_outbound::Request;

/// Time limits and counts of the adapter (`facts/ocm.md §7.3`). The defaults are for the field; tests shorten them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Pause between two messages to one account once the burst is used up.
    pub interval: Duration,
    /// Messages that may follow each other at once after a rest.
    pub burst: u32,
    /// One message with its whole answer.
    pub request: Duration,
    /// One verb with everything: waiting for its turn, all tries.
    pub verb: Duration,
    /// Tries of a message that only reads.
    pub tries: u32,
    /// First pause between two tries; doubled for each further one.
    pub pause: Duration,
    /// How old the answer to `account.probe` may be.
    pub principal: Duration,
    /// Clusters that one `cluster.find` asks for.
    pub batch: usize,
    /// Largest answer that is read, in bytes.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(200),
            burst: 10,
            request: Duration::from_secs(30),
            verb: Duration::from_mins(3),
            tries: 2,
            pause: Duration::from_secs(1),
            principal: Duration::from_mins(5),
            batch: 100,
            answer: Request::JSON_CAP,
        }
    }
}
