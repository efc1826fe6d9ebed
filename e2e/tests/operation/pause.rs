//! The leader is stopped by SIGSTOP for longer than its Lease, and goes on after that as if nothing had been.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use slipway_e2e::{Killer, Moment, Rule, Then, Verb, wait_for};
use slipway_sim::{Effect, Fault};

use crate::scene::{LEASE, LIMIT, Pair, operator, resets, said, slow_machine, step};

const INSTALL: Duration = Duration::from_secs(1);

/// The pause of the leader, and whether it has come.
#[derive(Clone)]
struct Pause {
    killer: Killer,
    begun: Arc<AtomicBool>,
}

impl Pause {
    fn of(pair: &Pair) -> Self {
        Self { killer: pair.rack.operator.killer().unwrap(), begun: Arc::default() }
    }

    /// Only once.
    fn begin(&self) {
        if !self.begun.swap(true, Ordering::SeqCst) {
            self.killer.pause();
        }
    }

    async fn wait(&self) {
        wait_for("the leader's pause", LIMIT, || async {
            anyhow::ensure!(self.begun.load(Ordering::SeqCst), "it goes on");
            Ok(())
        })
        .await
        .unwrap();
    }
}

/// A reset is carried out.
async fn sent(pair: &Pair) {
    wait_for("the reset", LIMIT, || async {
        anyhow::ensure!(resets(&pair.rack, 0) == json!({"On": 1}), "{}", resets(&pair.rack, 0));
        Ok(())
    })
    .await
    .unwrap();
}

/// The other has taken over; the first goes on, sees that, and leads again when the other is gone.
async fn goes_on(mut pair: Pair, pause: Pause) {
    pair.other.wait_leads(true, LIMIT).await.unwrap();
    pause.killer.go_on();
    said(&pair.rack.operator, "this process stands by; b leads").await.unwrap();
    pair.installed_once().await.unwrap();
    assert!(!pair.rack.operator.leads().await.unwrap());

    pair.other.stop().await.unwrap();
    pair.rack.operator.wait_leads(true, LIMIT).await.unwrap();
    pair.rack.patch(0, &json!({"reboot": {"id": "r1", "mode": "Force"}})).await.unwrap();
    let is_done = |host: &serde_json::Value| {
        let reboot = &host["status"]["reboot"];
        if reboot["completedAt"].is_string() { Ok(()) } else { Err(format!("status is {}", host["status"])) }
    };
    pair.rack.wait(0, "the reboot", is_done).await.unwrap();
    assert_eq!(resets(&pair.rack, 0), json!({"On": 1, "ForceRestart": 1}));
}

#[tokio::test]
async fn between_the_intent_and_the_reset_the_other_sends_the_only_one() {
    // The other thinks soon that the reset was never sent; what the first had begun is still good when it goes on.
    let hasty = operator(LEASE).arg("--reset-timeout=1s");
    let pair = Pair::start_with(slow_machine(INSTALL), &hasty, "pause-intent").await.unwrap();
    let pause = Pause::of(&pair);
    let (bmc, stopped) = (pair.rack.fleet.bmc(0), pause.clone());
    let is_intent = move |call: &slipway_e2e::ApiCall| {
        let is_status =
            call.resource == "baremetalhosts" && call.subresource == "status" && call.verb == Verb::Update;
        // The boot override is set before the intent is written.
        is_status && bmc.calls().iter().any(|call| call.method == "PATCH")
    };
    pair.proxies[0].install(Rule::new(Moment::BeforeAnswering, is_intent, move |_| {
        stopped.begin();
        Then::GoOn
    }));
    pair.rack.apply(&pair.rack.host_to_install(0, "1")).await.unwrap();
    pause.wait().await;
    let host = pair.rack.get(0).await.unwrap();
    assert!(host["status"]["intent"].is_object(), "{}", host["status"]);
    assert_eq!(resets(&pair.rack, 0), json!({}));
    sent(&pair).await;
    goes_on(pair, pause).await;
}

#[tokio::test]
async fn while_the_bmc_has_yet_to_carry_the_reset_out_none_is_sent_beside_it() {
    let pair = Pair::start(slow_machine(INSTALL), LEASE, "pause-call").await.unwrap();
    let pause = Pause::of(&pair);
    let bmc = pair.rack.fleet.bmc(0);
    // Longer than it takes the other to lead.
    let slow = Fault::new(Effect::Slow { millis: 6500 }).on("POST", "Actions/ComputerSystem.Reset").once();
    let id = bmc.add_fault(slow);
    pair.rack.apply(&pair.rack.host_to_install(0, "1")).await.unwrap();
    assert!(bmc.wait_for_hits(id, 1, LIMIT).await);
    pause.begin();
    pair.other.wait_leads(true, LIMIT).await.unwrap();
    assert_eq!(resets(&pair.rack, 0), json!({}), "the other was to lead before the reset");
    sent(&pair).await;
    goes_on(pair, pause).await;
}

#[tokio::test]
async fn during_the_installation_the_other_brings_it_to_its_end() {
    let pair = Pair::start(slow_machine(Duration::from_secs(8)), LEASE, "pause-install").await.unwrap();
    let pause = Pause::of(&pair);
    pair.rack.apply(&pair.rack.host_to_install(0, "1")).await.unwrap();
    step(&pair.rack, "Installing").await.unwrap();
    pause.begin();
    // A request that the stopped one was given is answered when it goes on; a load balancer has long left it by then.
    goes_on(pair, pause).await;
}
