//! Breadth first through every world that can be reached, and from each on to rest when nothing goes wrong any more.

use std::collections::{HashMap, HashSet, VecDeque};

use slipway_core::reason::{Class, Reason};

use super::{
    operator::{self, Fate},
    scenario::Scenario,
    service::Phase,
    step,
    world::World,
};

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) worlds: usize,
    /// Reasons that racks came to rest with, and how.
    pub(super) ends: HashMap<Reason, String>,
    /// How it came to a broken law.
    pub(super) broken: Option<String>,
}

type Print = u64;

/// Rounds within which a rack comes to rest: a failed attempt that has to run out, its longer wait, and two more.
const ROUNDS: usize = 40;

/// Goes through every world.
pub(super) fn search(scenario: &Scenario) -> Found {
    let first = scenario.world();
    let mut parents = HashMap::from([(first.fingerprint(), None)]);
    let mut queue = VecDeque::from([first]);
    let (mut found, mut at_rest) = (Found::default(), HashSet::new());
    while let Some(world) = queue.pop_front() {
        found.worlds += 1;
        if world.process.acts.is_empty() {
            match ends(&world, scenario, &mut at_rest) {
                Err(broken) => {
                    found.broken = Some(format!("{broken}\n{}", story(&world, &parents)));
                    return found;
                }
                Ok(ends) => {
                    for end in ends.into_iter().flatten() {
                        found.ends.entry(end).or_insert_with(|| story(&world, &parents));
                    }
                }
            }
        }
        let here = world.fingerprint();
        for (label, next) in step::successors(&world, scenario) {
            let print = next.fingerprint();
            if parents.contains_key(&print) {
                continue;
            }
            if let Some(broken) = &next.broken {
                found.broken = Some(format!("{broken}\n{}\n{label}: {next}", story(&world, &parents)));
                return found;
            }
            parents.insert(print, Some((here, label)));
            queue.push_back(next);
        }
    }
    found
}

/// How a world came about.
fn story(world: &World, parents: &HashMap<Print, Option<(Print, &'static str)>>) -> String {
    let mut labels = vec![format!("{world}")];
    let mut print = world.fingerprint();
    while let Some(Some((parent, label))) = parents.get(&print) {
        labels.push((*label).to_owned());
        print = *parent;
    }
    labels.reverse();
    labels.join("\n")
}

/// Both what is asked now and a connection without a person's help come to rest.
fn ends(
    world: &World,
    scenario: &Scenario,
    at_rest: &mut HashSet<Print>,
) -> Result<[Option<Reason>; 2], String> {
    let first = come_to_rest(world, scenario, at_rest)?;
    if !world.wish.rejected && !world.wish.manual {
        return Ok([first, None]);
    }
    let mut wished = world.clone();
    (wished.wish.rejected, wished.wish.manual, wished.wish.approved) = (false, false, None);
    Ok([first, come_to_rest(&wished, scenario, at_rest)?])
}

/// From here on nothing goes wrong: the rack is connected or cut off as asked, or a person is told what to do, and nothing changes any more.
fn come_to_rest(
    world: &World,
    scenario: &Scenario,
    at_rest: &mut HashSet<Print>,
) -> Result<Option<Reason>, String> {
    let mut world = world.clone();
    (world.faults_left, world.crashes_left, world.wipes_left, world.changes_left) = (0, 0, 0, 0);
    let mut passed = Vec::new();
    for _ in 0..ROUNDS {
        let print = world.fingerprint();
        if at_rest.contains(&print) {
            at_rest.extend(passed);
            return Ok(None);
        }
        passed.push(print);
        round(&mut world, scenario);
        if let Some(broken) = &world.broken {
            return Err(broken.clone());
        }
        let (record, plan) = operator::planned(&world);
        let reason = plan.overall.reason;
        let is_still = plan.effect.is_none() && plan.record == record;
        if is_still && matches!(reason.class(), Class::Fine | Class::Person) {
            if reason.class() == Class::Fine {
                check_rest(&world, reason)?;
            }
            at_rest.extend(passed);
            return Ok(Some(reason));
        }
        world.tick();
        world.normalise();
    }
    let (_, plan) = operator::planned(&world);
    Err(format!("no rest within {ROUNDS} rounds: {:?}: {world}", plan.overall))
}

fn check_rest(world: &World, reason: Reason) -> Result<(), String> {
    let expected = if world.wish.rejected {
        (Phase::Reject, Reason::Rejected)
    } else {
        (Phase::Connected, Reason::Connected)
    };
    if (world.service.phase, reason) == expected {
        return Ok(());
    }
    Err(format!("{reason} at rest: {world}"))
}

/// The operator does what it can at once, and OCI and rack do theirs.
fn round(world: &mut World, scenario: &Scenario) {
    world.service.shows_pin = true;
    for _ in 0..2 {
        operator::look(world);
        while !world.process.acts.is_empty() {
            operator::go_on(world, scenario.rotates, Fate::Done);
        }
        world.normalise();
    }
    match world.service.phase {
        Phase::Reject if world.service.rack.is_some() => {
            world.service.request();
            step::show(world);
        }
        Phase::Request if world.service.fingerprint.is_none() => step::show(world),
        Phase::Ready => step::connect(world),
        Phase::Disconnected => world.service.connect(),
        _ => {}
    }
    world.normalise();
}
