//! `Infrastructure`: one reconcile is fetch, validate, observe, plan, apply, status.

mod announcement;
mod apply;
mod conditions;
mod conflict;
mod deletion;
mod fetch;
mod memory;
mod record;
mod register;
mod remote;
mod schedule;
mod status;
mod validate;
mod witness;

use std::{sync::Arc, time::Duration};

use kube::{ResourceExt, runtime::controller::Action};
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    infrastructure::{
        self as domain, Account, Effect, Memory, Observation, Plan, RackEndpoint, Record, Rules,
        ScheduleSight, Situation,
    },
    reason::{Class, Reason},
    trust::{Pin, Trust},
};
use slipway_crds::v1alpha1::Infrastructure;

use crate::{
    bare_metal_host::whole_second, context::Context, error::ReconcileError, latest::Latest, object,
    object::Object, pace,
};
use apply::{Applied, Means, apply};
use record::record_of;
use status::{Look, Outlook};
use validate::Checked;

pub(crate) use witness::Witness;

impl Object for Infrastructure {
    fn latest(context: &Context) -> &Latest<Self> {
        &context.latest_infrastructures
    }
}

/// One object on its way through a reconcile.
struct Round<'a> {
    context: &'a Context,
    object: Arc<Infrastructure>,
    uid: String,
    record: Record,
    now: Timestamp,
    /// The rack's key trusted on first use.
    pin: Option<Pin>,
    greeted: Option<Result<(), Failure>>,
}

/// Brings one rack one step further.
pub(crate) async fn reconcile(
    watched: Arc<Infrastructure>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let context = context.as_ref();
    // Our own write may come back before it is known to be ours. It is no reason to look again.
    let is_echo = context.latest_infrastructures.is_echo(&watched);
    let object = context.latest_infrastructures.newer(watched);
    let uid = object.uid().unwrap_or_default();
    if let (true, Some(left)) = (is_echo, context.ledger.rest_left(&uid)) {
        return Ok(Action::requeue(left));
    }
    let now = whole_second(context.clock.now());
    if object.metadata.deletion_timestamp.is_some() {
        return Box::pin(deletion::reconcile(context, object, now)).await;
    }
    let object = deletion::keep_finalizer(context, object).await?;
    let (record, pin) = (record_of(&object), seen_pin(&object));
    let mut round = Round { context, object, uid, record, now, pin, greeted: None };
    let checked = match validate::check(&round.object.spec, now) {
        Ok(checked) => checked,
        Err(finding) => return round.stop(finding).await,
    };
    let account = match fetch::account(context, &round.object, &checked, now).await {
        Ok(account) => account,
        Err(failure) => return round.fail(&failure).await,
    };
    let seen = match round.find(&account, &checked).await {
        Ok(seen) => seen,
        Err(failure) => return round.fail(&failure).await,
    };
    if let Some(conflict) = conflict::over_rack(&context.racks_seen, &round.object, &seen.id) {
        return round.stand_back(&seen, conflict).await;
    }
    let sight = round.schedule(&account, &checked, &seen).await;
    let mut plan = round.plan(&checked, &seen, &sight);
    let rack = round.prepare_rack(&checked, &mut plan).await;
    let applied = if checked.wish.suspended {
        Applied {
            object: Arc::clone(&round.object),
            record: plan.record.clone(),
            answer: None,
            failure: None,
        }
    } else {
        Box::pin(round.apply(&account, rack.as_ref(), &seen, &plan)).await?
    };
    round.conclude(&plan, &seen, &sight, applied).await
}

/// The rack's key that was trusted on first use.
fn seen_pin(object: &Infrastructure) -> Option<Pin> {
    let in_status = object.status.as_ref().and_then(|status| status.tls.as_ref()?.pin.clone());
    in_status.or_else(|| object::memory_of::<_, Memory>(object).pin).map(Pin::new)
}

