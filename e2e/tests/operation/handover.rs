//! The leader ends, and the standby goes on. With the shipped Lease.

use std::time::{Duration, Instant};

use slipway_e2e::{ApiProxy, Verb};

use crate::scene::{Pair, called, slow_machine, step};

/// The shipped Lease.
const SHIPPED: Duration = Duration::from_secs(15);
/// From the end of the leader to the first act of the other: after a clean exit, and after a kill.
const CLEAN: Duration = Duration::from_secs(5);
const KILLED: Duration = Duration::from_secs(20);

fn lists(proxy: &ApiProxy) -> usize {
    proxy.calls().iter().filter(|call| call.verb == Verb::List).count()
}

/// An installation in whose middle the leader ends.
async fn go_on_after(is_kill: bool, install: Duration) -> anyhow::Result<()> {
    let mut pair = Pair::start(slow_machine(install), SHIPPED, "handover").await?;
    let listed = lists(&pair.proxies[1]);
    anyhow::ensure!(listed > 0, "nothing was listed");
    pair.rack.apply(&pair.rack.host_to_install(0, "1")).await?;
    step(&pair.rack, "Installing").await?;
    let began = Instant::now();
    let limit = if is_kill {
        pair.rack.operator.kill().await?;
        KILLED
    } else {
        pair.rack.operator.stop().await?;
        CLEAN
    };
    let calls = pair.rack.fleet.bmc(0).counters().calls;
    called(&pair.rack, calls, limit.saturating_sub(began.elapsed())).await?;
    eprintln!("the standby acted {:?} after the end of the leader (killed: {is_kill})", began.elapsed());
    anyhow::ensure!(pair.other.leads().await?, "whoever acts leads");
    anyhow::ensure!(
        pair.rack.fleet.machine(0).state().installs == 0,
        "this was to be in the middle of the installation"
    );
    pair.installed_once().await?;
    anyhow::ensure!(
        lists(&pair.proxies[1]) == listed,
        "the standby had to list first: {:?}",
        pair.proxies[1].counts()
    );
    Ok(())
}

#[tokio::test]
async fn a_leader_that_exits_is_followed_within_seconds_by_a_standby_that_knows_all() {
    go_on_after(false, Duration::from_secs(6)).await.unwrap();
}

#[tokio::test]
async fn a_leader_that_is_killed_is_followed_within_20_seconds() {
    go_on_after(true, Duration::from_secs(21)).await.unwrap();
}
