//! One rack in one situation, and the steps a controller takes with it.

use std::{collections::BTreeMap, time::Duration};

use slipway_core::{
    clock::Timestamp,
    infrastructure::{
        Approval, Change, ConnectionState, ConnectionWish, Desired, Effect, Etag, Fingerprint, Handshake,
        InfrastructureWish, Observation, Order, Plan, Record, RefreshPolicy, Rules, ScheduleSight, Situation,
        Step, pin_given, plan,
    },
    reason::Reason,
    secret::Secret,
};

pub(crate) const MINUTE: Duration = Duration::from_mins(1);
pub(crate) const DAY: Duration = Duration::from_hours(24);

/// What rack and OCI show of one key.
pub(crate) const PRINT: &str = "key-1";

/// What is asked, on record and seen.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) wish: InfrastructureWish,
    pub(crate) record: Record,
    pub(crate) seen: Observation,
    pub(crate) pin_is_spent: bool,
    pub(crate) schedule: ScheduleSight,
    pub(crate) rules: Rules,
}

impl Scene {
    /// A rack that is to be connected and has just gone to this state. There is no record of it.
    pub(crate) fn first(state: ConnectionState) -> Self {
        Self {
            wish: InfrastructureWish {
                connection: Some(connection()),
                schedule: None,
                details: None,
                suspended: false,
            },
            record: Record::default(),
            seen: observation(state),
            pin_is_spent: false,
            schedule: ScheduleSight::NotLooked,
            rules: Rules::default(),
        }
    }

    /// The same with a record that is up to date.
    pub(crate) fn new(state: ConnectionState) -> Self {
        let mut scene = Self::first(state.clone());
        let now = scene.seen.seen_at;
        scene.record = Record {
            known: true,
            infrastructure_id: Some(scene.seen.id.clone()),
            connected_since: matches!(state, ConnectionState::Connected | ConnectionState::Disconnected)
                .then_some(now),
            state: Some((state, now)),
            ..Record::default()
        };
        if scene.record.connected_since.is_some() {
            scene.record.handshake = attempt(Step::Connected, now);
        }
        scene
    }

    /// The same with its first attempt at this step.
    pub(crate) fn step(mut self, step: Step) -> Self {
        self.record.handshake = attempt(step, self.seen.seen_at);
        self
    }

    /// The same, where OCI shows this fingerprint.
    pub(crate) fn oci(mut self, fingerprint: &str) -> Self {
        self.seen.fingerprint = Fingerprint::new(fingerprint);
        self
    }

    /// The same, where a person approves, or has approved, fingerprints.
    pub(crate) fn manual(mut self, approved: Option<&str>) -> Self {
        self.connection().approval = Approval::Manual(approved.and_then(Fingerprint::new));
        self
    }

    /// The same with this `refreshId`.
    pub(crate) fn refresh_id(mut self, id: &str) -> Self {
        self.connection().refresh_id = Some(id.to_owned());
        self
    }

    /// The same, refreshed so many days before the end.
    pub(crate) fn refreshed_before(mut self, days: u32) -> Self {
        self.connection().refresh = Some(RefreshPolicy { before: DAY * days, window: None });
        self
    }

    /// The same, to be cut off.
    pub(crate) fn rejected(mut self) -> Self {
        self.connection().desired = Desired::Rejected;
        self
    }

    /// What is asked of the connection.
    pub(crate) fn connection(&mut self) -> &mut ConnectionWish {
        self.wish.connection.as_mut().unwrap()
    }

    /// So much later.
    pub(crate) fn after(mut self, pause: Duration) -> Self {
        self.seen.seen_at += pause;
        self
    }

    /// OCI goes to this state now.
    pub(crate) fn goes(mut self, state: ConnectionState) -> Self {
        self.seen.pin = (state == ConnectionState::Reject).then(|| Secret::new("next-pin"));
        self.seen.state = Some(state);
        self.seen.time_updated = Some(self.seen.seen_at);
        self.seen.etag = self.seen.etag.take().map(|etag| Etag(format!("{}+", etag.0)));
        self
    }

    /// Makes the plan and changes nothing.
    pub(crate) fn plan(&self) -> Plan {
        plan(&Situation {
            wish: &self.wish,
            record: &self.record,
            seen: &self.seen,
            pin_is_spent: self.pin_is_spent,
            schedule: &self.schedule,
            owner: "default/rack1",
            rules: &self.rules,
        })
    }

