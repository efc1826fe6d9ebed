//! Breadth first through every world that can be reached, and from each on to rest when nothing goes wrong any more.

use std::collections::{HashMap, HashSet, VecDeque};

use slipway_core::{
    host::Power,
    reason::{Class, Reason},
};

use super::{
    machine::Runs,
    operator::{self, Fate},
    scenario::Scenario,
    step,
    world::World,
};

/// What a search found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) worlds: usize,
    /// Reasons that hosts came to rest with.
    pub(super) ends: HashSet<Reason>,
    /// How it came to a broken law.
    pub(super) broken: Option<String>,
}

/// Rounds within which a host comes to rest: two attempts of three steps of time, their pauses, and as much again.
const ROUNDS: usize = 40;

/// Goes through every world.
pub(super) fn search(scenario: &Scenario) -> Found {
    let first = scenario.world();
    let mut parents = HashMap::from([(first.fingerprint(), None)]);
    let mut queue = VecDeque::from([first]);
    let mut found = Found { worlds: 0, ends: HashSet::new(), broken: None };
    let mut at_rest = HashSet::new();
    while let Some(world) = queue.pop_front() {
        found.worlds += 1;
        if world.process.acts.is_empty()
            && let Err(broken) = come_to_rest(&world, scenario, &mut at_rest, &mut found.ends)
        {
            found.broken = Some(format!("{broken}\n{}", story(&world, &parents)));
            return found;
        }
        let here = world.fingerprint();
        for (label, next) in step::successors(&world, scenario) {
            let print = next.fingerprint();
            if parents.contains_key(&print) {
                continue;
            }
            parents.insert(print, Some((here, label, next.to_string())));
            if let Some(broken) = &next.broken {
                found.broken = Some(format!("{broken}\n{}", story(&next, &parents)));
                return found;
            }
            queue.push_back(next);
        }
    }
    found
}

type Print = (u64, u64);
type Parents = HashMap<Print, Option<(Print, &'static str, String)>>;

/// How a world came about.
fn story(world: &World, parents: &Parents) -> String {
    let mut lines = Vec::new();
    let mut print = world.fingerprint();
    while let Some(Some((parent, label, state))) = parents.get(&print) {
        lines.push(format!("{label}: {state}"));
        print = *parent;
    }
    lines.reverse();
    lines.join("\n")
}

/// From here on nothing goes wrong: the host comes to rest, or a person is told what to do, and nothing changes any more.
fn come_to_rest(
    world: &World,
    scenario: &Scenario,
    at_rest: &mut HashSet<Print>,
    ends: &mut HashSet<Reason>,
) -> Result<(), String> {
    let mut world = world.clone();
    world.faults_left = 0;
    world.copy = None;
    let mut passed = Vec::new();
    for _ in 0..ROUNDS {
        let print = world.fingerprint();
        if at_rest.contains(&print) {
            break;
        }
        passed.push(print);
        let before = world.clone();
        round(&mut world, scenario);
        if let Some(broken) = &world.broken {
            return Err(broken.clone());
        }
        let (_, plan) = operator::planned(&world, scenario);
        let class = plan.overall.reason.class();
        let is_still = before.machine == world.machine && before.api.status == world.api.status;
        if is_still && plan.effects.is_empty() && matches!(class, Class::Fine | Class::Person) {
            if plan.overall.reason == Reason::Installed
                && world.machine.power() == Power::Off
                && world.replaced == 0
            {
                return Err(format!("installed, and nobody starts it: {world}"));
            }
            ends.insert(plan.overall.reason);
            at_rest.extend(passed);
            return Ok(());
        }
    }
    if at_rest.contains(&world.fingerprint()) {
        at_rest.extend(passed);
        return Ok(());
    }
    Err(format!(
        "no rest within {ROUNDS} rounds: {world}; plan {:?}",
        operator::planned(&world, scenario).1.overall
    ))
}

/// One look of the operator, then the machine does what it can, then time passes.
fn round(world: &mut World, scenario: &Scenario) {
    operator::begin(world, scenario);
    while !world.process.acts.is_empty() {
        operator::go_on(world, scenario, Fate::Done);
        world.normalise();
    }
    if world.machine.leaving.is_some() {
        world.machine.stop();
    }
    match world.machine.runs {
        Runs::Firmware => step::ask(world),
        Runs::Installer(_) => step::finish(world, scenario.completion),
        _ => {}
    }
    world.tick();
    world.normalise();
}
