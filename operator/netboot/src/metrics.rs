//! Metrics of the boot service; labels come from closed sets (`facts/reliability-ux.md §4.3`).

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

type Labels<const N: usize> = [(&'static str, &'static str); N];

/// The service's own counters. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    requests: Family<Labels<2>, Counter>,
    unknown: Gauge,
    image_bytes: Gauge,
    image_fetches: Family<Labels<1>, Counter>,
}

impl Metrics {
    pub(crate) fn registered(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let requests = metrics.requests.clone();
        registry.register(
            "slipway_boot_requests",
            "Requests to the boot service, by kind and result",
            requests,
        );
        let unknown = metrics.unknown.clone();
        registry.register(
            "slipway_boot_unknown_machines",
            "Machines lately seen that were refused or unknown",
            unknown,
        );
        registry.register("slipway_image_bytes", "Bytes of images on disk", metrics.image_bytes.clone());
        let fetches = metrics.image_fetches.clone();
        registry.register("slipway_image_fetches", "Fetches of images, by result", fetches);
        metrics
    }

    pub(crate) fn request(&self, kind: &'static str, result: &'static str) {
        self.requests.get_or_create(&[("kind", kind), ("result", result)]).inc();
    }

    pub(crate) fn unknown_machines(&self, machines: usize) {
        self.unknown.set(i64::try_from(machines).unwrap_or(i64::MAX));
    }

    pub(crate) fn image_bytes(&self, bytes: u64) {
        self.image_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    pub(crate) fn image_fetches(&self, result: &'static str) {
        self.image_fetches.get_or_create(&[("result", result)]).inc();
    }
}
