//! Which of several operators acts: the one that leads, in the namespaces that its installation has claimed.
//!
//! Whoever holds the leases (the operator's `lease` module) keeps an [`Appointment`]; reconciles and the connector look at the [`Duty`].

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::Stream;
use slipway_core::fence::Fence;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

/// Whose a namespace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// This installation's.
    Ours,
    /// Another installation of Slipway serves it.
    Theirs,
}

/// What changes seldom. The ends of the terms move with each renewal, and nobody has to be woken for that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Standing {
    leads: bool,
    claims: BTreeMap<String, Claim>,
}

/// Until when the leases are good. Time that passes while the process is stopped counts.
#[derive(Debug, Default)]
struct Terms(Mutex<Ends>);

#[derive(Debug, Default)]
struct Ends {
    lead: Option<Instant>,
    claims: HashMap<String, Instant>,
}

impl Terms {
    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lead(&self) -> Option<Instant> {
        self.ends().lead.filter(|end| Instant::now() < *end)
    }

    /// The end of the lead or of the claim on a namespace, whichever comes first, while both last.
    fn act(&self, namespace: &str) -> Option<Instant> {
        let ends = self.ends();
        let end = ends.lead?.min(*ends.claims.get(namespace)?);
        (Instant::now() < end).then_some(end)
    }
}

/// Says who acts; kept by whoever holds the leases.
#[derive(Debug)]
pub struct Appointment {
    terms: Arc<Terms>,
    standing: watch::Sender<Standing>,
    asked: mpsc::UnboundedSender<String>,
}

impl Appointment {
    /// Nobody's yet, and the namespaces that somebody asks for; a namespace may come more than once.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<String>) {
        let (asked, namespaces) = mpsc::unbounded_channel();
        (Self { terms: Arc::default(), standing: watch::Sender::default(), asked }, namespaces)
    }

    /// The other side.
    #[must_use]
    pub fn duty(&self) -> Duty {
        let (terms, standing) = (Arc::clone(&self.terms), self.standing.subscribe());
        Duty { terms, standing, asked: self.asked.clone() }
    }

    /// This process leads until `end`.
    pub fn lead_until(&self, end: Instant) {
        self.terms.ends().lead = Some(end);
        self.set(|standing| standing.leads = true);
    }

    /// This process does not lead any more.
    pub fn step_down(&self) {
        self.terms.ends().lead = None;
        self.set(|standing| standing.leads = false);
    }

    /// Steps down if the term is over.
    pub fn notice_the_end(&self) {
        if self.terms.lead().is_none() {
            self.step_down();
        }
    }

    /// Whose the namespaces are, and until when that is sure; of others nothing is known any more.
    pub fn claim(&self, claims: &BTreeMap<String, (Claim, Instant)>) {
        self.terms.ends().claims = claims.iter().map(|(name, (_, end))| (name.clone(), *end)).collect();
        let whose = claims.iter().map(|(name, (claim, _))| (name.clone(), *claim)).collect();
        self.set(|standing| standing.claims = whose);
    }

    fn set(&self, change: impl FnOnce(&mut Standing)) {
        self.standing.send_if_modified(|standing| {
            let before = standing.clone();
            change(standing);
            *standing != before
        });
    }
}

/// Whether this process acts.
#[derive(Debug, Clone)]
pub struct Duty {
    terms: Arc<Terms>,
    standing: watch::Receiver<Standing>,
    asked: mpsc::UnboundedSender<String>,
}

