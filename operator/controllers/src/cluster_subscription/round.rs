//! One round of a subscription: what is so, what follows, and what comes of it.

use std::{sync::Arc, time::Duration};

use kube::runtime::controller::Action;
use slipway_core::{
    clock::Timestamp,
    failure::{Effect as Happened, Failure},
    finding::Finding,
    reason::{Class, Reason},
    subscription::{
        self as domain, ClusterSight, Effect, Known, Plan, Record, Situation, SubscriptionWish, plan,
    },
};
use slipway_crds::v1alpha1::{ClusterSubscription, ClusterSubscriptionSpec, IntentStatus};

use super::{
    announcement,
    apply::{Outcome, apply},
    capability,
    capability::Sight,
    cluster, conflict,
    desk::{Desk, open},
    fetch, known,
    known::Lesson,
    known_now, settle, status,
    status::{Look, Outlook},
    sweep, validate,
};
use crate::{bare_metal_host::whole_second, context::Context, error::ReconcileError, pace};

/// One object on its way through a reconcile.
pub(super) struct Round<'a> {
    pub(super) context: &'a Context,
    pub(super) object: Arc<ClusterSubscription>,
    pub(super) uid: String,
    pub(super) cluster_id: String,
    pub(super) now: Timestamp,
    /// What the cluster says; `None`: it was not looked at.
    pub(super) cluster: Option<ClusterSight>,
    pub(super) capabilities: Option<Sight>,
    pub(super) duplicates: Option<Vec<String>>,
    pub(super) intent: Option<IntentStatus>,
}

/// Goes through one round.
pub(super) async fn run<'a>(
    mut round: Round<'a>,
    spec: &'a ClusterSubscriptionSpec,
) -> Result<Action, ReconcileError> {
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
}
