//! Power and resets (facts/metal-peers.md §4.4). The machine's firmware, iPXE and installer run as one task that the
//! next reset ends.

use super::journal::{Step, StepKind};
use super::state::{Activity, MachineState, Power, ResetType};
use super::{Behaviour, Machine, Site, firmware};
use jiff::Timestamp;

/// What a reset sets going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    PowerOn,
    PowerOff,
    Cycle,
    Restart,
    Shutdown,
    ShutdownAndRestart,
}

/// What follows a boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The machine restarts itself.
    Restart,
    /// The machine switches itself off.
    PowerOff,
    /// The machine stays as it is.
    Stay,
}

fn course(kind: ResetType, state: &MachineState, answers_button: bool) -> Option<Course> {
    use ResetType as R;
    let running = state.power == Power::On;
    match (kind, state.power) {
        (R::On | R::ForceOn | R::PushPowerButton | R::PowerCycle, Power::Off) => Some(Course::PowerOn),
        (R::ForceOff, Power::On | Power::PoweringOn | Power::PoweringOff) => Some(Course::PowerOff),
        (R::ForceRestart, Power::On) => Some(Course::Restart),
        (R::PowerCycle, Power::On) => Some(Course::Cycle),
        (R::GracefulShutdown | R::PushPowerButton, _) if running && answers_button => Some(Course::Shutdown),
        (R::GracefulRestart, _) if running && answers_button => Some(Course::ShutdownAndRestart),
        _ => None,
    }
}

impl Machine {
    /// Carries out a reset; false when it has no effect in this state.
    #[expect(clippy::must_use_candidate, reason = "the reset is what counts")]
    pub fn reset(&self, kind: ResetType) -> bool {
        let behaviour = self.behaviour();
        let mut live = self.0.live.lock();
        let answers_button = live.state.runs_os() && !behaviour.ignores_graceful_shutdown;
        let Some(course) = course(kind, &live.state, answers_button) else {
            return false;
        };
        if behaviour.ignores_resets {
            return false;
        }
        if course != Course::PowerOn {
            live.state.interruptions += 1;
        }
        match course {
            Course::PowerOn => live.state.power = Power::PoweringOn,
            Course::PowerOff | Course::Cycle => live.state.power = Power::PoweringOff,
            Course::Restart => live.state.activity = Activity::Post,
            Course::Shutdown | Course::ShutdownAndRestart => {}
        }
        live.epoch += 1;
        live.last_reset = Timestamp::now();
        let at = self.0.site.started.elapsed();
        live.journal.write(Step { at, kind: StepKind::Reset { kind } });
        let run = Run { machine: self.clone(), epoch: live.epoch };
        let task = tokio::spawn(run.follow(course)).abort_handle();
        if let Some(former) = live.task.replace(task) {
            former.abort();
        }
        self.0.state.send_replace(live.state.clone());
        true
    }

    /// A person presses the power button of a machine that is off.
    pub fn power_on(&self) {
        self.reset(ResetType::On);
    }

    /// A person pulls the plug.
    pub fn power_off(&self) {
        self.reset(ResetType::ForceOff);
    }
}

/// The right to change a machine, until its next reset.
#[derive(Debug)]
pub(super) struct Run {
    machine: Machine,
    epoch: u64,
}

impl Run {
    pub(super) fn machine(&self) -> &Machine {
        &self.machine
    }

    pub(super) fn site(&self) -> &Site {
        &self.machine.0.site
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        self.machine.behaviour()
    }

    /// Changes the state, unless a later reset has taken over.
    pub(super) fn update<T: Default>(&self, change: impl FnOnce(&mut MachineState) -> T) -> T {
        let mut live = self.machine.0.live.lock();
        if live.epoch != self.epoch {
            return T::default();
        }
        let result = change(&mut live.state);
        self.machine.0.state.send_replace(live.state.clone());
        result
    }

    pub(super) fn note(&self, kind: StepKind) {
        let at = self.site().started.elapsed();
        let mut live = self.machine.0.live.lock();
        if live.epoch == self.epoch {
            live.journal.write(Step { at, kind });
        }
    }

    pub(super) fn enter(&self, activity: Activity) {
        self.update(|state| state.activity = activity);
    }

    pub(super) fn hang(&self, reason: String) -> Next {
        self.note(StepKind::Hung { reason: reason.clone() });
        self.enter(Activity::Hung { reason });
        Next::Stay
    }

    async fn follow(self, course: Course) {
        let shutdown = self.site().timings.graceful_shutdown;
        match course {
            Course::PowerOn => self.switch_on().await,
            Course::PowerOff => return self.switch_off().await,
            Course::Cycle => {
                self.switch_off().await;
                self.switch_on().await;
            }
            Course::Restart => {}
            Course::Shutdown => {
                tokio::time::sleep(shutdown).await;
                return self.switch_off().await;
            }
            Course::ShutdownAndRestart => tokio::time::sleep(shutdown).await,
        }
        loop {
            match firmware::boot(&self).await {
                Next::Restart => {}
                Next::PowerOff => return self.switch_off().await,
                Next::Stay => return,
            }
        }
    }

    async fn switch_on(&self) {
        self.update(|state| state.power = Power::PoweringOn);
        tokio::time::sleep(self.site().timings.power_on).await;
        self.note(StepKind::PoweredOn);
        self.update(|state| {
            state.power = Power::On;
            state.activity = Activity::Post;
        });
    }

    async fn switch_off(&self) {
        self.update(|state| state.power = Power::PoweringOff);
        tokio::time::sleep(self.site().timings.power_off).await;
        self.note(StepKind::PoweredOff);
        self.update(|state| {
            state.power = Power::Off;
            state.activity = Activity::Off;
        });
    }
}