    /// Makes the plan, carries it out, and stores what a controller stores when it succeeds.
    pub(crate) fn look(&mut self) -> Plan {
        let plan = self.plan();
        self.record = match &plan.effect {
            Some(Effect::GivePin { before }) => pin_given(before, Fingerprint::new(PRINT).unwrap()),
            Some(Effect::Change { change, after, .. }) => {
                let state = match change.order {
                    Some(Order::Reject) => ConnectionState::Reject,
                    Some(Order::Ready) => ConnectionState::Ready,
                    None => self.seen.state.clone().unwrap(),
                };
                *self = self.clone().goes(state);
                Effect::taken(after, change.order, &self.seen)
            }
            _ => plan.record.clone(),
        };
        plan
    }
}

/// Connected by ourselves, anew after 15 minutes without contact, and nothing else.
pub(crate) fn connection() -> ConnectionWish {
    ConnectionWish {
        desired: Desired::Connected,
        approval: Approval::Automatic,
        refresh_id: None,
        refresh: None,
        outage: Some(MINUTE * 15),
    }
}

/// A record in this state, with a PIN where there is one.
pub(crate) fn observation(state: ConnectionState) -> Observation {
    let now: Timestamp = "2026-01-10T12:00:00Z".parse().unwrap();
    Observation {
        id: "ocid1.cccinfrastructure.oc1..rack1".to_owned(),
        short_name: None,
        display_name: "rack1".to_owned(),
        description: None,
        compartment_id: "ocid1.compartment.oc1..c".to_owned(),
        subnet_id: Some("ocid1.subnet.oc1..s".to_owned()),
        pin: (state == ConnectionState::Reject).then(|| Secret::new("pin")),
        state: Some(state),
        connection_details: None,
        lifecycle_state: "ACTIVE".to_owned(),
        lifecycle_details: None,
        fingerprint: None,
        upgrade_schedule_id: None,
        time_created: now - DAY,
        time_updated: Some(now),
        freeform_tags: BTreeMap::new(),
        inventory: None,
        network: None,
        upgrade: None,
        etag: Some(Etag("v1".to_owned())),
        seen_at: now,
    }
}

/// The first attempt, so far, begun now.
pub(crate) fn attempt(step: Step, now: Timestamp) -> Handshake {
    let print = || Fingerprint::new(PRINT);
    let mut handshake = Handshake {
        attempt: 1,
        step,
        started_at: Some(now),
        rack_fingerprint: print(),
        ..Handshake::default()
    };
    match step {
        Step::Waiting => return Handshake::default(),
        Step::Posting => handshake.rack_fingerprint = None,
        Step::Posted | Step::Comparing => {}
        _ => handshake.oci_fingerprint = print(),
    }
    handshake
}

/// The order of a plan and the version it is for.
pub(crate) fn order(plan: &Plan) -> Option<(Order, Option<&str>)> {
    match &plan.effect {
        Some(Effect::Change { change, etag, .. }) => {
            let order = change.order?;
            assert_eq!(change, &Change { order: Some(order), ..Change::default() }, "an order goes alone");
            Some((order, etag.as_ref().map(|etag| etag.0.as_str())))
        }
        _ => None,
    }
}

/// Asserts that a plan rejects, for the version that was seen.
#[track_caller]
pub(crate) fn assert_rejects(plan: &Plan, reason: Reason) {
    assert_eq!(order(plan), Some((Order::Reject, Some("v1"))), "{:?}", plan.overall);
    assert_eq!(plan.overall.reason, reason, "{:?}", plan.overall);
}

/// Asserts that a plan does nothing and says this.
#[track_caller]
pub(crate) fn assert_idle(plan: &Plan, reason: Reason) {
    assert_eq!(plan.overall.reason, reason, "{:?}", plan.overall);
    assert_eq!(plan.effect, None);
}

/// Asserts that a plan gives the rack its PIN, and that it is on record before.
#[track_caller]
pub(crate) fn assert_gives_pin(plan: &Plan) {
    let Some(Effect::GivePin { before }) = &plan.effect else { panic!("{:?}", plan.overall) };
    assert_eq!((before.handshake.step, before.handshake.rack_fingerprint.as_ref()), (Step::Posting, None));
    assert_eq!(before.handshake.attempt, plan.record.handshake.attempt + 1);
}
