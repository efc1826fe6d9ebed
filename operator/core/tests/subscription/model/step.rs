//! What can happen next in a world.

use slipway_core::subscription::Effect;

use super::{
    console,
    operator::{self, Fate},
    scenario::{Fault, Scenario},
    world::{Act, Cluster, World},
};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Look,
    GoOn(Fate),
    Crash,
    Wipe,
    Tick,
    /// The next call waits for its turn, and time passes.
    Wait,
    Prepare,
    Fail,
    Install,
    Rename,
    Delete,
    /// A fault that is no call's.
    Fault(Fault),
    Reach,
    Telemetry,
}

/// Everything that can come next.
pub(super) fn steps(world: &World, scenario: &Scenario) -> Vec<Step> {
    if world.is_gone {
        return vec![];
    }
    let mut steps = operators(world, scenario);
    // While the operator writes, it makes no difference what else happens.
    if matches!(world.process.acts.front(), None | Some(Act::Run(..) | Act::Release(..))) {
        steps.extend(console::steps(world, scenario));
        if world.wipes_left > 0
            && world.api.status.is_some()
            && (!is_on_its_way(world) || scenario.lags_when_wiped)
        {
            steps.push(Step::Wipe);
        }
    }
    if world.process.acts.is_empty() {
        steps.push(Step::Tick);
        steps.extend(wishes(world, scenario));
    } else if !world.process.waited && matches!(world.process.acts.front(), Some(Act::Run(..))) {
        steps.push(Step::Wait);
    }
    steps
}

/// Whether a record is being made, or was made and is neither remembered nor found yet.
fn is_on_its_way(world: &World) -> bool {
    let is_asked = world.process.acts.iter().any(|act| matches!(act, Act::Run(Effect::Reserve(_), _)));
    let is_remembered = |id: &String| world.api.memory.subscription_id.as_ref() == Some(id);
    is_asked || world.registrar.kept.iter().any(|kept| kept.lag > 0 && !is_remembered(&kept.record.id))
}

fn operators(world: &World, scenario: &Scenario) -> Vec<Step> {
    let mut steps = vec![];
    match world.process.acts.front() {
        None => steps.push(Step::Look),
        Some(Act::Run(..) | Act::Release(..)) => {
            steps.push(Step::GoOn(Fate::Done));
            let fates = [
                (Fault::AnswerLost, Fate::AnswerLost),
                (Fault::RequestLost, Fate::RequestLost),
                (Fault::Refused, Fate::Refused),
                (Fault::Half, Fate::Half),
            ];
            let may = fates.into_iter().filter(|(fault, _)| scenario.has(*fault, world));
            steps.extend(may.map(|(_, fate)| Step::GoOn(fate)));
        }
        Some(_) => steps.push(Step::GoOn(Fate::Done)),
    }
    if world.crashes_left > 0 {
        steps.push(Step::Crash);
    }
    steps
}

/// What becomes of the cluster, and of its object.
fn wishes(world: &World, scenario: &Scenario) -> Vec<Step> {
    let mut steps = match world.cluster {
        Cluster::Absent => vec![Step::Prepare],
        Cluster::Preparing(0) if world.changes_left > 0 => vec![Step::Install, Step::Fail],
        Cluster::Preparing(_) => vec![Step::Install],
        Cluster::Installed(_) => vec![],
    };
    if world.changes_left > 0 {
        steps.push(Step::Rename);
    }
    if scenario.goes && !world.is_going {
        steps.push(Step::Delete);
    }
    steps
}

impl Step {
    /// The world after it.
    pub(super) fn apply(self, world: &World, scenario: &Scenario) -> World {
        let mut world = world.clone();
        self.happen(&mut world, scenario);
        super::law::always(&mut world);
        world
    }

    fn happen(self, world: &mut World, scenario: &Scenario) {
        match self {
            Self::Look => operator::look(world, scenario),
            Self::GoOn(fate) => {
                world.faults_left -= u8::from(fate != Fate::Done);
                operator::go_on(world, scenario, fate);
            }
            Self::Crash => {
                world.crashes_left -= 1;
                world.crash(scenario.counts_anew);
            }
            Self::Wipe => {
                world.wipes_left -= 1;
                world.api.status = None;
                world.is_unsure = true;
            }
            Self::Tick => world.tick(),
            Self::Wait => {
                world.tick();
                world.tick();
                world.process.waited = true;
            }
            Self::Prepare => {
                // After a failed installation there is another.
                world.cluster = Cluster::Preparing(u8::from(world.changes_left < scenario.changes));
            }
            Self::Fail => {
                world.changes_left -= 1;
                world.cluster = Cluster::Absent;
            }
            Self::Install => {
                if let Cluster::Preparing(number) = world.cluster {
                    world.cluster = Cluster::Installed(number);
                }
            }
            Self::Rename => {
                world.changes_left -= 1;
                world.name += 1;
            }
            Self::Delete => world.is_going = true,
            Self::Fault(fault) => {
                world.faults_left -= 1;
                console::happen(world, fault);
            }
            Self::Reach => world.is_reachable = true,
            Self::Telemetry => console::telemetry(world),
        }
    }
}
