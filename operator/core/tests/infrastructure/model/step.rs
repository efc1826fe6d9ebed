//! What can happen next in a world.

use slipway_core::infrastructure::Order;

use super::{
    operator::{self, Fate},
    scenario::{Fault, Scenario},
    service::Phase,
    world::{Act, World},
};

type Add<'a> = dyn FnMut(&'static str, &dyn Fn(&mut World)) + 'a;

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
    // While the operator writes, it makes no difference what else happens.
    if matches!(world.process.acts.front(), None | Some(Act::Run(..))) {
        services(world, &mut add);
        faults(world, scenario, &mut add);
        people(world, scenario, &mut add);
        wipes(world, &mut add);
    }
    if world.process.acts.is_empty() {
        add("time passes", &World::tick);
        wishes(world, scenario, &mut add);
    }
    next
}

fn operators(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    let go = |fate: Fate| move |world: &mut World| operator::go_on(world, scenario.rotates, fate);
    match world.process.acts.front() {
        None => add("the operator looks", &operator::look),
        Some(Act::Run(..)) => {
            add("it is done", &go(Fate::Done));
            for (fault, label, fate) in [
                (Fault::AnswerLost, "it is done, the answer is lost", Fate::AnswerLost),
                (Fault::RequestLost, "the request is lost", Fate::RequestLost),
                (Fault::Refused, "it is not done", Fate::Refused),
            ] {
                if scenario.has(fault, world) {
                    add(label, &|world| {
                        world.faults_left -= 1;
                        go(fate)(world);
                    });
                }
            }
        }
        Some(_) => add("the operator writes", &go(Fate::Done)),
    }
    if world.crashes_left > 0 {
        add("the operator crashes", &|world| {
            world.crashes_left -= 1;
            world.crash();
        });
    }
}

/// What OCI and rack do by themselves.
fn services(world: &World, add: &mut Add<'_>) {
    match world.service.phase {
        Phase::Reject if world.service.rack.is_some() => {
            add("the rack asks to be let in", &|world| world.service.request());
        }
        Phase::Request if world.service.fingerprint.is_none() => add("the fingerprint appears", &show),
        Phase::Ready => add("the link stands", &connect),
        Phase::Disconnected => add("contact is back", &|world| world.service.connect()),
        _ => {}
    }
}

/// OCI shows the rack's fingerprint.
pub(super) fn show(world: &mut World) {
    world.service.fingerprint = world.service.rack;
    world.service.changed = true;
}

/// The link stands.
pub(super) fn connect(world: &mut World) {
    world.service.connect();
    world.unseen = true;
    world.mismatched = 0;
}

fn reject(world: &mut World, rotates: bool) {
    world.service.reject(rotates);
    world.answer = None;
    if world.service.rotated {
        world.process.spent = false;
    }
}

/// OCI takes an order.
pub(super) fn told(world: &mut World, order: Order, rotates: bool) {
    match order {
        Order::Reject => reject(world, rotates),
        Order::Ready => world.service.ready(),
    }
}

fn faults(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    let mut fault = |of: Fault, label: &'static str, change: &dyn Fn(&mut World)| {
        if scenario.has(of, world) {
            add(label, &|world| {
                world.faults_left -= 1;
                change(world);
            });
        }
    };
    let service = &world.service;
    if service.phase == Phase::Request && service.fingerprint.is_none() {
        fault(Fault::Wrong, "another fingerprint appears", &|world| {
            let key = world.mint();
            world.service.fingerprint = Some(key);
            world.service.changed = true;
        });
    }
    if service.phase != Phase::Reject {
        fault(Fault::Forced, "the service goes to REJECT", &|world| reject(world, true));
    }
    if service.phase == Phase::Connected {
        fault(Fault::Outage, "contact is lost", &|world| world.service.disconnect());
    }
    if service.phase == Phase::Reject {
        let shown = service.shows_pin;
        fault(Fault::NoPin, "the PIN comes or goes", &|world| world.service.shows_pin = !shown);
    }
}

/// What a person does in the console and at the rack.
fn people(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    if !scenario.has(Fault::Person, world) {
        return;
    }
    let mut by_hand = |label: &'static str, change: &dyn Fn(&mut World)| {
        add(label, &|world| {
            world.faults_left -= 1;
            change(world);
        });
    };
    match world.service.phase {
        Phase::Reject if world.service.rack.is_none() => {
            by_hand("a person gives the rack its PIN", &|world| {
                let key = world.mint();
                world.service.rack = Some(key);
                world.answer = None;
            });
        }
        Phase::Request => by_hand("a person lets it in", &|world| world.service.ready()),
        _ => {}
    }
    by_hand("a person rejects", &|world| reject(world, true));
}

fn wipes(world: &World, add: &mut Add<'_>) {
    if world.wipes_left > 0 && world.api.status.is_some() {
        add("the status is wiped", &|world| {
            world.wipes_left -= 1;
            world.api.status = None;
        });
    }
}

fn wishes(world: &World, scenario: &Scenario, add: &mut Add<'_>) {
    // A person approves what status shows; anybody may do so at any time.
    let shown = world.api.status.as_ref().and_then(|status| status.handshake.oci_fingerprint.as_ref());
    if let Some(shown) = shown.map(super::service::number)
        && world.wish.manual
        && world.wish.approved != Some(shown)
    {
        add("a person approves", &|world| world.wish.approved = Some(shown));
    }
    if world.changes_left == 0 || !scenario.changes {
        return;
    }
    let mut change = |label: &'static str, change: &dyn Fn(&mut World)| {
        add(label, &|world| {
            world.changes_left -= 1;
            change(world);
        });
    };
    change("the other state is desired", &|world| world.wish.rejected = !world.wish.rejected);
    change("a new refreshId", &|world| {
        world.wish.refresh_id += 1;
        world.mismatched = 0;
    });
    change("the other kind of approval", &|world| {
        world.wish.manual = !world.wish.manual;
        world.wish.approved = None;
    });
}
