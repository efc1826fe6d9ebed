//! What is counted.

use slipway_outbound::StatusCode;

/// Told of every request, for `slipway_external_requests_total` and `slipway_external_request_duration_seconds`
/// (`facts/reliability-ux.md §4.2`).
pub trait Observer: Send + Sync {
    /// One request ended. `system` is `oci` or `rack`; `op` the verb, such as `list`, `read`, `change`, `read-schedule`, `greet`,
    /// `give-pin`; `code_class` `2xx` to `5xx`, or `error` when no answer came (`greet`: `ok` or `error`).
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn request(&self, _system: &'static str, _op: &'static str, _code_class: &'static str, _seconds: f64) {}
}

/// The class of a status, as metrics name it.
pub(crate) fn code_class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    }
}
