//! Counts requests to the outside (`facts/reliability-ux.md §4.2`).

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use slipway_outbound::Observer;
use slipway_redfish::RedfishHosts;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    system: &'static str,
    op: &'static str,
    code_class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    system: &'static str,
    op: &'static str,
}

/// Requests to BMCs, to OCI and to racks, and how long they took.
#[derive(Debug)]
pub(crate) struct External {
    requests: Family<RequestLabels, Counter>,
    durations: Family<DurationLabels, Histogram>,
}

impl External {
    pub(crate) fn register(registry: &mut Registry) -> Arc<Self> {
        let requests: Family<RequestLabels, Counter> = Family::default();
        let durations: Family<DurationLabels, Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.005, 2.0, 14)));
        registry.register("slipway_external_requests", "Requests to the outside", requests.clone());
        registry.register(
            "slipway_external_request_duration_seconds",
            "Duration of a request to the outside",
            durations.clone(),
        );
        Arc::new(Self { requests, durations })
    }

    /// Counts circuit breakers by state at each scrape.
    #[expect(clippy::unused_self, reason = "belongs to the same set of metrics")]
    pub(crate) fn count_breakers_of(&self, registry: &mut Registry, hosts: &Arc<RedfishHosts>) {
        registry.register_collector(Box::new(Breakers(Arc::clone(hosts))));
    }
}

impl Observer for External {
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64) {
        self.requests.get_or_create(&RequestLabels { system, op, code_class }).inc();
        self.durations.get_or_create(&DurationLabels { system, op }).observe(seconds);
    }
}

struct Breakers(Arc<RedfishHosts>);

impl fmt::Debug for Breakers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Breakers")
    }
}

impl Collector for Breakers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counts = self.0.breaker_counts();
        let kind = ConstGauge::<u64>::new(0).metric_type();
        let mut metric = encoder.encode_descriptor(
            "slipway_external_breaker_state",
            "BMCs by the state of their circuit breaker",
            None,
            kind,
        )?;
        for (state, count) in
            [("closed", counts.closed), ("half-open", counts.half_open), ("open", counts.open)]
        {
            let labels = [("system", "bmc"), ("state", state)];
            ConstGauge::<u64>::new(u64::try_from(count).unwrap_or(u64::MAX))
                .encode(metric.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
