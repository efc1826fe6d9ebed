//! What is counted.

use reqwest::StatusCode;

/// Told of every request to the outside, for `slipway_external_requests_total` and `slipway_external_request_duration_seconds`
/// (`facts/reliability-ux.md §4.2`).
pub trait Observer: Send + Sync {
    /// One request ended. `system` is `bmc`, `oci`, `rack`, `cluster` or one of the registrars; `op` one of a few words, such as `read`, `reset`, `facts`;
    /// `code_class` `2xx` to `5xx`, or `error` when no answer came (for `greet`, which has no answer: `ok` or `error`).
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn request(&self, _system: &'static str, _op: &'static str, _code_class: &'static str, _seconds: f64) {}
}

/// The class of a status, as metrics name it.
#[must_use]
pub fn code_class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    }
}
