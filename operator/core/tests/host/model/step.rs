//! What can happen next in a world.

use slipway_core::host::{Completion, Reset};

use super::{
    law,
    machine::{Disk, Runs},
    operator::{self, Fate},
    scenario::{Fault, Scenario},
    world::{Act, Answer, Api, World},
};

/// Every world that can come next, with what happened.
pub(super) fn successors(world: &World, scenario: &Scenario) -> Vec<(&'static str, World)> {
    let mut next = Vec::new();
    let mut add = |label: &'static str, change: &dyn Fn(&mut World)| {
        let mut changed = world.clone();
        change(&mut changed);
        changed.normalise();
        next.push((label, changed));
    };
    operators(world, scenario, &mut add);
    if Scenario::machine_moves(world) {
        machines(world, scenario, &mut add);
    }
    if world.process.acts.is_empty() {
        add("time passes", &World::tick);
        if let Some(id) = scenario.changes_to.filter(|id| world.wanted != Some(*id)) {
            add("another id", &|world: &mut World| world.wanted = Some(id));
        }
    }
    servers(world, scenario, &mut add);
    next
}

type Add<'a> = dyn FnMut(&'static str, &dyn Fn(&mut World)) + 'a;

fn operators(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    match world.process.acts.front() {
        None => add("the operator looks", &|world| operator::begin(world, scenario)),
        Some(Act::Run(..)) => {
            add("the BMC does it", &|world| operator::go_on(world, scenario, Fate::Done));
            for (fault, label, fate) in [
                (Fault::AnswerLost, "the BMC does it, its answer is lost", Fate::AnswerLost),
                (Fault::RequestLost, "the request is lost", Fate::RequestLost),
                (Fault::Refused, "the BMC refuses", Fate::Refused),
                (Fault::Ignored, "the BMC does nothing", Fate::Ignored),
            ] {
                if scenario.has(fault, world) {
                    add(label, &|world| {
                        world.faults_left -= 1;
                        operator::go_on(world, scenario, fate);
                    });
                }
            }
        }
        Some(_) => add("the operator goes on", &|world| operator::go_on(world, scenario, Fate::Done)),
    }
    if scenario.has(Fault::Crash, world) {
        add("the operator crashes", &|world| {
            let pending = world.process.served.is_some() || !world.process.acts.is_empty();
            let loses = pending && scenario.completion == Completion::PowerOff;
            world.lost_reports += u8::from(loses);
            world.faults_left -= 1;
            world.crash();
        });
    }
}

fn machines(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    match world.machine.runs {
        Runs::Firmware if world.process.answer != Answer::Unprimed => {
            add("the machine asks for its script", &ask);
            if scenario.has(Fault::Stuck, world) {
                add("the machine never asks", &|world| {
                    world.faults_left -= 1;
                    world.machine.runs = Runs::Stuck;
                });
            }
        }
        Runs::Installer(_) => {
            add("the installer is done", &|world| finish(world, scenario.completion));
            if scenario.has(Fault::Hang, world) {
                add("the installer hangs", &|world| {
                    world.faults_left -= 1;
                    if let Some(of) = world.machine.installer() {
                        world.machine.runs = Runs::Hung(of);
                    }
                });
            }
        }
        _ => {}
    }
    if let Some(request) = world.machine.leaving {
        add("the system shuts down", &|world| {
            law::resets(world, scenario, Reset::GracefulShutdown, request);
            world.machine.stop();
            law::changed(world, super::machine::Change::WentOff, request);
        });
    }
}

/// The machine asks the boot service, and does as it is told.
pub(super) fn ask(world: &mut World) {
    match world.process.answer {
        Answer::Install(of, left) if left > 0 => {
            law::served(world, of);
            world.process.served = Some(of);
            world.process.witnessed = Some(of);
            world.machine.runs = Runs::Installer(of);
            world.machine.disk = Disk::Torn;
        }
        _ => world.machine.runs = Runs::System,
    }
}

/// The installer has written everything, and says so in its way.
pub(super) fn finish(world: &mut World, completion: Completion) {
    let Some(of) = world.machine.installer() else { return };
    world.machine.disk = Disk::Installed(of.id);
    match completion {
        Completion::Callback => world.machine.runs = Runs::Reporting(of),
        Completion::PowerOff => world.machine.stop(),
        Completion::ScriptServed => {
            world.machine.start();
            world.reset_seen();
        }
    }
}

fn servers(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    if scenario.has(Fault::Wipe, world) && world.api.status.is_some() {
        add("the status is wiped", &|world| {
            world.faults_left -= 1;
            let memory = world.api.memory.clone();
            world.replace(Api { status: None, memory });
        });
    }
    if scenario.has(Fault::Amnesia, world) && world.api.status.is_some() {
        add("status and annotation are lost", &|world| {
            world.faults_left -= 1;
            world.replace(Api::default());
        });
    }
    let (warm, cold) = (scenario.has(Fault::Restore, world), scenario.has(Fault::RestoreCold, world));
    if world.copy.is_none() {
        // Without the process' memory, a copy that is older than the request cannot be told from a request that was never begun.
        if warm || (cold && began(world)) {
            add("a copy of the API server is made", &|world| world.copy = Some(world.api.clone()));
        }
        return;
    }
    if warm {
        add("the API server is restored", &restore);
    }
    if cold {
        add("the API server is restored, and the operator with it", &|world| {
            restore(world);
            world.crash();
        });
    }
}

fn restore(world: &mut World) {
    let copy = world.copy.take().unwrap();
    world.restored += 1;
    world.replace(copy);
    world.faults_left -= 1;
}

/// Whether what is asked for was begun.
fn began(world: &World) -> bool {
    let status = world.api.status.as_ref();
    let install = status.and_then(|status| status.install.as_ref()).map(|install| install.id.clone());
    install == world.wanted.map(|id| id.to_string())
}
