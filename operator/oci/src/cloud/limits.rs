//! How long, how often and how much.

use std::time::Duration;

/// Time limits and counts of the adapter. The defaults are for the field; tests shorten them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Calls in any minute that one account makes at one address, tries counted singly.
    pub calls_per_minute: u32,
    /// Of these, how many may be made at once after a rest.
    pub burst: u32,
    /// Calls of one account under way at once.
    pub concurrent: usize,
    /// One verb with everything: waiting for its turn, all tries, all pages.
    pub verb: Duration,
    /// One try, with its whole answer.
    pub request: Duration,
    /// Tries of one call that may be repeated (`facts/oci.md §2.9`).
    pub tries: u32,
    /// First pause between two tries; doubled for each further one.
    pub pause: Duration,
    /// Longest pause between two tries, also when OCI asks for a longer one: then the call ends, and says so.
    pub pause_cap: Duration,
    /// How long a connection is kept after its last use.
    pub idle: Duration,
    /// How long a connection is used before its name is looked up anew.
    pub connection: Duration,
    /// Largest answer that is read, in bytes.
    pub answer: usize,
    /// Pages of one list.
    pub pages: usize,
    /// Records of one name that are read whole.
    pub matches: usize,
    /// Giving a rack its PIN, with the whole answer.
    pub give_pin: Duration,
    /// Largest answer of a rack that is read, in bytes.
    pub rack_answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_per_minute: 120,
            burst: 10,
            concurrent: 4,
            verb: Duration::from_mins(3),
            request: Duration::from_secs(30),
            tries: 3,
            pause: Duration::from_secs(1),
            pause_cap: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            connection: Duration::from_mins(1),
            answer: slipway_outbound::Request::JSON_CAP,
            pages: 100,
            matches: 5,
            give_pin: Duration::from_mins(1),
            rack_answer: 64 << 10,
        }
    }
}
