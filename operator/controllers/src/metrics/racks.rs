//! One line a rack: there are few, and each has a date that somebody has to know.

use std::sync::{Arc, PoisonError, RwLock};

use kube::{ResourceExt, runtime::reflector::Store};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
};
use slipway_core::clock::{Clock, Timestamp};
use slipway_crds::{
    condition::{CONNECTED, READY, STALLED},
    v1alpha1::{Condition, Infrastructure},
};

/// All stores of racks, read when somebody scrapes.
#[derive(Clone)]
pub(super) struct Racks {
    pub(super) stores: Arc<RwLock<Vec<Store<Infrastructure>>>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Racks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Racks").finish_non_exhaustive()
    }
}

type Value = fn(&Infrastructure, Timestamp) -> Option<i64>;

/// Name, help, and the value of a rack; a rack without one has no line.
const GAUGES: [(&str, &str, Value); 5] = [
    ("slipway_infrastructure_connected", "Whether the rack is connected to Oracle Cloud", |rack, _| {
        Some(i64::from(is_true(rack, CONNECTED)))
    }),
    ("slipway_infrastructure_ready", "Whether the rack is as its spec asks", |rack, _| {
        Some(i64::from(is_true(rack, READY)))
    }),
    ("slipway_infrastructure_stalled", "Whether the rack waits for a person", |rack, _| {
        Some(i64::from(is_true(rack, STALLED)))
    }),
    ("slipway_infrastructure_connection_age_seconds", "Age of the connection", |rack, now| {
        let since = rack.status.as_ref()?.connected_since.as_ref()?.0;
        Some(now.duration_since(since).as_secs())
    }),
    (
        "slipway_infrastructure_refresh_due_timestamp_seconds",
        "When the connection should be made anew, in seconds since 1970",
        |rack, _| Some(rack.status.as_ref()?.refresh_due_at.as_ref()?.0.as_second()),
    ),
];

fn is_true(rack: &Infrastructure, kind: &str) -> bool {
    let conditions: &[Condition] = rack.status.as_ref().map_or(&[], |status| &status.conditions);
    conditions.iter().any(|condition| condition.type_ == kind && condition.status == "True")
}

impl Collector for Racks {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        let racks: Vec<_> = stores.iter().flat_map(Store::state).collect();
        let now = self.clock.now();
        for (name, help, value) in GAUGES {
            let kind = ConstGauge::<i64>::new(0);
            let mut metric = encoder.encode_descriptor(name, help, None, kind.metric_type())?;
            for rack in &racks {
                let Some(value) = value(rack, now) else { continue };
                let labels = [("namespace", rack.namespace().unwrap_or_default()), ("name", rack.name_any())];
                ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