impl Duty {
    /// Whether this process leads.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.terms.lead().is_some()
    }

    /// Whose a namespace is. One that nobody has looked at yet is asked for, and [`Duty::changes`] says when the answer is there.
    pub(crate) fn claim(&self, namespace: &str) -> Option<Claim> {
        let claim = self.standing.borrow().claims.get(namespace).copied();
        if claim.is_none() {
            // The receiver ends with the process.
            self.asked.send(namespace.to_owned()).ok();
        }
        claim
    }

    /// Whether this process acts in a namespace.
    pub(crate) fn is_on(&self, namespace: &str) -> bool {
        self.claim(namespace) == Some(Claim::Ours) && self.terms.act(namespace).is_some()
    }

    /// Resolves when this process does not act in the namespace any more.
    pub(crate) async fn over(&self, namespace: &str) {
        let mut standing = self.standing.clone();
        while let Some(end) = self.terms.act(namespace).filter(|_| self.is_on(namespace)) {
            tokio::select! {
                changed = standing.changed() => if changed.is_err() { return },
                () = sleep_until(end) => {}
            }
        }
    }

    /// Yields each time that there may be more to act on, or less.
    pub(crate) fn changes(&self) -> impl Stream<Item = ()> + Send + use<> {
        futures::stream::unfold(self.standing.clone(), |mut standing| async move {
            standing.changed().await.ok()?;
            Some(((), standing))
        })
    }
}

impl Fence for Duty {
    fn is_open(&self) -> bool {
        self.leads()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::{FutureExt, StreamExt};

    use super::*;

    fn lab(claim: Claim, end: Instant) -> BTreeMap<String, (Claim, Instant)> {
        BTreeMap::from([("lab".to_owned(), (claim, end))])
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_hours(1)
    }

    fn leading() -> (Appointment, Duty) {
        let (appointment, _) = Appointment::new();
        let duty = appointment.duty();
        appointment.claim(&lab(Claim::Ours, later()));
        appointment.lead_until(later());
        (appointment, duty)
    }

    #[tokio::test]
    async fn acting_takes_the_lead_and_the_namespace() {
        let (appointment, duty) = leading();
        assert!(duty.is_on("lab") && duty.is_open() && !duty.is_on("edge"));
        assert!(duty.over("lab").now_or_never().is_none());
        appointment.step_down();
        assert!(!duty.is_on("lab") && !duty.is_open());
    }

    #[test]
    fn a_term_that_is_not_renewed_ends_by_itself() {
        let (appointment, duty) = leading();
        appointment.lead_until(Instant::now());
        assert!(!duty.is_on("lab") && !duty.is_open(), "nobody had to say so");
        assert!(duty.over("lab").now_or_never().is_some());
    }

    #[tokio::test]
    async fn work_ends_when_the_lease_or_the_namespace_is_lost() {
        let (appointment, duty) = leading();
        let over = duty.over("lab");
        tokio::pin!(over);
        assert!(over.as_mut().now_or_never().is_none());
        appointment.step_down();
        assert!(over.now_or_never().is_some());
        appointment.lead_until(later());
        appointment.claim(&lab(Claim::Theirs, later()));
        assert!(duty.over("lab").now_or_never().is_some() && duty.is_open());
    }

    #[tokio::test]
    async fn work_ends_at_the_end_of_the_term() {
        let (appointment, duty) = leading();
        appointment.lead_until(Instant::now() + Duration::from_millis(1));
        duty.over("lab").await;
        assert!(!duty.leads());
    }

    #[test]
    fn claims_that_were_not_looked_at_for_long_are_not_acted_on() {
        let (appointment, duty) = leading();
        appointment.claim(&lab(Claim::Ours, Instant::now()));
        assert!(duty.leads() && !duty.is_on("lab"));
        assert_eq!(duty.claim("lab"), Some(Claim::Ours), "the boot service goes on answering");
    }

    #[test]
    fn a_namespace_is_asked_for_and_a_renewal_wakes_nobody() {
        let (appointment, mut asked) = Appointment::new();
        let duty = appointment.duty();
        assert_eq!(duty.claim("lab"), None);
        assert_eq!(asked.try_recv().as_deref(), Ok("lab"));
        let mut changes = Box::pin(duty.changes());
        appointment.claim(&lab(Claim::Ours, later()));
        assert!(changes.next().now_or_never().is_some());
        appointment.lead_until(later());
        assert!(changes.next().now_or_never().is_some());
        appointment.lead_until(later());
        appointment.claim(&lab(Claim::Ours, later()));
        assert!(changes.next().now_or_never().is_none());
        appointment.lead_until(Instant::now());
        appointment.notice_the_end();
        assert!(changes.next().now_or_never().is_some());
    }
}
