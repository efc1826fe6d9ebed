//! One line an object, made when somebody scrapes.

use std::sync::{Arc, PoisonError, RwLock};

use kube::{Resource, ResourceExt, runtime::reflector::Store};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
};
use slipway_core::clock::{Clock, Timestamp};

/// Name, help, and the value of an object; an object without one has no line.
pub(super) type Gauge<K> = (&'static str, &'static str, fn(&K, Timestamp) -> Option<i64>);

/// Stores of one kind.
pub(super) type Stores<K> = Arc<RwLock<Vec<Store<K>>>>;

/// All objects of a kind, and what is shown of each.
pub(super) struct PerObject<K>
where
    K: Resource<DynamicType = ()> + 'static,
{
    pub(super) stores: Stores<K>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) gauges: &'static [Gauge<K>],
}

impl<K: Resource<DynamicType = ()> + 'static> std::fmt::Debug for PerObject<K> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("PerObject").finish_non_exhaustive()
    }
}

impl<K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static> Collector for PerObject<K> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let stores = self.stores.read().unwrap_or_else(PoisonError::into_inner);
        let objects: Vec<_> = stores.iter().flat_map(Store::state).collect();
        let now = self.clock.now();
        for (name, help, value) in self.gauges {
            let kind = ConstGauge::<i64>::new(0);
            let mut metric = encoder.encode_descriptor(name, help, None, kind.metric_type())?;
            for object in &objects {
                let Some(value) = value(object, now) else { continue };
                let labels =
                    [("namespace", object.namespace().unwrap_or_default()), ("name", object.name_any())];
                ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
