//! One host in one situation, and the steps a controller takes with it.

use std::time::Duration;

use slipway_core::{
    clock::Timestamp,
    failure::Failure,
    host::{
        Completion, Effect, Hardware, HostWish, Identity, InstallRecord, InstallStep, InstallWish, Intent,
        Method, Observation, Plan, Power, PowerWish, Properties, RebootMode, RebootWish, Record, Reset,
        Situation, Timings, plan,
    },
    reason::Reason,
};

/// What is asked, on record and seen, and the clock.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) wish: HostWish,
    pub(crate) record: Record,
    pub(crate) seen: Observation,
    pub(crate) timings: Timings,
    pub(crate) now: Timestamp,
}

/// UUID of the machine.
pub(crate) const UUID: &str = "5c9f5d52-0000-4000-8000-000000000007";

impl Scene {
    /// A registered host without history, in this power state; nothing is asked of it.
    pub(crate) fn new(power: Power) -> Self {
        Self {
            wish: HostWish {
                identity: Identity::default(),
                uefi: true,
                power: None,
                reboot: None,
                install: None,
                properties: Vec::new(),
                suspended: false,
            },
            record: Record { registered: true, ..Record::default() },
            seen: observation(power),
            timings: Timings::default(),
            now: Timestamp::UNIX_EPOCH + Duration::from_secs(1_000_000),
        }
    }

    /// The same host, seen for the first time.
    pub(crate) fn unregistered(mut self) -> Self {
        self.record.registered = false;
        self
    }

    /// The same host, with this installation asked for.
    pub(crate) fn install(mut self, id: &str) -> Self {
        self.wish.install = Some(installation(id));
        self
    }

    /// The same host, with this reboot asked for.
    pub(crate) fn reboot(mut self, id: &str, mode: RebootMode) -> Self {
        self.wish.reboot = Some(RebootWish { id: id.to_owned(), mode });
        self
    }

    /// The same host, with this power state asked for.
    pub(crate) fn power_wish(mut self, power: PowerWish) -> Self {
        self.wish.power = Some(power);
        self
    }

    /// The same host, with this record of installation `1`.
    pub(crate) fn history(mut self, step: InstallStep, attempt: i32) -> Self {
        self.record.install = Some(self.attempt("1", step, attempt));
        self
    }

    /// A record of an attempt that begins now.
    pub(crate) fn attempt(&self, id: &str, step: InstallStep, attempt: i32) -> InstallRecord {
        InstallRecord {
            id: id.to_owned(),
            profile: "harvester".to_owned(),
            profile_digest: "sha256:1".to_owned(),
            attempt,
            step,
            requested_at: self.now,
            booted_at: None,
            installed_at: (step == InstallStep::Installed).then_some(self.now),
            next_attempt_at: None,
            message: None,
        }
    }

    /// An intent that is written now.
    pub(crate) fn intent(&self, request: &str, reset: Reset) -> Intent {
        Intent::new(request, reset, &self.seen, self.now)
    }

    /// What is asked of the installation.
    pub(crate) fn installation(&mut self) -> &mut InstallWish {
        self.wish.install.as_mut().unwrap()
    }

    /// The step that is on record.
    pub(crate) fn step(&self) -> Option<InstallStep> {
        self.record.install.as_ref().map(|install| install.step)
    }

    /// Makes the plan and changes nothing.
    pub(crate) fn plan(&self) -> Plan {
        plan(&Situation {
            wish: &self.wish,
            record: &self.record,
            seen: &self.seen,
            timings: &self.timings,
            now: self.now,
        })
    }

    /// Makes the plan and stores what a controller stores when every effect succeeds.
    pub(crate) fn look(&mut self) -> Plan {
        let plan = self.plan();
        self.record = match (self.wish.suspended, plan.effects.last()) {
            (false, Some(Effect::Reset { after, .. })) => Record::clone(after),
            _ => plan.record.clone(),
        };
        plan
    }

    /// Looks when the machine is in this power state.
    pub(crate) fn see(&mut self, power: Power) -> Plan {
        self.seen.power = power;
        self.look()
    }

    /// Lets time pass.
    pub(crate) fn after(&mut self, pause: Duration) -> &mut Self {
        self.now += pause;
        self
    }
}

/// A machine in this power state, with a BMC that offers everything and has no `LastResetTime`.
pub(crate) fn observation(power: Power) -> Observation {
    Observation {
        power,
        hardware: Hardware {
            uuid: Some(UUID.to_owned()),
            serial: Some("S7".to_owned()),
            ..Hardware::default()
        },
        last_reset_time: None,
        boot_progress: None,
        resets: Reset::ALL.iter().map(|(reset, _)| *reset).collect(),
        can_boot_network: true,
        can_boot_http: true,
        network_override_set: false,
        properties: Properties::default(),
        pin: None,
    }
}

/// An installation with one attempt and two more, that calls back within 45 minutes.
pub(crate) fn installation(id: &str) -> InstallWish {
    InstallWish {
        id: id.to_owned(),
        profile: "harvester".to_owned(),
        profile_digest: "sha256:1".to_owned(),
        method: Method::Auto,
        http_boot_program: None,
        proceed_on_running: false,
        timeout: Duration::from_mins(45),
        retries: 2,
        completion: Completion::Callback,
        ready: Ok(()),
    }
}

/// A failure with a message that says where it comes from.
pub(crate) fn failure(reason: Reason) -> Failure {
    Failure::new(reason, format!("because of {reason}"))
}

/// The resets of a plan, with what asked for them.
pub(crate) fn resets(plan: &Plan) -> Vec<(Reset, String)> {
    plan.effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Reset { reset, before, .. } => {
                let intent = before.intent.as_ref().unwrap();
                assert_eq!(intent.reset, *reset, "the intent is the one of the reset");
                Some((*reset, intent.request.clone()))
            }
            _ => None,
        })
        .collect()
}

/// Asserts that a plan resets exactly once, so.
#[track_caller]
pub(crate) fn assert_resets(plan: &Plan, reset: Reset, request: &str) {
    assert_eq!(resets(plan), [(reset, request.to_owned())], "{:?}", plan.overall);
}

/// Asserts that a plan does nothing and says this.
#[track_caller]
pub(crate) fn assert_idle(plan: &Plan, reason: Reason) {
    assert_eq!(plan.overall.reason, reason, "{:?}", plan.overall);
    assert_eq!(plan.effects, []);
}
