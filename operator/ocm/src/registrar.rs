//! The port to the account service.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::{Value, json};
use slipway_core::{
    clock::Clock,
    failure::Failure,
    reason::Reason,
    subscription::{
        Account, Capability, Change, Holder, Principal, Record, RegistrarPort, Release, RemoteStatus,
        Reservation,
    },
};
use slipway_outbound::{Connector, Observer};

use crate::{
    call::Call,
    limits::Limits,
    listing, path, search,
    session::{Session, Sessions, Surroundings},
    token::{Counts, TokenReport},
    visit::Visit,
    wire::{
        self, Authorization, CurrentAccount, Label, Organization, Page, QuotaCost, Subscription,
        label::NewLabel,
    },
};

/// All accounts that are spoken for. Made once and shared.
pub struct OcmRegistrar {
    surroundings: Surroundings,
    sessions: Sessions,
}

impl std::fmt::Debug for OcmRegistrar {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OcmRegistrar")
            .field("limits", &self.surroundings.limits)
            .finish_non_exhaustive()
    }
}

impl OcmRegistrar {
    /// `connector` guards the way out, `clock` reads dates of answers, `observer` counts requests.
    #[must_use]
    pub fn new(
        connector: Arc<Connector>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        observer: Arc<dyn Observer>,
    ) -> Self {
        let counts = Arc::new(Counts::default());
        let surroundings = Surroundings { connector, clock, limits, observer, counts };
        Self { surroundings, sessions: Sessions::default() }
    }

    /// How requests for tokens went so far, of all accounts together.
    #[must_use]
    pub fn tokens(&self) -> TokenReport {
        self.surroundings.counts.report(self.sessions.seconds_to_expiry())
    }

    fn visit<'a>(&'a self, account: &'a Account) -> Result<Visit<'a>, Failure> {
        Visit::begin(&self.surroundings, &self.sessions, account)
    }
}

/// A record that is being changed: unless it is settled, nothing that is remembered of it counts any more.
struct Doubt<'a> {
    session: &'a Session,
    id: &'a str,
    is_settled: bool,
}

impl<'a> Doubt<'a> {
    fn new(session: &'a Session, id: &'a str) -> Self {
        Self { session, id, is_settled: false }
    }

    fn settle(mut self, record: &Record) {
        self.is_settled = true;
        self.session.clusters.learn(record);
        self.session.externals.learn(record);
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.session.clusters.drop_record(self.id);
            self.session.externals.drop_record(self.id);
        }
    }
}

#[async_trait]
impl RegistrarPort for OcmRegistrar {
    async fn probe(&self, account: &Account) -> Result<Principal, Failure> {
        probe(&self.visit(account)?).await
    }

    async fn find(&self, account: &Account, cluster_id: &str, age: Duration) -> Result<Vec<Record>, Failure> {
        let visit = self.visit(account)?;
        search::quoted(cluster_id)?;
        let roll = &visit.session.clusters;
        let list = |keys: Vec<String>| keyed(&visit, roll.field(), keys, true);
        visit.in_turn(roll.records(cluster_id, age, list)).await?
    }

    async fn find_external(
        &self,
        account: &Account,
        external_cluster_id: &str,
        age: Duration,
    ) -> Result<Vec<Record>, Failure> {
        let visit = self.visit(account)?;
        search::quoted(external_cluster_id)?;
        let roll = &visit.session.externals;
        let list = |keys: Vec<String>| keyed(&visit, roll.field(), keys, false);
        let found = visit.in_turn(roll.records(external_cluster_id, age, list)).await??;
        Ok(found.into_iter().filter(|record| record.status.is_live()).collect())
    }

    async fn read(&self, account: &Account, id: &str) -> Result<Option<Record>, Failure> {
        read(&self.visit(account)?, id).await
    }

    async fn reserve(&self, account: &Account, reservation: &Reservation) -> Result<String, Failure> {
        let visit = self.visit(account)?;
        let key = reservation.cluster_id.as_str();
        search::quoted(key)?;
        let username = match &account.username {
            Some(username) => username.clone(),
            None => probe(&visit).await?.username,
        };
        let call = Call::reserve(key, authorization(reservation, &username)?);
        // Once more before, for whoever stops waiting.
        visit.session.clusters.drop_key(key);
        let outcome = visit.ask(&call, reserved).await;
        visit.session.clusters.drop_key(key);
        match outcome? {
            Ok(id) => Ok(id),
            Err(shortage) => Err(short(&visit, &shortage).await),
        }
    }

