//! What the tests of this program begin with.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_e2e::{ApiProxy, ControlPlane, OperatorOptions, OperatorProcess, Rack, wait_for};
use slipway_sim::{Behaviour, FleetConfig, MachineState, Timings};

use crate::front::Front;

/// Longest wait for anything that has no bound of its own.
pub(crate) const LIMIT: Duration = Duration::from_secs(40);
/// A Lease that waits less than the shipped 15 s. All other times of an election are parts of it.
pub(crate) const LEASE: Duration = Duration::from_secs(4);

/// Two replicas with one rack. The machine asks either for its boot, as through a Service.
pub(crate) struct Pair {
    /// The rack; its operator is the first to lead.
    pub(crate) rack: Rack,
    /// The standby.
    pub(crate) other: OperatorProcess,
    /// What the one sees of the API server, and the other.
    pub(crate) proxies: [ApiProxy; 2],
    _service: Front,
}

/// An operator that looks often, with a Lease of this duration.
pub(crate) fn operator(lease: Duration) -> OperatorOptions {
    let options = OperatorProcess::options().poll_interval("500ms");
    options.arg(format!("--lease-duration={}s", lease.as_secs()))
}

/// A machine whose installation lasts, and that waits for a boot service that is away.
pub(crate) fn slow_machine(install: Duration) -> FleetConfig {
    let timings = Timings {
        install,
        installer_retry: Duration::from_millis(200),
        ipxe_second: Duration::from_millis(50),
        fetch: LIMIT,
        ..Timings::default()
    };
    FleetConfig { timings, ..FleetConfig::new(1) }
}

/// Machines that never come to their boot service: the test speaks in their place.
pub(crate) fn silent_machines(count: usize) -> FleetConfig {
    let behaviour = Behaviour { never_asks_for_script: true, ..Behaviour::default() };
    FleetConfig { behaviour, ..FleetConfig::new(count) }
}

impl Pair {
    /// Starts both; the first leads, and the second is ready. A reset has 10 s to show.
    pub(crate) async fn start(fleet: FleetConfig, lease: Duration, test: &str) -> anyhow::Result<Self> {
        Self::start_with(fleet, &operator(lease).arg("--reset-timeout=10s"), test).await
    }

    /// The same with other arguments.
    pub(crate) async fn start_with(
        fleet: FleetConfig,
        options: &OperatorOptions,
        test: &str,
    ) -> anyhow::Result<Self> {
        let control_plane = ControlPlane::shared().await?;
        let proxies = [ApiProxy::start(control_plane).await?, ApiProxy::start(control_plane).await?];
        let [first, second] = ["a", "b"].map(|name| options.clone().identity(name));
        let first = first.api(proxies[0].url(), proxies[0].ca_pem());
        let rack = Rack::options().fleet(fleet).operator(first).start(control_plane, test).await?;
        rack.operator.wait_leads(true, LIMIT).await?;
        let second = second.api(proxies[1].url(), proxies[1].ca_pem()).namespace(rack.namespace.name());
        let other = second.start(control_plane).await?;
        let service = Front::before(&[rack.boot, other.boot_address()?]).await?;
        rack.fleet.set_boot_url(Some(&format!("http://{}", service.address())));
        rack.wait_profile().await?;
        Ok(Self { rack, other, proxies, _service: service })
    }

    /// The machine runs what was installed, was reset once for it, and the host is looked at.
    pub(crate) async fn installed_once(&self) -> anyhow::Result<()> {
        installed_once(&self.rack).await
    }
}

/// How often each reset was sent.
pub(crate) fn resets(rack: &Rack, index: usize) -> Value {
    json!(rack.fleet.bmc(index).counters().resets)
}

/// Waits until the installation of a rack is done by one reset, and nothing comes after it.
pub(crate) async fn installed_once(rack: &Rack) -> anyhow::Result<()> {
    rack.wait_phase(0, "Installed").await?;
    let machine = rack.fleet.machine(0);
    machine
        .wait_until(LIMIT, MachineState::runs_from_disk)
        .await
        .map_err(|state| anyhow::anyhow!("{state:?}"))?;
    rack.wait_reads(0, 3).await?;
    let (state, host) = (machine.state(), rack.get(0).await?);
    anyhow::ensure!(resets(rack, 0) == json!({"On": 1}), "{} {}", resets(rack, 0), host["status"]);
    // Also one that the BMC would have refused is one too many.
    let calls = rack.fleet.bmc(0).calls();
    let sent = calls
        .iter()
        .filter(|call| call.method == "POST" && call.path.contains("ComputerSystem.Reset"))
        .count();
    anyhow::ensure!(sent == 1, "{sent} resets were sent: {calls:?}");
    let deeds = (state.installs_started, state.installs, state.wipes, state.interruptions);
    anyhow::ensure!(deeds == (1, 1, 0, 0), "{state:?}");
    anyhow::ensure!(host["status"]["install"]["attempt"] == 1, "{}", host["status"]);
    Ok(())
}

/// Waits until an installation has come to a step.
pub(crate) async fn step(rack: &Rack, step: &str) -> anyhow::Result<Value> {
    rack.wait(0, &format!("step {step}"), |host| {
        let seen = &host["status"]["install"]["step"];
        if seen == step { Ok(()) } else { Err(format!("status is {}", host["status"])) }
    })
    .await
}

/// Waits until the BMC is called after so many calls.
pub(crate) async fn called(rack: &Rack, before: u64, limit: Duration) -> anyhow::Result<()> {
    wait_for("a call to the BMC", limit, || async {
        let calls = rack.fleet.bmc(0).counters().calls;
        anyhow::ensure!(calls > before, "{calls} calls");
        Ok(())
    })
    .await
}

/// Waits for an entry of the log with these words.
pub(crate) async fn said(operator: &OperatorProcess, words: &str) -> anyhow::Result<Value> {
    let fits = |entry: &Value| entry["message"].as_str().is_some_and(|message| message.contains(words));
    operator.log().wait_for(words, LIMIT, fits).await
}
