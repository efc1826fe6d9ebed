//! `BareMetalHost`: one reconcile is fetch, validate, observe, plan, apply, status.

mod announcement;
mod apply;
mod deletion;
mod fetch;
mod memory;
pub(crate) mod priming;
mod publish;
mod record;
mod reports;
mod standby;
mod status;
pub(crate) mod tap;
mod validate;

use std::{sync::Arc, time::Duration};

use kube::runtime::controller::Action;
use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    host::{self, Depth, Endpoint, Observation, Plan, Record, Situation},
    reason::{Class, Reason},
};
use slipway_crds::v1alpha1::{BareMetalHost, HostPhase};

use crate::{
    claims::key_of, context::Context, crowd::Crowd, error::ReconcileError, latest::Latest, object,
    object::Object, pace,
};
use status::{Look, Outlook};

pub(crate) use record::{record_of, whole_second};
pub(crate) use standby::stand_by;

/// How long a first look may take before the object says that it is being looked at.
const SILENCE: Duration = Duration::from_secs(1);

impl Object for BareMetalHost {
    fn latest(context: &Context) -> &Latest<Self> {
        &context.latest
    }
}

/// One object on its way through a reconcile.
struct Round<'a> {
    context: &'a Context,
    host: Arc<BareMetalHost>,
    record: Record,
    now: Timestamp,
}

/// Hosts on their way through a reconcile.
static CROWD: Crowd = Crowd::new();

/// Brings one host one step further, when it is its turn. One that is installing or leaving does not wait.
pub(crate) async fn reconcile(
    watched: Arc<BareMetalHost>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let phase = watched.status.as_ref().and_then(|status| status.phase);
    let is_busy = matches!(phase, Some(HostPhase::Installing | HostPhase::Deleting));
    if is_busy || watched.metadata.deletion_timestamp.is_some() {
        return Box::pin(step(watched, &context)).await;
    }
    CROWD.through(|| step(watched, &context)).await
}

async fn step(watched: Arc<BareMetalHost>, context: &Context) -> Result<Action, ReconcileError> {
    // Our own write may come back before it is known to be ours. It is no reason to look again.
    let is_echo = context.latest.is_echo(&watched);
    let host = context.latest.newer(watched);
    if let (true, Some(left)) = (is_echo, context.ledger.rest_left(&key_of(&host).uid)) {
        return Ok(Action::requeue(left));
    }
    let now = whole_second(context.clock.now());
    if host.metadata.deletion_timestamp.is_some() {
        return Box::pin(deletion::reconcile(context, host, now)).await;
    }
    let host = deletion::keep_finalizer(context, host).await?;
    if host.spec.install.is_some() {
        context.profiles.listed(&key_of(&host).namespace).await?;
    }
    let uid = key_of(&host).uid;
    let mut record = record_of(&host);
    let reboot = host.spec.reboot.as_ref().map(|reboot| reboot.id.as_str());
    context.ledger.recall(&uid, &mut record, reboot);
    let mut round = Round { context, host, record, now };
    round.take_reports().await?;
    let installation = fetch::installation(context, &round.host, round.record.install.as_ref(), now).await;
    publish::publish(context, &round.host, &round.record, installation.as_ref());
    let checked = match validate::check(&round.host.spec).and_then(|checked| {
        match context.claims.conflict(&round.host) {
            Some(conflict) => Err(conflict),
            None => Ok(checked),
        }
    }) {
        Ok(checked) => checked,
        Err(finding) => return round.stop(finding).await,
    };
    let endpoint = match fetch::endpoint(context, &round.host, &checked, seen_pin(&round.host), now).await {
        Ok(endpoint) => endpoint,
        Err(failure) => return round.fail(&failure).await,
    };
    let seen = match round.observe(&endpoint).await? {
        Some(Ok(seen)) => seen,
        Some(Err(failure)) => return round.fail(&failure).await,
        // A report came in: it is taken first.
        None => return Ok(Action::requeue(Duration::ZERO)),
    };
    let wish = validate::wish(&round.host.spec, installation.clone(), context.boot.http_boot_program());
    let situation =
        Situation { wish: &wish, record: &round.record, seen: &seen, timings: &context.options.timings, now };
    let plan = host::plan(&situation);
    let means =
        apply::Means { context, endpoint: &endpoint, seen: &seen, installation: installation.as_ref(), now };
    let applied = if wish.suspended {
        apply::Applied::nothing(Arc::clone(&round.host), &plan)
    } else {
        Box::pin(apply::apply(&means, Arc::clone(&round.host), &plan)).await?
    };
    (round.host, round.record) = (applied.host, applied.record);
    publish::publish(context, &round.host, &round.record, installation.as_ref());
    round.conclude(&plan, &seen, applied.failure, wish.suspended).await
}

/// The BMC's key that was trusted on first use.
fn seen_pin(host: &BareMetalHost) -> Option<String> {
    let in_status = host.status.as_ref().and_then(|status| status.tls.as_ref()?.pin.clone());
    in_status.or_else(|| object::memory_of::<_, host::Memory>(host).pin)
}

