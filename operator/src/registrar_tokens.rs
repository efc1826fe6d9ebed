//! How requests for tokens at registrars went, read when somebody scrapes.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};
use slipway_ocm::OcmRegistrar;

/// Enters the metrics of a registrar's tokens.
pub(crate) fn register(registry: &mut Registry, registrar: &Arc<OcmRegistrar>) {
    registry.register_collector(Box::new(Tokens(Arc::clone(registrar))));
}

struct Tokens(Arc<OcmRegistrar>);

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tokens")
    }
}

impl Collector for Tokens {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let report = self.0.tokens();
        let kind = ConstCounter::<u64>::new(0).metric_type();
        let mut requests = encoder.encode_descriptor(
            "slipway_registrar_token_requests",
            "Requests for tokens at registrars by how they ended",
            None,
            kind,
        )?;
        for (outcome, count) in
            [("obtained", report.obtained), ("refused", report.refused), ("failed", report.failed)]
        {
            ConstCounter::<u64>::new(count).encode(requests.encode_family(&[("outcome", outcome)])?)?;
        }
        let expiry = encoder.encode_descriptor(
            "slipway_registrar_token_expiry_seconds",
            "Until the first token in use at a registrar ends",
            None,
            ConstGauge::<f64>::new(0.0).metric_type(),
        )?;
        match report.seconds_to_expiry {
            Some(seconds) => ConstGauge::new(seconds).encode(expiry),
            None => Ok(()),
        }
    }
}
