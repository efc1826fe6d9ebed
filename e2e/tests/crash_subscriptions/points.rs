//! A kill at every point of a life.

use std::sync::Mutex;
use std::time::Instant;

use futures::future::join_all;

use crate::point::Point;
use crate::stage::{Course, LAGGING, Life, PROMPT, Pace, Stage};
use crate::tale::Tale;

/// Operators at once, of one test. Much of a life is waiting.
const STAGES: usize = 6;

/// The end of a life with one kill.
type End = (Tale, Point, Result<Course, String>);

/// The points of a tale, as a life without a kill has them.
async fn points(stage: &mut Stage, tale: Tale) -> Vec<(Tale, Point)> {
    let life = Life::at(stage.pace()).await.unwrap();
    let counts = stage.live(tale, life).await.unwrap().counts;
    let points = counts.points();
    eprintln!("{tale}: {} writes, {} calls, {} points", counts.writes, counts.calls.len(), points.len());
    assert!(counts.writes >= 8 && counts.calls.len() >= 10, "{counts:?}");
    points.into_iter().map(|point| (tale, point)).collect()
}

/// One life without a kill of each tale, then one for each of its points. Every life must go well, and the kill must come at nearly every point: what
/// the operator does at leisure may be one thing less than in the life that was counted.
async fn all(tales: &[Tale], pace: Pace) {
    let begin = Instant::now();
    let mut stages = join_all((0..STAGES).map(|_| Stage::begin("crash-record", pace))).await;
    let mut left = vec![];
    for tale in tales {
        left.extend(points(stages[0].as_mut().unwrap(), *tale).await);
    }
    let number = left.len();
    let left = Mutex::new(left);
    let ends = join_all(stages.drain(..).map(|stage| some(stage.unwrap(), &left))).await.concat();
    let failed: Vec<_> = ends
        .iter()
        .filter_map(|(tale, point, end)| Some(format!("{tale}, killed {point}: {}", end.as_ref().err()?)))
        .collect();
    let missed = ends.iter().filter(|end| end.2.as_ref().is_ok_and(|course| course.killed == 0)).count();
    eprintln!("{tales:?}: {number} lives, {missed} without a kill, {:?}", begin.elapsed());
    assert!(failed.is_empty(), "{} of {number} lives:\n{}", failed.len(), failed.join("\n\n"));
    assert_eq!(ends.len(), number);
    assert!(missed * 10 <= number, "{missed} lives of {number} without a kill");
}

/// The lives of one operator, until no point is left or one has failed: an operator after that would fail others.
async fn some(mut stage: Stage, left: &Mutex<Vec<(Tale, Point)>>) -> Vec<End> {
    let next = || left.lock().unwrap().pop();
    let mut ends = vec![];
    while let Some((tale, point)) = next() {
        let life = Life::at(stage.pace()).await.unwrap().killed_at([point]);
        let end = stage.live(tale, life).await.map_err(|error| format!("{error:#}"));
        let is_over = end.is_err();
        ends.push((tale, point, end));
        if is_over {
            break;
        }
    }
    ends
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_one_from_reservation_to_active_wherever_the_operator_is_killed() {
    all(&[Tale::Whole], PROMPT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_is_one_and_gone_wherever_the_operator_is_killed_while_lists_lag_behind() {
    all(&[Tale::Reserved, Tale::Purged], LAGGING).await;
}
