//! Two hundred infrastructures, and calls at the rate that the operator may make.

use crate::caller::{Caller, infrastructure};
use crate::scene::Scene;
use futures::StreamExt as _;
use std::time::{Duration, Instant};

const RACKS: usize = 200;
/// 10,000 a minute are 167 a second; both ends share the machine here, and one of them signs.
const CALLS: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(6);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_infrastructures_answer_ten_thousand_calls_a_minute() {
    let scene = Scene::start().await;
    let ids: Vec<_> = (0..RACKS).map(|_| scene.new_infrastructure()).collect();
    let caller = Caller::new(&scene.cloud, &scene.account);
    let started = Instant::now();
    let calls = (0..CALLS).map(|index| {
        let (caller, id) = (&caller, &ids[index % RACKS]);
        async move { caller.get(&infrastructure(id)).await.status }
    });
    let answers: Vec<_> = futures::stream::iter(calls).buffer_unordered(16).collect().await;
    let took = started.elapsed();
    assert!(answers.iter().all(|status| *status == 200));
    assert_eq!(scene.cloud.call_count(), CALLS as u64);
    println!("{CALLS} calls in {took:?}");
    assert!(took < LIMIT, "{took:?}");
}
