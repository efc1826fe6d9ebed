//! `ClusterSubscription`: one reconcile is fetch, validate, observe, plan, apply, status.

mod announcement;
mod apply;
mod capability;
mod cluster;
mod conditions;
mod conflict;
mod deletion;
mod fetch;
mod known;
mod remote;
mod status;
mod sweep;
mod validate;
mod witness;

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};
use slipway_core::{
    clock::Timestamp,
    failure::{Effect as Happened, Failure},
    finding::Finding,
    reason::{Class, Reason},
    subscription::{
        self as domain, Account, ClusterSight, Effect, Known, Memory, Plan, Principal, Record, RegistrarPort,
        RemoteStatus, Situation, SubscriptionWish, plan,
    },
};
use slipway_crds::{
    condition::{DUPLICATE, READY},
    v1alpha1::{ClusterSubscription, ClusterSubscriptionSpec, IntentStatus},
};
use uuid::Uuid;

use crate::{
    bare_metal_host::whole_second, context::Context, error::ReconcileError, latest::Latest, object,
    object::Object, pace,
};
use apply::{Outcome, apply};
use capability::Sight;
use known::Lesson;
use status::{Look, Outlook};
use validate::Way;

pub(crate) use deletion::is_pending;
pub(crate) use witness::Witness;

impl Object for ClusterSubscription {
    fn latest(context: &Context) -> &Latest<Self> {
        &context.latest_subscriptions
    }
}

/// Our key at the registrar, once it is known.
fn cluster_id(object: &ClusterSubscription) -> Option<String> {
    object.spec.cluster_id.clone().or_else(|| object::memory_of::<_, Memory>(object).cluster_id)
}

/// How long a record that was asked for may take to be found; shorter where all looks are quicker.
fn settle(context: &Context) -> Duration {
    domain::SETTLE.min(context.options.timings.poll)
}

/// What is known of the record. A record that was asked for may show up for as long as it settles after the last moment at which it may have been
/// asked for; status says only when that began.
fn known_now(context: &Context, object: &ClusterSubscription, registrar: &str) -> Known {
    let known = known::known(object, registrar);
    let uid = object.uid().unwrap_or_default();
    let until = |_| context.subscriptions_seen.asked_until(&uid, context.clock.now());
    Known { reserving_since: known.reserving_since.map(until), ..known }
}

/// One object on its way through a reconcile.
struct Round<'a> {
    context: &'a Context,
    object: Arc<ClusterSubscription>,
    uid: String,
    cluster_id: String,
    now: Timestamp,
    /// What the cluster says; `None`: it was not looked at.
    cluster: Option<ClusterSight>,
    capabilities: Option<Sight>,
    duplicates: Option<Vec<String>>,
    intent: Option<IntentStatus>,
}

/// A registrar, the account there, and who that is.
struct Desk<'a> {
    registrar: &'a dyn RegistrarPort,
    way: Way<'a>,
    account: Arc<Account>,
    principal: Principal,
}

impl Desk<'_> {
    fn address(&self) -> &str {
        self.account.url.as_str()
    }
}

/// Brings one record one step further.
pub(crate) async fn reconcile(
    watched: Arc<ClusterSubscription>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let context = context.as_ref();
    // Our own write may come back before it is known to be ours. It is no reason to look again.
    let is_echo = context.latest_subscriptions.is_echo(&watched);
    let object = context.latest_subscriptions.newer(watched);
    let uid = object.uid().unwrap_or_default();
    if let (true, Some(left)) = (is_echo, context.ledger.rest_left(&uid)) {
        return Ok(Action::requeue(left));
    }
    let now = whole_second(context.clock.now());
    if object.metadata.deletion_timestamp.is_some() {
        return Box::pin(deletion::reconcile(context, object, now)).await;
    }
    let object = deletion::keep_finalizer(context, object).await?;
    let object = with_cluster_id(context, object, &uid).await?;
    let cluster_id = cluster_id(&object).unwrap_or_default();
    let intent = object.status.as_ref().and_then(|status| status.intent.clone());
    let (capabilities, duplicates) = (None, None);
    let spec = object.spec.clone();
    let round =
        Round { context, object, uid, cluster_id, now, cluster: None, capabilities, duplicates, intent };
    Box::pin(run(round, &spec)).await
}

/// Makes the key of an object whose spec has none. It comes from the object's uid: a lost write brings the same again.
async fn with_cluster_id(
    context: &Context,
    object: Arc<ClusterSubscription>,
    uid: &str,
) -> Result<Arc<ClusterSubscription>, ReconcileError> {
    if cluster_id(&object).is_some() {
        return Ok(object);
    }
    let made =
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("slipway.dev/clustersubscription/{uid}").as_bytes());
    let memory = Memory { cluster_id: Some(made.to_string()), ..object::memory_of(object.as_ref()) };
    object::remember(context, &object, &memory).await
}

