//! The port to registrars, over signed messages.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Map, Value, json};
use slipway_core::{
    clock::Clock,
    failure::Failure,
    reason::Reason,
    subscription::{
        Account, Capability, Change, Holder, Principal, Record, RegistrarPort, Release, RemoteStatus,
        Reservation, Support,
    },
};
use slipway_outbound::{Connector, Observer};
use tokio::time::{Instant, timeout_at};

use crate::{
    answer::{Said, Unsound},
    call::{Call, Surroundings},
    gather::{Batch, Gather},
    kept::Kept,
    lane::{Lane, Lanes, Pace},
    limits::Limits,
    verb::Verb,
};

/// Sites with inventories of their own. Made once and shared.
pub struct WebhookRegistrar(Surroundings);

impl std::fmt::Debug for WebhookRegistrar {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("WebhookRegistrar").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl WebhookRegistrar {
    /// `connector` guards the way out, `clock` dates the messages, `observer` counts requests.
    #[must_use]
    pub fn new(connector: Arc<Connector>, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Self {
        Self(Surroundings { connector, clock, observer, limits: Limits::default(), lanes: Lanes::default() })
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.0.limits = limits;
        self
    }

    fn begin<'a>(&'a self, account: &'a Account) -> Result<Call<'a>, Failure> {
        Call::begin(&self.0, account)
    }

    /// A message on its own.
    async fn ask<T>(
        &self,
        account: &Account,
        verb: Verb,
        data: &Value,
        read: impl Fn(Said) -> Result<T, Unsound>,
    ) -> Result<T, Failure> {
        let call = self.begin(account)?;
        let mut pace = call.turn().await?;
        call.ask(&mut pace, verb, data, read).await
    }

    /// A message whose answer may be of this age. Those who wait together are answered by one.
    async fn recent<T: Clone>(
        &self,
        account: &Account,
        kept: fn(&Lane) -> &Kept<T>,
        age: Duration,
        verb: Verb,
        data: &Value,
        read: impl Fn(Said) -> Result<T, Unsound>,
    ) -> Result<T, Failure> {
        let now = Instant::now();
        let since = now.checked_sub(age).unwrap_or(now);
        let (call, key) = (self.begin(account)?, data.to_string());
        let kept = kept(&call.lane);
        if let Some(answer) = kept.get(&key, since) {
            return Ok(answer);
        }
        let mut pace = call.turn().await?;
        if let Some(answer) = kept.get(&key, since) {
            return Ok(answer);
        }
        let asked = Instant::now();
        let answer = call.ask(&mut pace, verb, data, read).await?;
        kept.put(&key, asked, answer.clone());
        Ok(answer)
    }

    /// A change of a record, and the record after it. A site that answers 204 is asked for it.
    async fn change(
        &self,
        account: &Account,
        verb: Verb,
        id: &str,
        mut data: Map<String, Value>,
    ) -> Result<Record, Failure> {
        let call = self.begin(account)?;
        let mut pace = call.turn().await?;
        data.insert("id".to_owned(), json!(id));
        let own = |said: Said| said.record().and_then(|record| own(record, id));
        let read = |said: Said| match said {
            Said::Nothing => Ok(None),
            said => own(said).map(Some),
        };
        let record = match call.ask(&mut pace, verb, &Value::Object(data), read).await? {
            Some(record) => record,
            None => call
                .ask(&mut pace, Verb::Read, &json!({ "id": id }), own)
                .await
                .map_err(Failure::with_unknown_effect)?,
        };
        record.ok_or_else(|| {
            let message = format!("the site has no record {id:?} any more; it is looked at again");
            Failure::new(Reason::RegistrarFault, message)
        })
    }
}

/// The record that was asked for, when it is the one of this id.
fn own(record: Option<Record>, id: &str) -> Result<Option<Record>, Unsound> {
    match record {
        Some(record) if record.id != id => Err(Unsound("`record` is another one".to_owned())),
        record => Ok(record),
    }
}

/// The id of the record that a reservation brought.
fn reserved(said: Said, cluster_id: &str) -> Result<String, Unsound> {
    let unsound = |what: &str| Err(Unsound(what.to_owned()));
    match said.record()? {
        None => unsound("`record` is null"),
        Some(record) if record.cluster_id.as_deref() != Some(cluster_id) => {
            unsound("`record.clusterId` is another one")
        }
        Some(record) if !record.status.is_live() => unsound("`record` is deleted"),
        Some(record) => Ok(record.id),
    }
}

/// A list that a site need not keep.
fn unless_kept<T: Default>(read: impl Fn(Said) -> Result<T, Unsound>) -> impl Fn(Said) -> Result<T, Unsound> {
    move |said| match said {
        Said::NotKept => Ok(T::default()),
        said => read(said),
    }
}

/// How records are looked for together.
struct Search {
    verb: Verb,
    /// Member of the message that has the keys.
    member: &'static str,
    gather: fn(&Lane) -> &Gather,
    /// Whether a record has this key, whatever the site says.
    is_of: fn(&Record, &str) -> bool,
}

const BY_CLUSTER: Search = Search {
    verb: Verb::Find,
    member: "clusterIds",
    gather: |lane| &lane.clusters,
    is_of: |record, key| record.cluster_id.as_deref() == Some(key),
};

const BY_EXTERNAL_ID: Search = Search {
    verb: Verb::FindByExternalId,
    member: "externalClusterIds",
    gather: |lane| &lane.external,
    is_of: |record, key| record.external_cluster_id.as_deref() == Some(key) && record.status.is_live(),
};

impl Search {
    /// Asks together with others who wait: whoever has the turn asks for all.
    async fn run(&self, call: &Call<'_>, key: &str) -> Result<Vec<Record>, Failure> {
        let gather = (self.gather)(&call.lane);
        let mut outcome = gather.join(key);
        loop {
            let mut pace = tokio::select! {
                biased;
                told = &mut outcome => {
                    if let Ok(told) = told {
                        return told;
                    }
                    // Whoever asked for us gave up.
                    outcome = gather.join(key);
                    continue;
                }
                pace = call.turn() => pace?,
            };
            let batch = gather.take(call.limits().batch);
            if !batch.is_empty() {
                self.ask(call, &mut pace, batch).await;
            }
        }
    }

