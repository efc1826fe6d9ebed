//! Longer lives at random, with everything that can happen.

use proptest::{collection::vec, prelude::*};
use slipway_core::{clock::SignedDuration, reason::Reason, subscription::DriftPolicy};

use super::{
    operator,
    registrar::LAG,
    scenario::{Fault, Scenario},
    search::{Rest, round},
    step::steps,
    world::World,
};

const EVERYTHING: &[Fault] = &[
    Fault::AnswerLost,
    Fault::RequestLost,
    Fault::Refused,
    Fault::Half,
    Fault::Rename,
    Fault::Archive,
    Fault::Delete,
    Fault::Telemetry,
    Fault::Unreachable,
    Fault::Label,
    Fault::Transfer,
    Fault::Word,
];

/// Rounds until nothing more is done.
const ROUNDS: usize = 30;

/// Nothing goes wrong any more; answers how it rests. A status that nobody knows is waited for.
fn rest(world: &mut World, scenario: &Scenario) -> Result<(), String> {
    world.is_reachable = true;
    world.crash(scenario.counts_anew);
    let mut still = 0;
    for _ in 0..ROUNDS {
        if round(world, scenario)? != Rest::NotYet {
            return Ok(());
        }
        let waits = operator::planned(world, scenario).overall.reason == Reason::SubscriptionStatusUnknown;
        still = if waits && !world.is_going { still + 1 } else { 0 };
        if still > 5 {
            return Ok(());
        }
    }
    Err(format!("no rest: {world}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_laws_hold_and_it_ends(
        choices in vec(any::<(u8, bool)>(), 0..80), faults in vec(0..EVERYTHING.len(), 0..5), reports in any::<bool>(), forgets in any::<bool>(),
    ) {
        let faults: Vec<_> = faults.into_iter().map(|index| EVERYTHING[index]).collect();
        let mut scenario = Scenario::new("random").faults(&faults, 12).crashes(4, 3).changes(8).going();
        scenario.drift = if reports { DriftPolicy::Report } else { DriftPolicy::Correct };
        scenario.forgets = forgets;
        let (mut world, mut story) = (scenario.world(), vec![]);
        for (choice, is_day) in choices {
            let next = steps(&world, &scenario);
            // Half of the time the operator goes on.
            let Some(step) = next.get(usize::from(choice / 2 * (choice % 2)) % next.len().max(1)) else { break };
            world = step.apply(&world, &scenario);
            story.push(*step);
            if is_day && choice % 32 == 0 {
                (0..LAG).for_each(|_| world.tick());
                world.age(SignedDuration::from_hours(24).unsigned_abs());
            }
            prop_assert_eq!(world.broken.as_deref(), None, "{:?}: {}", story, world);
        }
        if !world.is_gone {
            prop_assert_eq!(rest(&mut world, &scenario), Ok(()), "{:?}", story);
        }
    }
}