    async fn amend(&self, account: &Account, id: &str, change: &Change) -> Result<Record, Failure> {
        let visit = self.visit(account)?;
        let fields = wire::patch(change);
        if fields.is_empty() {
            return read(&visit, id).await?.ok_or_else(|| lost(id));
        }
        patch(&visit, &Call::patch("amend", id, Value::Object(fields))?, id).await?.ok_or_else(|| lost(id))
    }

    async fn activate(&self, account: &Account, id: &str) -> Result<Record, Failure> {
        let visit = self.visit(account)?;
        let body = json!({"status": RemoteStatus::Active.as_str()});
        patch(&visit, &Call::patch("activate", id, body)?, id).await?.ok_or_else(|| lost(id))
    }

    async fn release(&self, account: &Account, id: &str, release: Release) -> Result<(), Failure> {
        let visit = self.visit(account)?;
        match release {
            Release::Delete => {
                let call = Call::delete(id)?;
                let _doubt = Doubt::new(&visit.session, id);
                visit.undo(&call).await
            }
            Release::Archive => {
                let body = json!({"status": RemoteStatus::Archived.as_str()});
                patch(&visit, &Call::patch("release", id, body)?, id).await.map(|_| ())
            }
        }
    }

    async fn labels(&self, account: &Account, holder: &Holder) -> Result<BTreeMap<String, String>, Failure> {
        let visit = self.visit(account)?;
        let (size, pages) = (visit.limits().page, visit.limits().pages);
        let fetch = |page| {
            let visit = &visit;
            async move { visit.ask(&Call::labels(holder, page, size)?, wire::read::<Page<Label>>).await }
        };
        let labels = listing::whole("labels", size, pages, |label: &Label| &label.key, fetch).await?;
        Ok(labels.into_iter().map(|label| (label.key, label.value.unwrap_or_default())).collect())
    }

    async fn put_label(
        &self,
        account: &Account,
        holder: &Holder,
        key: &str,
        value: &str,
    ) -> Result<(), Failure> {
        let visit = self.visit(account)?;
        path::label(key)?;
        let body = serde_json::to_value(NewLabel { kind: "Label", key, value }).map_err(|_| unwritable())?;
        let call = Call::put_label(holder, key, body)?;
        relabelled(&visit, holder, key, Some(value), async {
            visit.ask(&call, wire::read::<Label>).await.map(|_| ())
        })
        .await
    }

    async fn delete_label(&self, account: &Account, holder: &Holder, key: &str) -> Result<(), Failure> {
        let visit = self.visit(account)?;
        let call = Call::delete_label(holder, key)?;
        relabelled(&visit, holder, key, None, visit.undo(&call)).await
    }

    async fn capabilities(
        &self,
        account: &Account,
        organization_id: &str,
        age: Duration,
    ) -> Result<Vec<Capability>, Failure> {
        let visit = self.visit(account)?;
        let call = Call::organization(organization_id)?;
        let known = visit.session.capabilities(organization_id);
        let ask =
            async { visit.ask(&call, wire::read::<Organization>).await.map(Organization::capabilities) };
        visit.in_turn(known.get(age, ask)).await?
    }

    async fn reserved_with_label(
        &self,
        account: &Account,
        key: &str,
        value: &str,
    ) -> Result<Vec<Record>, Failure> {
        let visit = self.visit(account)?;
        let search = format!(
            "status = '{}' and labels.key = {} and labels.value = {}",
            RemoteStatus::Reserved,
            search::quoted(key)?,
            search::quoted(value)?
        );
        let found = records(&visit, &search, true).await?;
        // Key and value that were found may be those of two labels.
        let carries = |record: &Record| record.labels.get(key).is_some_and(|known| known == value);
        Ok(found
            .into_iter()
            .filter(|record| record.status == RemoteStatus::Reserved && carries(record))
            .collect())
    }
}

async fn probe(visit: &Visit<'_>) -> Result<Principal, Failure> {
    let call = Call::probe();
    let read = |body: &[u8]| wire::read::<CurrentAccount>(body)?.principal();
    visit.in_turn(visit.session.principal.get(visit.limits().probe, visit.ask(&call, read))).await?
}

async fn keyed(
    visit: &Visit<'_>,
    field: &str,
    keys: Vec<String>,
    with_metrics: bool,
) -> Result<Vec<Record>, Failure> {
    records(visit, &search::one_of(field, &keys)?, with_metrics).await
}

async fn records(visit: &Visit<'_>, search: &str, with_metrics: bool) -> Result<Vec<Record>, Failure> {
    let (size, pages) = (visit.limits().page, visit.limits().pages);
    let fetch = |page| async move {
        let call = Call::list(search, with_metrics, page, size);
        visit.ask(&call, wire::read::<Page<Subscription>>).await
    };
    let found = listing::whole("records", size, pages, |record: &Subscription| &record.id, fetch).await?;
    Ok(found.into_iter().map(Subscription::record).collect())
}