    async fn ask(&self, call: &Call<'_>, pace: &mut Pace, batch: Batch) {
        let data = json!({ self.member: batch.keys() });
        let outcome = call.ask(pace, self.verb, &data, unless_kept(Said::records)).await;
        batch.tell(&outcome, self.is_of);
    }

    async fn start(&self, call: &Call<'_>, key: &str) -> Result<Vec<Record>, Failure> {
        timeout_at(call.deadline, self.run(call, key)).await.unwrap_or_else(|_| Err(call.too_many()))
    }
}

#[async_trait]
impl RegistrarPort for WebhookRegistrar {
    async fn probe(&self, account: &Account) -> Result<Principal, Failure> {
        let host = account.url.host_str().unwrap_or_default();
        let read = |said| match said {
            Said::NotKept => {
                Ok(Principal { username: host.to_owned(), account_id: String::new(), organization_id: None })
            }
            said => said.principal(),
        };
        let age = self.0.limits.principal;
        self.recent(account, |lane| &lane.principals, age, Verb::Probe, &json!({}), read).await
    }

    /// Always asked for after the call began, together with whoever waits at the same time.
    async fn find(&self, account: &Account, cluster_id: &str, _: Duration) -> Result<Vec<Record>, Failure> {
        BY_CLUSTER.start(&self.begin(account)?, cluster_id).await
    }

    async fn find_external(
        &self,
        account: &Account,
        external_cluster_id: &str,
        _: Duration,
    ) -> Result<Vec<Record>, Failure> {
        BY_EXTERNAL_ID.start(&self.begin(account)?, external_cluster_id).await
    }

    async fn read(&self, account: &Account, id: &str) -> Result<Option<Record>, Failure> {
        let read = |said: Said| said.record().and_then(|record| own(record, id));
        self.ask(account, Verb::Read, &json!({ "id": id }), read).await
    }