impl Round<'_> {
    fn uid(&self) -> String {
        key_of(&self.host).uid
    }

    /// How much there is to read: everything while the host is new, else its power; interfaces once, when the host is at rest.
    fn depth(&self) -> Depth {
        let status = self.host.status.as_ref();
        let Some(hardware) = status.and_then(|status| status.hardware.as_ref()) else {
            return Depth::Register;
        };
        let at_rest = matches!(
            status.and_then(|status| status.phase),
            Some(HostPhase::Available | HostPhase::Installed)
        );
        if at_rest && hardware.nics.is_empty() && self.context.ledger.take_inventory_turn(&self.uid()) {
            Depth::Inventory
        } else {
            Depth::Power
        }
    }

    /// Looks at the machine. A look at a new host that takes long is announced; one during which a report comes in is given up (`None`).
    async fn observe(
        &mut self,
        endpoint: &Endpoint,
    ) -> Result<Option<Result<Observation, Failure>>, ReconcileError> {
        let bell = self.context.ledger.bell(&self.uid());
        let rung = bell.notified();
        let depth = self.depth();
        let look = self.context.hosts.observe(endpoint, depth);
        tokio::pin!(look, rung);
        let is_new = self.host.status.as_ref().is_none_or(|status| status.phase.is_none());
        if is_new {
            match tokio::time::timeout(SILENCE, &mut look).await {
                Ok(seen) => return Ok(Some(seen)),
                Err(_) => self.announce().await?,
            }
        }
        tokio::select! {
            seen = &mut look => Ok(Some(seen)),
            () = &mut rung => Ok(None),
        }
    }

    async fn announce(&mut self) -> Result<(), ReconcileError> {
        let finding = Finding::new(Reason::Registering, "the BMC is being asked who it is");
        self.write(Look::None, &finding, Vec::new(), None).await
    }

    async fn write(
        &mut self,
        look: Look<'_>,
        overall: &Finding,
        plan: Vec<String>,
        next_retry_at: Option<Timestamp>,
    ) -> Result<(), ReconcileError> {
        let outlook = Outlook { record: &self.record, look, overall, plan, next_retry_at, now: self.now };
        let status = status::build(&self.host, &outlook);
        let before = Arc::clone(&self.host);
        self.host = status::write(self.context, &self.host, status).await?;
        announcement::announce(self.context, &before, &self.host, overall).await;
        Ok(())
    }

    /// Ends a round in which the spec cannot be used.
    async fn stop(&mut self, finding: Finding) -> Result<Action, ReconcileError> {
        self.write(Look::None, &finding, Vec::new(), None).await?;
        Ok(Action::requeue(pace::poll(&self.uid(), self.context.options.timings.poll)))
    }

    /// Ends a round in which the BMC could not be asked. One failed look of a known host changes nothing but the time of the next.
    async fn fail(&mut self, failure: &Failure) -> Result<Action, ReconcileError> {
        let uid = self.uid();
        let person = failure.reason.class() == Class::Person;
        let interval = self.context.options.timings.poll;
        let asked = failure.retry_after.unwrap_or_default();
        // An open circuit was no try: it is not counted, and what it asks for is when the next one is due.
        let is_open = failure.reason == Reason::CircuitOpen && !asked.is_zero();
        let failures = if is_open { u32::MAX } else { self.context.ledger.failed(&uid) };
        let backoff = if is_open { asked } else { pace::after_failure(&uid, failures).max(asked) };
        let pause = if person { interval.min(Duration::from_mins(1)) } else { backoff };
        if failures > 1 || person || !self.record.registered {
            let due = (!person).then(|| whole_second(self.now + pause));
            let finding = Finding::new(failure.reason, failure.message.clone());
            self.write(Look::Failed(failure), &finding, Vec::new(), due).await?;
        }
        Ok(Action::requeue(pause))
    }

    /// Ends a round in which the host answered.
    async fn conclude(
        &mut self,
        plan: &Plan,
        seen: &Observation,
        failure: Option<Failure>,
        suspended: bool,
    ) -> Result<Action, ReconcileError> {
        let uid = self.uid();
        self.context.ledger.learn(&uid, &self.record);
        let pin = seen.pin.as_ref().map(slipway_core::trust::Pin::as_str);
        self.host = memory::write(self.context, &self.host, &self.record, pin).await?;
        if let Some(failure) = failure {
            return self.fail_effect(seen, &failure).await;
        }
        self.context.ledger.succeeded(&uid);
        let words =
            if suspended || plan.overall.reason.class() == Class::Person { plan.words() } else { Vec::new() };
        let next_attempt = self.record.install.as_ref().and_then(|install| install.next_attempt_at);
        self.write(Look::Seen(seen), &plan.overall, words, next_attempt).await?;
        let again = self.next_look(plan.look_again);
        self.context.ledger.rest_for(&uid, again);
        Ok(Action::requeue(again))
    }

    /// When to look again: as the plan says, and at the latest when the next poll is due.
    fn next_look(&self, planned: Option<Duration>) -> Duration {
        let interval = self.context.options.timings.poll;
        match planned {
            Some(pause) if pause < interval => pause,
            _ => pace::poll(&self.uid(), interval),
        }
    }

    /// Ends a round in which the host answered and did not take an effect.
    async fn fail_effect(&mut self, seen: &Observation, failure: &Failure) -> Result<Action, ReconcileError> {
        let uid = self.uid();
        let failures = self.context.ledger.failed(&uid);
        let pause = pace::after_failure(&uid, failures).max(failure.retry_after.unwrap_or_default());
        let finding = Finding::new(failure.reason, failure.message.clone());
        let due = whole_second(self.now + pause);
        self.write(Look::Seen(seen), &finding, Vec::new(), Some(due)).await?;
        Ok(Action::requeue(pause))
    }
}
