//! The operator of the model: the controller's order of writes and effects around the real planner.

use slipway_core::{
    boot::Step,
    failure::Effect as Happened,
    host::{
        Completion, Effect, HostWish, Observation, Outcome, Plan, RebootWish, Record, Reset, Situation, plan,
    },
};

use super::{
    law,
    machine::{Runs, Try},
    scenario::Scenario,
    world::{Act, Answer, Process, Request, TIMEOUT, TIMINGS, World, now},
};
use crate::scene::{installation, observation};

/// What becomes of one call of the BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is done, and the answer says so.
    Done,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// The request is lost.
    RequestLost,
    /// The BMC refuses.
    Refused,
    /// The BMC says that it is done, and it is not.
    Ignored,
}

/// What is on record, to the best of the process' knowledge.
pub(super) fn recalled(world: &World) -> Record {
    let mut record = world.api.status.clone().unwrap_or_default();
    record.recall(&world.api.memory);
    let own = world.process.memory.reboot.as_ref();
    let done = own.filter(|done| world.reboot.is_some_and(|id| id.to_string() == done.id));
    record.reboot.take_if(|reboot| done.is_some_and(|done| done.id != reboot.id));
    record.recall(&world.process.memory);
    let current = record
        .install
        .as_ref()
        .map(|install| Try { id: install.id.parse().unwrap(), attempt: install.attempt });
    record.witnessed = current.is_some() && current == world.process.witnessed;
    record
}

/// What is asked of the host.
pub(super) fn wish(world: &World, scenario: &Scenario) -> HostWish {
    HostWish {
        identity: slipway_core::host::Identity::default(),
        uefi: true,
        power: None,
        reboot: world.reboot.map(|id| RebootWish { id: id.to_string(), mode: scenario.mode }),
        install: world.wanted.map(|id| {
            let mut install = installation(&id.to_string());
            install.proceed_on_running = scenario.proceed;
            install.timeout = TIMEOUT;
            install.retries = scenario.retries;
            install.completion = scenario.completion;
            install
        }),
        properties: Vec::new(),
        suspended: false,
    }
}

/// What the BMC says.
pub(super) fn look(world: &World, scenario: &Scenario) -> Observation {
    let mut seen = observation(world.machine.power());
    seen.last_reset_time = scenario.shows_resets.then(|| "now".to_owned());
    seen.network_override_set = world.machine.network_next;
    seen.resets = scenario.offers.iter().copied().collect();
    seen
}

/// The plan for the world as it is.
pub(super) fn planned(world: &World, scenario: &Scenario) -> (Record, Plan) {
    let record = recalled(world);
    let (wish, seen) = (wish(world, scenario), look(world, scenario));
    let plan = plan(&Situation { wish: &wish, record: &record, seen: &seen, timings: &TIMINGS, now: now() });
    (record, plan)
}

/// Begins a reconcile: reports first.
pub(super) fn begin(world: &mut World, scenario: &Scenario) {
    world.process.stale = false;
    let mut record = recalled(world);
    let (served, reporting) = (world.process.served.take(), reporting(world));
    publish(world, &record);
    let before = record.clone();
    for (of, step) in
        served.map(|of| (of, Step::ScriptServed)).into_iter().chain(reporting.map(|of| (of, Step::Done)))
    {
        world.process.witnessed = Some(of);
        take(&mut record, of, &step, scenario.completion);
    }
    let acts = &mut world.process.acts;
    if record != before {
        acts.extend([Act::Remember(record.clone()), Act::Store(record)]);
    }
    if reporting.is_some() {
        acts.push_back(Act::Acknowledge);
    }
    acts.push_back(Act::Observe);
}

fn reporting(world: &World) -> Option<Try> {
    match world.machine.runs {
        Runs::Reporting(of) => Some(of),
        _ => None,
    }
}

fn take(record: &mut Record, of: Try, step: &Step, completion: Completion) {
    if let Some(install) = &mut record.install
        && (install.id.as_str(), install.attempt) == (of.id.to_string().as_str(), of.attempt)
    {
        record.witnessed = true;
        install.take(step, now(), completion);
    }
}