async fn read(visit: &Visit<'_>, id: &str) -> Result<Option<Record>, Failure> {
    let call = Call::read(id)?;
    let found = visit.ask_if_there(&call, |body| subscription(body, id)).await?.map(Subscription::record);
    let doubt = Doubt::new(&visit.session, id);
    if let Some(record) = &found {
        doubt.settle(record);
    }
    Ok(found)
}

/// Changes a record; `None` when it is not there.
async fn patch(visit: &Visit<'_>, call: &Call, id: &str) -> Result<Option<Record>, Failure> {
    let doubt = Doubt::new(&visit.session, id);
    let Some(answer) = visit.ask_if_there(call, |body| subscription(body, id)).await? else {
        return Ok(None);
    };
    let is_whole = answer.has_labels();
    let mut record = answer.record();
    if !is_whole {
        let known = visit.session.clusters.known(id).or_else(|| visit.session.externals.known(id));
        // The answer has no labels: not the same as a record without labels.
        let Some(known) = known else {
            return read(visit, id).await.map_err(Failure::with_unknown_effect);
        };
        record.labels = known.labels;
        record.metrics = record.metrics.or(known.metrics);
    }
    doubt.settle(&record);
    Ok(Some(record))
}

fn subscription(body: &[u8], id: &str) -> Option<Subscription> {
    wire::read::<Subscription>(body).filter(|found| found.id == id)
}

/// Changes a label, and what is remembered of its holder.
async fn relabelled(
    visit: &Visit<'_>,
    holder: &Holder,
    key: &str,
    value: Option<&str>,
    change: impl Future<Output = Result<(), Failure>> + Send,
) -> Result<(), Failure> {
    match holder {
        Holder::Subscription(id) => {
            let doubt = Doubt::new(&visit.session, id);
            change.await?;
            if let Some(mut record) = visit.session.clusters.known(id) {
                match value {
                    Some(value) => record.labels.insert(key.to_owned(), value.to_owned()),
                    None => record.labels.remove(key),
                };
                doubt.settle(&record);
            }
            Ok(())
        }
        Holder::Organization(id) => {
            let outcome = change.await;
            visit.session.capabilities(id).forget();
            outcome
        }
        Holder::Account(_) => change.await,
    }
}

fn authorization(reservation: &Reservation, username: &str) -> Result<Value, Failure> {
    serde_json::to_value(wire::Request {
        account_username: username,
        cluster_id: &reservation.cluster_id,
        display_name: &reservation.display_name,
        managed: false,
        product_category: &reservation.product_category,
        product_id: &reservation.product_id,
        reserve: true,
        resources: [],
    })
    .map_err(|_| unwritable())
}

/// The id of the new record, or what is short.
fn reserved(body: &[u8]) -> Option<Result<String, String>> {
    let answer = wire::read::<Authorization>(body)?;
    if !answer.allowed {
        return Some(Err(answer.shortage()));
    }
    answer.id().filter(|id| path::is_id(id)).map(Ok)
}

async fn short(visit: &Visit<'_>, shortage: &str) -> Failure {
    let what = if shortage.is_empty() { "no resource is named" } else { shortage };
    // Whoever may not read the quota is told what is short all the same.
    let used_up = used_up(visit).await.unwrap_or_default();
    let quota = if used_up.is_empty() { String::new() } else { format!(" (quota: {})", used_up.join(", ")) };
    let message = format!(
        "{} allows no further record for the organization: {what}{quota}; raise the quota of these resources",
        visit.label()
    );
    Failure::new(Reason::QuotaShort, message)
}

/// The quotas of the organization of the credentials of which nothing is left, in words; at most ten.
async fn used_up(visit: &Visit<'_>) -> Result<Vec<String>, Failure> {
    let Some(organization) = probe(visit).await?.organization_id else { return Ok(vec![]) };
    let (size, pages) = (visit.limits().page, visit.limits().pages);
    let fetch = |page| {
        let organization = organization.clone();
        async move { visit.ask(&Call::quota(&organization, page, size)?, wire::read::<Page<QuotaCost>>).await }
    };
    let quotas = listing::whole("quotas", size, pages, QuotaCost::id, fetch).await?;
    Ok(quotas.iter().filter_map(QuotaCost::used_up).take(10).collect())
}

fn lost(id: &str) -> Failure {
    let message = format!("the record {id} is not there, or the account cannot see it any more");
    Failure::new(Reason::SubscriptionLost, message)
}

fn unwritable() -> Failure {
    Failure::new(Reason::Internal, "a body cannot be written as JSON")
}
