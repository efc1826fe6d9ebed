//! Breadth first through every world that can be reached, and from each on to rest when nothing goes wrong any more.

use std::collections::{HashMap, HashSet, VecDeque};

use slipway_core::reason::{Class, Reason};

use super::{
    law,
    operator::{self, Fate},
    scenario::Scenario,
    step::{Step, steps},
    world::{Cluster, World},
};

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) worlds: usize,
    /// Reasons that records came to rest with, and how.
    pub(super) ends: HashMap<Reason, String>,
    /// How it came to a broken law.
    pub(super) broken: Option<String>,
}

type Print = u64;

/// Rounds within which a record comes to rest: the settle time, three corrections, and some more.
const ROUNDS: usize = 20;

/// Goes through every world.
pub(super) fn search(scenario: &Scenario) -> Found {
    let first = scenario.world();
    let mut parents = HashMap::from([(first.fingerprint(), None)]);
    let mut queue = VecDeque::from([first]);
    let (mut found, mut at_rest) = (Found::default(), HashSet::new());
    while let Some(world) = queue.pop_front() {
        found.worlds += 1;
        let here = world.fingerprint();
        if world.process.acts.is_empty() && !world.is_gone {
            match ends(&world, scenario, &mut at_rest) {
                Err(broken) => {
                    found.broken = Some(format!("{broken}\n{}", story(&world, here, &parents)));
                    return found;
                }
                Ok(ends) => {
                    for end in ends.into_iter().flatten() {
                        found.ends.entry(end).or_insert_with(|| story(&world, here, &parents));
                    }
                }
            }
        }
        for step in steps(&world, scenario) {
            let mut next = step.apply(&world, scenario);
            next.normalise(scenario);
            let print = next.fingerprint();
            if parents.contains_key(&print) {
                continue;
            }
            if let Some(broken) = &next.broken {
                found.broken = Some(format!("{broken}\n{}\n{step:?}: {next}", story(&world, here, &parents)));
                return found;
            }
            parents.insert(print, Some((here, step)));
            queue.push_back(next);
        }
    }
    found
}

/// How a world came about.
fn story(world: &World, mut print: Print, parents: &HashMap<Print, Option<(Print, Step)>>) -> String {
    let mut labels = vec![format!("{world}")];
    while let Some(Some((parent, step))) = parents.get(&print) {
        labels.push(format!("{step:?}"));
        print = *parent;
    }
    labels.reverse();
    labels.join("\n")
}

/// Both the cluster as it is and, installed, as it will be come to rest.
fn ends(
    world: &World,
    scenario: &Scenario,
    at_rest: &mut HashSet<Print>,
) -> Result<[Option<Reason>; 2], String> {
    let first = come_to_rest(world, scenario, at_rest)?;
    let mut later = world.clone();
    later.cluster = match world.cluster {
        Cluster::Preparing(number) | Cluster::Installed(number) => Cluster::Installed(number),
        Cluster::Absent => Cluster::Installed(0),
    };
    Ok([first, come_to_rest(&later, scenario, at_rest)?])
}

/// From here on nothing goes wrong: all is as asked, or a person is told what to do, or the object is gone, and nothing changes any more.
fn come_to_rest(
    world: &World,
    scenario: &Scenario,
    at_rest: &mut HashSet<Print>,
) -> Result<Option<Reason>, String> {
    let mut world = world.clone();
    (world.faults_left, world.crashes_left, world.wipes_left, world.changes_left) = (0, 0, 0, 0);
    world.is_reachable = true;
    world.normalise(scenario);
    let mut passed = Vec::new();
    for _ in 0..ROUNDS {
        let print = world.fingerprint();
        if at_rest.contains(&print) {
            at_rest.extend(passed);
            return Ok(None);
        }
        passed.push(print);
        let rest = round(&mut world, scenario)?;
        if rest != Rest::NotYet {
            at_rest.extend(passed);
            return Ok(if let Rest::At(reason) = rest { Some(reason) } else { None });
        }
        world.normalise(scenario);
    }
    Err(format!("no rest within {ROUNDS} rounds: {world}"))
}

/// How a record rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    NotYet,
    /// With its object.
    Gone,
    At(Reason),
}

/// One look with all that follows from it, and a step of time.
pub(super) fn round(world: &mut World, scenario: &Scenario) -> Result<Rest, String> {
    let before = world.api.status.clone();
    operator::look(world, scenario);
    while !world.process.acts.is_empty() {
        operator::go_on(world, scenario, Fate::Done);
    }
    law::always(world);
    if let Some(broken) = &world.broken {
        return Err(broken.clone());
    }
    if world.is_gone {
        return Ok(Rest::Gone);
    }
    let plan = operator::planned(world, scenario);
    let reason = plan.overall.reason;
    let is_still = plan.effect.is_none() && world.api.status == before;
    if !world.is_going && is_still && matches!(reason.class(), Class::Fine | Class::Person) {
        law::rested(world, &plan)?;
        return Ok(Rest::At(reason));
    }
    world.tick();
    Ok(Rest::NotYet)
}