    async fn reserve(&self, account: &Account, reservation: &Reservation) -> Result<String, Failure> {
        let Reservation { cluster_id, display_name, product_id, product_category } = reservation;
        let mut data = json!({
            "clusterId": cluster_id, "displayName": display_name, "productId": product_id, "productCategory": product_category,
        });
        if let Some(username) = &account.username {
            data["username"] = json!(username);
        }
        self.ask(account, Verb::Reserve, &data, |said| reserved(said, cluster_id)).await
    }

    async fn amend(&self, account: &Account, id: &str, change: &Change) -> Result<Record, Failure> {
        let data = Map::from_iter([("change".to_owned(), written(change))]);
        self.change(account, Verb::Amend, id, data).await
    }

    async fn activate(&self, account: &Account, id: &str) -> Result<Record, Failure> {
        self.change(account, Verb::Activate, id, Map::new()).await
    }

    async fn release(&self, account: &Account, id: &str, release: Release) -> Result<(), Failure> {
        let action = match release {
            Release::Delete => "delete",
            Release::Archive => "archive",
        };
        self.ask(account, Verb::Release, &json!({"id": id, "action": action}), |_| Ok(())).await
    }

    async fn labels(&self, account: &Account, holder: &Holder) -> Result<BTreeMap<String, String>, Failure> {
        let data = json!({"holder": named(holder)});
        self.ask(account, Verb::Labels, &data, unless_kept(Said::labels)).await
    }

    async fn put_label(
        &self,
        account: &Account,
        holder: &Holder,
        key: &str,
        value: &str,
    ) -> Result<(), Failure> {
        let data = json!({"holder": named(holder), "key": key, "value": value});
        self.ask(account, Verb::PutLabel, &data, |_| Ok(())).await
    }

    async fn delete_label(&self, account: &Account, holder: &Holder, key: &str) -> Result<(), Failure> {
        let data = json!({"holder": named(holder), "key": key});
        self.ask(account, Verb::DeleteLabel, &data, |_| Ok(())).await
    }

    async fn capabilities(
        &self,
        account: &Account,
        organization_id: &str,
        age: Duration,
    ) -> Result<Vec<Capability>, Failure> {
        let data = json!({"organizationId": organization_id});
        let read = unless_kept(Said::capabilities);
        self.recent(account, |lane| &lane.capabilities, age, Verb::Capabilities, &data, read).await
    }

    async fn reserved_with_label(
        &self,
        account: &Account,
        key: &str,
        value: &str,
    ) -> Result<Vec<Record>, Failure> {
        let data = json!({"key": key, "value": value, "status": RemoteStatus::Reserved.as_str()});
        let mut records = self.ask(account, Verb::FindByLabel, &data, unless_kept(Said::records)).await?;
        records.retain(|record| {
            record.status == RemoteStatus::Reserved
                && record.labels.get(key).is_some_and(|shown| shown == value)
        });
        Ok(records)
    }
}

fn named(holder: &Holder) -> Value {
    let (kind, id) = match holder {
        Holder::Subscription(id) => ("subscription", id),
        Holder::Organization(id) => ("organization", id),
        Holder::Account(id) => ("account", id),
    };
    json!({"kind": kind, "id": id})
}

/// A change with what stays left out.
fn written(change: &Change) -> Value {
    let Change { display_name, external_cluster_id, console_url, support } = change;
    let Support { level, usage, service_level, system_units, product_bundle, cpu_total, socket_total } =
        support;
    let settings = members([
        ("level", json!(level)),
        ("usage", json!(usage)),
        ("serviceLevel", json!(service_level)),
        ("systemUnits", json!(system_units)),
        ("productBundle", json!(product_bundle)),
        ("cpuTotal", json!(cpu_total)),
        ("socketTotal", json!(socket_total)),
    ]);
    let settings = if settings.is_empty() { Value::Null } else { Value::Object(settings) };
    Value::Object(members([
        ("displayName", json!(display_name)),
        ("externalClusterId", json!(external_cluster_id)),
        ("consoleUrl", json!(console_url)),
        ("support", settings),
    ]))
}

fn members<const N: usize>(all: [(&str, Value); N]) -> Map<String, Value> {
    all.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
