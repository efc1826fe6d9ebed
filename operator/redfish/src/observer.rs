//! What is counted.

/// Told of every request, for `slipway_external_requests_total` and `slipway_external_request_duration_seconds`
/// (`facts/reliability-ux.md §4.2`).
pub trait Observer: Send + Sync {
    /// One request ended. `system` is `bmc`; `op` one of `read`, `write`, `reset`, `login`, `logout`; `code_class` `2xx` to
    /// `5xx`, or `error` when no answer came.
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64);
}

/// Counts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn request(&self, _system: &'static str, _op: &'static str, _code_class: &'static str, _seconds: f64) {}
}