impl Round<'_> {
    /// The rack's record. When the spec now means another rack, nothing is known of that one.
    async fn find(&mut self, account: &Account, checked: &Checked) -> Result<Observation, Failure> {
        let may_create = !checked.wish.suspended;
        let cloud = self.context.cloud.as_ref();
        let seen = register::record(cloud, account, &self.object, &self.record, may_create).await?;
        if self.record.infrastructure_id.as_ref().is_some_and(|id| *id != seen.id) {
            self.record = Record::default();
        }
        Ok(seen)
    }

    /// What is known of the upgrade schedule; trouble with it leaves the connection alone.
    async fn schedule(&self, account: &Account, checked: &Checked, seen: &Observation) -> ScheduleSight {
        if let Some(mistake) = &checked.schedule_mistake {
            return ScheduleSight::Refused(mistake.clone());
        }
        if let Some(conflict) = conflict::over_schedule(&self.context.racks_seen, &self.object) {
            return ScheduleSight::Refused(conflict);
        }
        let generation = self.object.metadata.generation.unwrap_or_default();
        let is_attached = seen.upgrade_schedule_id.is_some();
        if is_attached && !self.context.racks_seen.is_schedule_due(&self.uid, generation) {
            return ScheduleSight::NotLooked;
        }
        let wish = checked.wish.schedule.as_ref();
        let sight = schedule::sight(self.context.cloud.as_ref(), account, wish, seen).await;
        sight.unwrap_or_else(|failure| ScheduleSight::Refused(Finding::new(failure.reason, failure.message)))
    }

    fn plan(&self, checked: &Checked, seen: &Observation, sight: &ScheduleSight) -> Plan {
        let spent = seen.pin.as_ref().is_some_and(|pin| self.context.racks_seen.is_spent(&seen.id, pin));
        domain::plan(&Situation {
            wish: &checked.wish,
            record: &self.record,
            seen,
            pin_is_spent: spent,
            schedule: sight,
            owner: &register::owner(&self.object),
            rules: &Rules::default(),
        })
    }

    /// While a handshake is waited for, the rack is asked for its certificate, so that a mistake shows before the waiting time is over. Without a
    /// trusted one no PIN is given.
    async fn prepare_rack(&mut self, checked: &Checked, plan: &mut Plan) -> Option<RackEndpoint> {
        let gives = matches!(plan.effect, Some(Effect::GivePin { .. }));
        if !gives && plan.not_before.is_none() {
            return None;
        }
        let outcome = self.greet(checked).await;
        if let Err(failure) = &outcome {
            if gives {
                plan.effect = None;
                plan.look = domain::Look::Soon;
            }
            if plan.overall.reason.class() != Class::Person {
                plan.overall = Finding::new(failure.reason, failure.message.clone());
            }
        }
        let (greeted, rack) = match outcome {
            Ok(rack) => (Ok(()), Some(rack)),
            Err(failure) => (Err(failure), None),
        };
        self.greeted = Some(greeted);
        rack
    }

    async fn greet(&mut self, checked: &Checked) -> Result<RackEndpoint, Failure> {
        let seen = self.pin.as_ref().map(|pin| pin.as_str().to_owned());
        let mut rack = fetch::rack(self.context, &self.object, checked, seen, self.now).await?;
        let shown = self.context.racks.greet(&rack).await;
        let shown = shown.map_err(|failure| fetch::placed(&self.object, failure))?;
        if rack.trust == Trust::FirstUse {
            let first = shown.ok_or_else(|| {
                Failure::new(
                    Reason::CertificateUntrusted,
                    "the rack showed no certificate; spec.rack.tls.trustOnFirstUse needs one",
                )
            })?;
            rack.trust = Trust::Pin(first.clone());
            self.pin = Some(first);
        }
        Ok(rack)
    }

    async fn apply(
        &self,
        account: &Account,
        rack: Option<&RackEndpoint>,
        seen: &Observation,
        plan: &Plan,
    ) -> Result<Applied, ReconcileError> {
        let outlook = self.outlook(Look::Seen(seen), Some(plan), &plan.overall, None);
        let means = Means { context: self.context, account, seen, rack, outlook };
        apply(&means, Arc::clone(&self.object), plan).await
    }

    fn outlook<'a>(
        &'a self,
        look: Look<'a>,
        plan: Option<&'a Plan>,
        overall: &'a Finding,
        next_retry_at: Option<Timestamp>,
    ) -> Outlook<'a> {
        let (record, pin, greeted, now) = (&self.record, self.pin.as_ref(), self.greeted.as_ref(), self.now);
        Outlook { record, look, plan, overall, pin, greeted, next_retry_at, now }
    }

    async fn write(
        &mut self,
        look: Look<'_>,
        plan: Option<&Plan>,
        overall: &Finding,
        next_retry_at: Option<Timestamp>,
    ) -> Result<(), ReconcileError> {
        let status = status::build(&self.object, &self.outlook(look, plan, overall, next_retry_at));
        let before = Arc::clone(&self.object);
        self.object = status::write(self.context, &self.object, status).await?;
        announcement::announce(self.context, &before, &self.object, overall).await;
        Ok(())
    }

    /// Ends a round in which the spec cannot be used.
    async fn stop(&mut self, finding: Finding) -> Result<Action, ReconcileError> {
        self.write(Look::None, None, &finding, None).await?;
        Ok(self.rest(self.at_rest()))
    }

    /// Ends a round in which an older object was found to manage the same rack.
    async fn stand_back(&mut self, seen: &Observation, conflict: Finding) -> Result<Action, ReconcileError> {
        self.record.infrastructure_id = Some(seen.id.clone());
        self.write(Look::Seen(seen), None, &conflict, None).await?;
        Ok(self.rest(self.at_rest()))
    }

    /// Ends a round in which OCI could not be asked. One failed look of a known rack changes nothing but the time of the next.
    async fn fail(&mut self, failure: &Failure) -> Result<Action, ReconcileError> {
        let pause = self.pause_after(failure);
        let (person, failures) = (failure.reason.class() == Class::Person, pause.1);
        if failures > 1 || person || !self.record.known {
            let due = (!person).then(|| whole_second(self.now + pause.0));
            let finding = Finding::new(failure.reason, failure.message.clone());
            self.write(Look::Failed(failure), None, &finding, due).await?;
        }
        Ok(self.rest(pause.0))
    }

    /// How long to wait after a failure, and how many there were in a row.
    fn pause_after(&self, failure: &Failure) -> (Duration, u32) {
        let failures = self.context.ledger.failed(&self.uid);
        let asked = failure.retry_after.unwrap_or_default();
        let interval = self.context.options.timings.poll;
        let pause = match failure.reason.class() {
            Class::Person | Class::Fine => interval.min(Duration::from_mins(1)),
            Class::Waiting | Class::Transient => pace::after_failure(&self.uid, failures),
        };
        (pause.max(asked), failures)
    }

    /// Ends a round in which OCI answered.
    async fn conclude(
        &mut self,
        plan: &Plan,
        seen: &Observation,
        sight: &ScheduleSight,
        applied: Applied,
    ) -> Result<Action, ReconcileError> {
        (self.object, self.record) = (applied.object, applied.record);
        let pin = self.pin.as_ref().map(Pin::as_str);
        self.object = memory::write(self.context, &self.object, &self.record, pin).await?;
        let seen = applied.answer.as_ref().unwrap_or(seen);
        if let Some(failure) = applied.failure {
            return self.fail_effect(plan, seen, &failure).await;
        }
        if plan.effect.is_none() && !matches!(sight, ScheduleSight::Refused(_)) {
            let generation = self.object.metadata.generation.unwrap_or_default();
            if *sight != ScheduleSight::NotLooked {
                self.context.racks_seen.schedule_compared(&self.uid, generation);
            }
        }
        let unreachable = matches!(&self.greeted, Some(Err(_)));
        if !unreachable {
            self.context.ledger.succeeded(&self.uid);
        }
        self.write(Look::Seen(seen), Some(plan), &plan.overall, None).await?;
        let acts = plan.effect.is_some() && !self.object.spec.suspend;
        let again = if unreachable && !acts {
            pace::after_failure(&self.uid, self.context.ledger.failed(&self.uid)).min(self.soon() * 6)
        } else {
            self.until(plan.look, seen.seen_at)
        };
        Ok(self.rest(again))
    }

    /// Ends a round in which OCI answered and an effect failed.
    async fn fail_effect(
        &mut self,
        plan: &Plan,
        seen: &Observation,
        failure: &Failure,
    ) -> Result<Action, ReconcileError> {
        let (pause, failures) = self.pause_after(failure);
        // Somebody was faster: the next look knows more.
        let is_race = matches!(failure.reason, Reason::ChangedMeanwhile | Reason::WrongState) && failures < 3;
        if !is_race {
            let finding = Finding::new(failure.reason, failure.message.clone());
            let due = whole_second(self.now + pause);
            self.write(Look::Seen(seen), Some(plan), &finding, Some(due)).await?;
        }
        Ok(self.rest(pause))
    }

    /// Between two looks at a rack that is changing: a sixth of the polling interval.
    fn soon(&self) -> Duration {
        self.context.options.timings.poll / 6
    }

    /// Between two looks at a rack at rest: five polling intervals. Two hundred racks of one account are 40 calls a minute then.
    fn at_rest(&self) -> Duration {
        pace::poll(&self.uid, self.context.options.timings.poll * 5)
    }

    /// `now` is OCI's clock.
    fn until(&self, look: domain::Look, now: Timestamp) -> Duration {
        match look {
            domain::Look::Now => Duration::ZERO,
            domain::Look::Soon => self.soon(),
            domain::Look::At(moment) if moment > now => {
                let left = Duration::try_from(moment.duration_since(now)).unwrap_or_default();
                left.max(Duration::from_secs(1)).min(self.at_rest())
            }
            domain::Look::At(_) | domain::Look::AtRest => self.at_rest(),
        }
    }

    fn rest(&self, pause: Duration) -> Action {
        self.context.ledger.rest_for(&self.uid, pause);
        Action::requeue(pause)
    }
}