/// The way to the registrar of a spec, opened.
async fn open<'a>(round: &Round<'a>, way: Way<'a>) -> Result<Desk<'a>, Failure> {
    let account = fetch::account(round.context, &round.object, &way, round.now).await?;
    let registrar = round.context.registrar(way.kind);
    let principal = registrar.probe(&account).await.map_err(|failure| fetch::placed(&way, failure))?;
    let account = Arc::new(account);
    round.context.subscriptions_seen.used(&round.uid, way.kind, &account);
    Ok(Desk { registrar, way, account, principal })
}

/// Goes through one round.
async fn run<'a>(mut round: Round<'a>, spec: &'a ClusterSubscriptionSpec) -> Result<Action, ReconcileError> {
    let way = match validate::way(spec) {
        Ok(way) => way,
        Err(finding) => return round.stop(&finding).await,
    };
    let desk = match open(&round, way).await {
        Ok(desk) => desk,
        Err(failure) => return round.fail(&failure).await,
    };
    let context = round.context;
    let over =
        conflict::over_key(&context.subscriptions_seen, &round.object, desk.address(), &round.cluster_id);
    if let Some(conflict) = over {
        return round.stop(&conflict).await;
    }
    round.cluster = cluster::look(context, &round.object, round.now).await.into();
    let known = known_now(context, &round.object, desk.address());
    let wish = validate::wish(context, &round.object, &round.cluster_id);
    let plan = match round.decide(&desk, &wish, &known).await {
        Ok(plan) => plan,
        Err(failure) => return round.fail(&fetch::placed(&desk.way, failure)).await,
    };
    round.look_around(&desk, plan.record.as_ref()).await;
    round.object = capability::label(context, &round.object, round.capabilities.as_ref()).await?;
    match plan.effect.clone() {
        // What is held back does not count as put right.
        Some(_) if wish.suspended => {
            let held = Plan { look: domain::Look::AtRest, ..plan.held() };
            round.conclude(&desk, &held).await
        }
        Some(effect) => round.act(&desk, &wish, known, &plan, &effect).await,
        None => round.conclude(&desk, &plan).await,
    }
}

