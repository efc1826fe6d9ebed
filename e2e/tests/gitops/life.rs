//! Lives of objects of every kind, driven through their states for the recorder.

mod hosts;
mod profiles;
mod racks;
mod subscriptions;

use std::collections::BTreeMap;

use serde_json::Value;

/// The first object in each state, by the state's name.
pub(crate) async fn recorded() -> anyhow::Result<BTreeMap<String, Value>> {
    let (hosts, racks, subscriptions) =
        tokio::try_join!(hosts::recorded(), racks::recorded(), subscriptions::recorded())?;
    Ok(hosts.into_iter().chain(racks).chain(subscriptions).collect())
}