/// Goes one act further. `fate` is that of a call to the BMC.
pub(super) fn go_on(world: &mut World, scenario: &Scenario, fate: Fate) {
    let Some(act) = world.process.acts.pop_front() else { return };
    match act {
        Act::Remember(record) => {
            learn(world, &record);
            if !is_stale(world) {
                world.api.memory = world.api.memory.updated(&record, None);
            }
        }
        Act::Store(record) => {
            if !is_stale(world) {
                store(world, scenario, record);
            }
        }
        Act::Acknowledge => {
            if let Some(of) = reporting(world) {
                law::acknowledged(world, of);
                world.machine.start();
                world.reset_seen();
            }
        }
        Act::Observe => observe(world, scenario),
        Act::Run(effect, record) => run(world, scenario, effect, record, fate),
        Act::Conclude(record) => {
            publish(world, &record);
            world.process.acts.extend([Act::Remember(record.clone()), Act::Store(record)]);
        }
    }
}

/// A write that comes too late fails, and the reconcile with it.
fn is_stale(world: &mut World) -> bool {
    if world.process.stale {
        world.process.acts.clear();
    }
    world.process.stale
}

fn store(world: &mut World, scenario: &Scenario, mut record: Record) {
    record.witnessed = false;
    record.carried_out.clear();
    law::stored(world, scenario, &record);
    world.api.status = Some(record);
}

fn observe(world: &mut World, scenario: &Scenario) {
    let (record, plan) = planned(world, scenario);
    let open = record.intent.as_ref().map(|intent| intent.outcome(&look(world, scenario), now(), &TIMINGS));
    law::planned(world, scenario, &record, &plan, matches!(open, Some(Outcome::Wait | Outcome::Unknown)));
    for effect in plan.effects {
        if let Effect::Reset { before, .. } = &effect {
            // What is on the disk is forgotten before it goes; that something new is there is remembered with its intent or after it.
            let begins = before.install.as_ref().is_some_and(|install| !install.is_installed());
            if scenario.remembers_first && begins {
                world.process.acts.push_back(Act::Remember(Record::clone(before)));
            }
            world.process.acts.push_back(Act::Store(Record::clone(before)));
        }
        world.process.acts.push_back(Act::Run(effect, plan.record.clone()));
    }
    world.process.acts.push_back(Act::Conclude(plan.record));
}

fn run(world: &mut World, scenario: &Scenario, effect: Effect, planned: Record, fate: Fate) {
    match effect {
        Effect::BootFrom(source) => {
            if matches!(fate, Fate::Done | Fate::AnswerLost) {
                world.machine.boot_from(&source);
            }
            if !matches!(fate, Fate::Done | Fate::Ignored) {
                end(world, planned);
            }
        }
        Effect::Reset { reset, before, after } => {
            learn(world, &before);
            publish(world, &before);
            let request = Request::parse(&before.intent.as_ref().unwrap().request);
            let record = match happened(fate) {
                None => *after,
                Some(Happened::None) => planned,
                Some(Happened::Unknown) => *before,
            };
            end(world, record);
            if matches!(fate, Fate::Done | Fate::AnswerLost) {
                send(world, scenario, reset, request);
            }
        }
        Effect::WriteProperties(_) => panic!("no property is asked for"),
    }
}

fn happened(fate: Fate) -> Option<Happened> {
    match fate {
        Fate::Done | Fate::Ignored => None,
        Fate::Refused => Some(Happened::None),
        Fate::AnswerLost | Fate::RequestLost => Some(Happened::Unknown),
    }
}

fn send(world: &mut World, scenario: &Scenario, reset: Reset, request: Request) {
    law::resets(world, scenario, reset, request);
    let change = world.machine.reset(reset, request);
    law::changed(world, change, request);
}

/// The rest of the effects is not tried.
fn end(world: &mut World, record: Record) {
    world.process.acts.clear();
    world.process.acts.push_back(Act::Conclude(record));
}

fn learn(world: &mut World, record: &Record) {
    let process: &mut Process = &mut world.process;
    let rebooted = process.memory.reboot.take();
    process.memory = process.memory.updated(record, None);
    process.memory.reboot =
        rebooted.into_iter().chain(process.memory.reboot.take()).max_by_key(|done| done.at);
    if let (true, Some(install)) = (record.witnessed, &record.install) {
        process.witnessed = Some(Try { id: install.id.parse().unwrap(), attempt: install.attempt });
    }
}

/// Tells the boot service what follows from a record.
fn publish(world: &mut World, record: &Record) {
    let wanted = world.wanted;
    let open = record.install.as_ref().filter(|install| install.is_booting());
    world.process.answer = open.map_or(Answer::Local, |install| {
        let id = install.id.parse().unwrap();
        let left =
            i64::try_from(TIMEOUT.as_secs()).unwrap() + install.requested_at.as_second() - now().as_second();
        if wanted == Some(id) {
            Answer::Install(Try { id, attempt: install.attempt }, left.max(0))
        } else {
            Answer::Local
        }
    });
}