impl Round<'_> {
    fn situation<'s>(
        &'s self,
        desk: &'s Desk<'_>,
        wish: &'s SubscriptionWish,
        known: &'s Known,
        seen: &'s [Record],
    ) -> Option<Situation<'s>> {
        let (organization_id, now) = (desk.principal.organization_id.as_deref(), self.now);
        let (cluster, settle) = (self.cluster.as_ref()?, settle(self.context));
        Some(Situation { wish, known, seen, organization_id, cluster, settle, now })
    }

    fn plan(
        &self,
        desk: &Desk<'_>,
        wish: &SubscriptionWish,
        known: &Known,
        seen: &[Record],
    ) -> Result<Plan, Failure> {
        let situation = self.situation(desk, wish, known, seen);
        situation
            .map(|situation| plan(&situation))
            .ok_or_else(|| Failure::new(Reason::Internal, "the cluster was not looked at"))
    }

    /// What should happen. That there is no record is never believed from an old list, nor from a list alone.
    async fn decide(&self, desk: &Desk<'_>, wish: &SubscriptionWish, known: &Known) -> Result<Plan, Failure> {
        let (registrar, account) = (desk.registrar, desk.account.as_ref());
        let seen = registrar.find(account, &self.cluster_id, self.acceptable_age()).await?;
        if seen.iter().any(|record| record.status.is_live()) {
            return self.plan(desk, wish, known, &seen);
        }
        let mut seen = registrar.find(account, &self.cluster_id, Duration::ZERO).await?;
        if let (Some(id), false) = (&known.subscription_id, seen.iter().any(|record| record.status.is_live()))
        {
            seen.extend(registrar.read(account, id).await?);
        }
        self.plan(desk, wish, known, &seen)
    }

    /// Looks at what stands beside the record: the organization's capabilities, and other records of the cluster.
    async fn look_around(&mut self, desk: &Desk<'_>, record: Option<&Record>) {
        let (registrar, account) = (desk.registrar, desk.account.as_ref());
        let organization = record.and_then(|record| record.organization_id.as_ref());
        if let Some(organization) = organization.or(desk.principal.organization_id.as_ref()) {
            let found = registrar.capabilities(account, organization, self.at_rest()).await;
            self.capabilities = Some(found.map_or_else(Sight::Unknown, Sight::Known));
        }
        let Some((record, external)) =
            record.and_then(|record| Some((record, record.external_cluster_id.as_ref()?)))
        else {
            return;
        };
        if !self.is_search_due(record, external) {
            return;
        }
        match registrar.find_external(account, external, self.acceptable_age()).await {
            Ok(found) => {
                self.context.subscriptions_seen.searched(&self.uid, external);
                let others =
                    found.into_iter().filter(|other| other.id != record.id && other.status.is_live());
                self.duplicates = Some(others.map(|other| other.id).collect());
            }
            Err(failure) => tracing::debug!(%failure, "Other records could not be searched for"),
        }
    }

    /// Telemetry makes a record of its own only where none has the cluster's id: as long as ours sees telemetry there is no new one
    /// (`facts/ocm.md §2.6`).
    fn is_search_due(&self, record: &Record, external: &str) -> bool {
        let status = self.object.status.as_ref();
        let has_duplicate =
            status.is_some_and(|status| status.conditions.iter().any(|known| known.type_ == DUPLICATE));
        let is_fresh = record.status == RemoteStatus::Active && record.last_telemetry_at.is_some();
        let interval = match (has_duplicate, &record.status) {
            (true, _) => self.at_rest(),
            (false, RemoteStatus::Reserved) => self.context.options.timings.poll,
            (false, _) if is_fresh => Duration::MAX,
            (false, _) => self.at_rest() * 6,
        };
        self.context.subscriptions_seen.is_search_due(&self.uid, external, interval)
    }

    /// Carries out one effect, and goes on from what it brought.
    async fn act(
        mut self,
        desk: &Desk<'_>,
        wish: &SubscriptionWish,
        known: Known,
        planned: &Plan,
        effect: &Effect,
    ) -> Result<Action, ReconcileError> {
        if let Effect::Reserve(_) = effect {
            self.intent = Some(known::intent(&self.cluster_id, desk.address(), self.now));
            self.write(Look::Seen(planned), &planned.overall, None).await?;
        }
        let outcome = apply(desk.registrar, &desk.account, effect).await;
        if let Effect::Reserve(_) = effect {
            self.context.subscriptions_seen.asked(&self.uid, self.context.clock.now());
        }
        match outcome {
            Ok(Outcome::Made(id)) => self.keep_made(desk, &id).await,
            Ok(Outcome::Changed(record)) => {
                announcement::corrected(self.context, &self.object, planned, effect).await;
                let known = Known { fields: Some(record.fields()), drift: planned.drift.clone(), ..known };
                match self.plan(desk, wish, &known, &[*record]) {
                    Ok(next) => self.conclude(desk, &next.held()).await,
                    Err(failure) => self.fail(&failure).await,
                }
            }
            Err(failure) => {
                if failure.effect == Happened::None {
                    self.intent = None;
                }
                self.fail(&fetch::placed(&desk.way, failure)).await
            }
        }
    }

    /// Keeps the id of a record that was made, and goes on at once.
    async fn keep_made(&mut self, desk: &Desk<'_>, id: &str) -> Result<Action, ReconcileError> {
        self.intent = None;
        let overall = Finding::new(Reason::Synchronizing, format!("record {id} was made"));
        let outlook = self.outlook(Look::None, &overall, None);
        let mut status = status::build(&self.object, &outlook);
        status.subscription_id = Some(known::bounded(id, 128));
        self.object = status::write(self.context, &self.object, status).await?;
        let lesson = Lesson { subscription_id: id, record: None, is_synced: false, is_managed: false };
        self.object = known::remember(self.context, &self.object, desk.address(), lesson).await?;
        Ok(self.rest(Duration::ZERO))
    }

    fn outlook<'a>(
        &'a self,
        look: Look<'a>,
        overall: &'a Finding,
        next_retry_at: Option<Timestamp>,
    ) -> Outlook<'a> {
        Outlook {
            cluster_id: Some(&self.cluster_id),
            look,
            overall,
            cluster: self.cluster.as_ref(),
            capabilities: self.capabilities.as_ref(),
            duplicates: self.duplicates.as_deref(),
            intent: self.intent.as_ref(),
            next_retry_at,
            now: self.now,
        }
    }

    async fn write(
        &mut self,
        look: Look<'_>,
        overall: &Finding,
        next_retry_at: Option<Timestamp>,
    ) -> Result<(), ReconcileError> {
        let status = status::build(&self.object, &self.outlook(look, overall, next_retry_at));
        let before = Arc::clone(&self.object);
        self.object = status::write(self.context, &self.object, status).await?;
        announcement::announce(self.context, &before, &self.object, overall).await;
        Ok(())
    }

    /// Ends a round in which the registrar is not asked.
    async fn stop(&mut self, finding: &Finding) -> Result<Action, ReconcileError> {
        self.write(Look::None, finding, None).await?;
        Ok(self.rest(pace::poll(&self.uid, self.at_rest())))
    }

    /// Ends a round in which the registrar did not do what was asked. One failed look of a known record changes nothing but the time of the next.
    async fn fail(&mut self, failure: &Failure) -> Result<Action, ReconcileError> {
        let failures = self.context.ledger.failed(&self.uid);
        let pause = self.pause_after(failure, failures);
        let is_known = self.object.status.as_ref().is_some_and(|status| status.subscription_id.is_some());
        let is_person = failure.reason.class() == Class::Person;
        let intent_changed =
            self.object.status.as_ref().and_then(|status| status.intent.as_ref()) != self.intent.as_ref();
        if failures > 1 || is_person || !is_known || intent_changed {
            let due = (!is_person).then(|| whole_second(self.now + pause));
            let finding = Finding::new(failure.reason, failure.message.clone());
            self.write(Look::Failed(failure), &finding, due).await?;
        }
        Ok(self.rest(pause))
    }

    fn pause_after(&self, failure: &Failure, failures: u32) -> Duration {
        let interval = self.context.options.timings.poll;
        let pause = match failure.reason {
            // Asking again is asking the same of the same people.
            Reason::QuotaShort
            | Reason::ForeignSubscription
            | Reason::RequestRefused
            | Reason::PermissionMissing => pace::poll(&self.uid, self.at_rest()),
            reason => match reason.class() {
                Class::Person | Class::Fine => interval.min(Duration::from_mins(1)),
                Class::Waiting | Class::Transient => pace::after_failure(&self.uid, failures),
            },
        };
        pause.max(failure.retry_after.unwrap_or_default())
    }

    /// Ends a round in which the registrar answered.
    async fn conclude(&mut self, desk: &Desk<'_>, plan: &Plan) -> Result<Action, ReconcileError> {
        if let Some(record) = &plan.record {
            self.intent = None;
            let is_synced = plan.synced.as_ref().is_some_and(|finding| finding.reason == Reason::Verified);
            let is_managed = plan.synced.is_some();
            let lesson = Lesson { subscription_id: &record.id, record: Some(record), is_synced, is_managed };
            self.object = known::remember(self.context, &self.object, desk.address(), lesson).await?;
        }
        self.context.ledger.succeeded(&self.uid);
        self.write(Look::Seen(plan), &plan.overall, None).await?;
        if self.context.subscriptions_seen.take_sweep(&desk.account, self.at_rest() * 6) {
            self.context.subscriptions_seen.forget_gone();
            let swept =
                sweep::sweep(self.context, desk.way.kind, &desk.account, self.at_rest() * 6, self.now).await;
            if let Err(failure) = swept {
                tracing::warn!(%failure, registrar = desk.address(), "Orphaned records could not be searched for");
            }
        }
        Ok(self.rest(self.until(plan.look)))
    }

    /// How old a list may be that this object is looked up in: at rest it is everybody's.
    fn acceptable_age(&self) -> Duration {
        let generation = self.object.metadata.generation;
        let is_at_rest = self.object.status.as_ref().is_some_and(|status| {
            let is_reserved = status.remote_status.as_deref() == Some(RemoteStatus::Reserved.as_str())
                && self.object.spec.cluster.declared.is_none();
            let is_ready =
                status.conditions.iter().any(|known| known.type_ == READY && known.status == "True");
            is_ready && !is_reserved && Some(status.observed_generation) == generation
        });
        if is_at_rest { self.at_rest() } else { self.context.options.timings.poll / 2 }
    }

    /// Between two looks at a record at rest: ten polling intervals (`facts/ocm.md §7.2`).
    fn at_rest(&self) -> Duration {
        self.context.options.timings.poll * 10
    }

    fn until(&self, look: domain::Look) -> Duration {
        match look {
            domain::Look::Now => Duration::ZERO,
            domain::Look::Soon => pace::poll(&self.uid, self.context.options.timings.poll),
            domain::Look::At(moment) => {
                let left = Duration::try_from(moment.duration_since(self.now)).unwrap_or_default();
                left.clamp(Duration::from_secs(1), self.at_rest())
            }
            domain::Look::AtRest => pace::poll(&self.uid, self.at_rest()),
        }
    }

    fn rest(&self, pause: Duration) -> Action {
        self.context.ledger.rest_for(&self.uid, pause);
        Action::requeue(pause)
    }
}
