//! Answers that are lost, and operators that are killed, by chance.

use std::sync::Mutex;
use std::time::Instant;

use futures::future::join_all;
use slipway_sim::{Fault, Trouble};

use crate::point::Point;
use crate::script::Script;
use crate::stage::{LAGGING, Life, PROMPT, Pace, Stage};
use crate::tale::Tale;

const SEEDS: u64 = 50;
/// Operators at once for each pace.
const STAGES: usize = 4;
/// Milliseconds of a slow request: more than a lost record is searched for.
const SLOW: u64 = 3000;

async fn live(stage: &mut Stage, script: &Script) -> anyhow::Result<(usize, u64)> {
    let mut life = Life::at(script.pace).await?.killed_at(script.kills.clone());
    let ids: Vec<_> = script.faults.iter().map(|fault| life.ocm.add_fault(fault.clone())).collect();
    life.fault = ids.first().copied();
    let ocm = life.ocm.clone();
    let course = stage.live(script.tale, life).await?;
    Ok((course.killed, ids.into_iter().map(|id| ocm.fault_hits(id)).sum()))
}

/// The lives of one operator, until no seed is left; how many kills and faults there were, and what went wrong.
async fn some(pace: Pace, seeds: &Mutex<Vec<u64>>) -> Vec<Result<(usize, u64), String>> {
    let next = || seeds.lock().unwrap().pop();
    let (mut ends, mut stage) = (vec![], None);
    while let Some(seed) = next() {
        let mut present = match stage.take() {
            Some(present) => present,
            None => Stage::begin("lost-answer", pace).await.unwrap(),
        };
        let script = Script::of(seed, pace);
        let end = live(&mut present, &script).await.map_err(|error| format!("{script}: {error:#}"));
        stage = end.is_ok().then_some(present);
        ends.push(end);
    }
    ends
}

async fn all(pace: Pace, seeds: Vec<u64>) -> Vec<Result<(usize, u64), String>> {
    let seeds = Mutex::new(seeds);
    join_all((0..STAGES).map(|_| some(pace, &seeds))).await.concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_lives_of_lost_answers_and_kills_leave_one_record_or_none() {
    let begin = Instant::now();
    let (prompt, lagging) = (0..SEEDS).partition(|seed| seed.is_multiple_of(2));
    let (mut ends, others) = tokio::join!(all(PROMPT, prompt), all(LAGGING, lagging));
    ends.extend(others);
    let failed: Vec<_> = ends.iter().filter_map(|end| end.as_ref().err()).cloned().collect();
    let went: Vec<_> = ends.iter().filter_map(|end| end.as_ref().ok()).collect();
    let kills: usize = went.iter().map(|(killed, _)| killed).sum();
    let faults: u64 = went.iter().map(|(_, faults)| faults).sum();
    eprintln!("{} seeds, {kills} kills, {faults} faults, {:?}", ends.len(), begin.elapsed());
    assert!(failed.is_empty(), "{} of {SEEDS} seeds:\n{}", failed.len(), failed.join("\n\n"));
    assert!(kills >= 20 && faults >= 40, "{kills} kills and {faults} faults: they are to be met");
}

/// A request that takes as long as a record is searched for, and then its answer is lost: the search begins when it was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_was_asked_for_slowly_is_searched_for_as_long_as_any() {
    let mut stage = Stage::begin("slow-answer", LAGGING).await.unwrap();
    for kill in [false, true] {
        let life = Life::at(LAGGING).await.unwrap();
        let on = |trouble| Fault::new(trouble).on("POST", "cluster_authorizations").once();
        life.ocm.add_fault(on(Trouble::Slow { millis: SLOW }));
        if !kill {
            life.ocm.add_fault(on(Trouble::CutAfter));
        }
        let life = life.killed_at(kill.then_some(Point::Made));
        let course = stage.live(Tale::Reserved, life).await.unwrap();
        assert_eq!(course.killed, usize::from(kill));
    }
}
