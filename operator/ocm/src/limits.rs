//! How long, how often and how much.

use std::time::Duration;

/// Time limits and counts of the adapter (`facts/ocm.md §7.3`). The defaults are for the field; tests shorten them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests a second that one account makes at one address, tries counted singly.
    pub requests_per_second: u32,
    /// How many of them may be made at once after a rest.
    pub burst: u32,
    /// Requests of one account under way at once.
    pub concurrent: usize,
    /// One verb with everything: waiting for its turn, all tries, all pages.
    pub verb: Duration,
    /// One request with its whole answer, and all its tries.
    pub request: Duration,
    /// One request for a token.
    pub token: Duration,
    /// Tries of one call that only reads.
    pub tries: u32,
    /// First pause between two tries; doubled for each further one.
    pub pause: Duration,
    /// Longest pause that the registrar may ask for and that is waited for within a call.
    pub pause_cap: Duration,
    /// Longest time for which an account is left alone because the registrar asked for it.
    pub hold: Duration,
    /// Longest time for which no token is asked for after that failed; the first is `pause`.
    pub token_pause: Duration,
    /// How long a call for records waits for others to be read together with it.
    pub gather: Duration,
    /// Keys that are searched for in one list.
    pub chunk: usize,
    /// Bytes of the searched keys of one list, as they stand in the address. One key may be longer.
    pub query: usize,
    /// Records that are asked for in one page.
    pub page: usize,
    /// Pages of one list.
    pub pages: usize,
    /// Largest answer that is read, in bytes.
    pub answer: usize,
    /// How long it is remembered who the credentials are.
    pub probe: Duration,
    /// How long a connection is used before its name is looked up anew.
    pub connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_second: 5,
            burst: 10,
            concurrent: 4,
            verb: Duration::from_mins(2),
            request: Duration::from_secs(30),
            token: Duration::from_secs(10),
            tries: 3,
            pause: Duration::from_millis(500),
            pause_cap: Duration::from_secs(2),
            hold: Duration::from_mins(1),
            token_pause: Duration::from_secs(10),
            gather: Duration::from_millis(50),
            chunk: 100,
            query: 7000,
            page: 500,
            pages: 200,
            answer: 32 << 20,
            probe: Duration::from_mins(10),
            connection: Duration::from_mins(1),
        }
    }
}
