//! An upgrade in the middle of an installation, and the way back: nothing is lost, and nothing is done twice.
//!
//! The other operator is the one of before its last change (`scripts/previous-build`). Where it is not built the test is skipped:
//! `scripts/test-upgrade` builds it.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use slipway_e2e::foreign::{run, skip};
use slipway_e2e::{ControlPlane, OperatorOptions, Rack, program};
use slipway_sim::{FleetConfig, MachineState, Timings};

const NAME: &str = "an_installation_goes_on_through_an_upgrade_and_back";
const LIMIT: Duration = Duration::from_secs(40);

/// The other operator, or why there is none.
fn previous() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("SLIPWAY_PREVIOUS") {
        return Ok(named.into());
    }
    let found = Command::new(program::project().join("scripts/previous-build")).output();
    let found = found.map_err(|error| format!("scripts/previous-build: {error}"))?;
    let words = |text: Vec<u8>| String::from_utf8_lossy(&text).trim().to_owned();
    if found.status.success() { Ok(words(found.stdout).into()) } else { Err(words(found.stderr)) }
}

fn fleet() -> FleetConfig {
    let timings = Timings {
        install: Duration::from_secs(3),
        installer_retry: Duration::from_millis(200),
        ipxe_second: Duration::from_millis(50),
        fetch: LIMIT,
        ..Timings::default()
    };
    FleetConfig { timings, ..FleetConfig::new(2) }
}

async fn until(
    rack: &Rack,
    index: usize,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> anyhow::Result<Value> {
    let probe = |host: &Value| {
        if is_so(&host["status"]) { Ok(()) } else { Err(format!("status is {}", host["status"])) }
    };
    rack.wait(index, what, probe).await
}

/// One of the two operators.
struct Build {
    program: PathBuf,
    has_election: bool,
}

impl Build {
    /// One of before there was leader election knows none of its flags.
    fn of(program: PathBuf) -> anyhow::Result<Self> {
        let help = Command::new(&program).arg("--help").output();
        let help = help.with_context(|| format!("{} cannot be run", program.display()))?;
        let has_election = String::from_utf8_lossy(&help.stdout).contains("--lease-name");
        Ok(Self { program, has_election })
    }

    fn options(&self) -> OperatorOptions {
        let options = OperatorOptions::default()
            .poll_interval("500ms")
            .arg("--reset-timeout=10s")
            .program(&self.program);
        if self.has_election { options } else { options.without_election() }
    }

    /// Takes the other's place, with its addresses and its data.
    async fn take_over(&self, rack: &mut Rack) -> anyhow::Result<()> {
        rack.operator.stop().await?;
        rack.operator.change_program(self.program.clone(), self.has_election);
        rack.operator.start_again().await
    }
}

/// In the middle of an installation another operator takes over.
async fn installed_across(rack: &mut Rack, index: usize, next: &Build) -> anyhow::Result<()> {
    rack.apply(&rack.host_to_install(index, "1")).await?;
    until(rack, index, "a running installer", |status| status["install"]["step"] == "Installing").await?;
    next.take_over(rack).await?;
    anyhow::ensure!(
        rack.fleet.machine(index).state().installs == 0,
        "it was to be in the middle of the installation"
    );
    rack.wait_phase(index, "Installed").await?;
    let machine = rack.fleet.machine(index);
    machine.wait_until(LIMIT, MachineState::runs_from_disk).await?;
    Ok(())
}

/// What was done to each machine, and what is known of each host.
fn deeds(rack: &Rack) -> Value {
    let of = |index| {
        let state = rack.fleet.machine(index).state();
        json!({"resets": rack.fleet.bmc(index).counters().resets, "installs": state.installs_started, "wipes": state.wipes})
    };
    (0..rack.fleet.len()).map(of).collect()
}

async fn upgrade(previous: PathBuf) -> anyhow::Result<()> {
    let control_plane = ControlPlane::shared().await?;
    let (old, new) = (Build::of(previous)?, Build::of(program::operator().await?)?);
    let mut rack =
        Rack::options().fleet(fleet()).operator(old.options()).start(control_plane, "upgrade").await?;
    rack.wait_profile().await?;
    installed_across(&mut rack, 0, &new).await.context("the upgrade")?;
    installed_across(&mut rack, 1, &old).await.context("the way back")?;
    // And forward again: the newer one reads what the older one wrote after it.
    new.take_over(&mut rack).await?;
    for index in 0..rack.fleet.len() {
        rack.patch(index, &json!({"reboot": {"id": "r1", "mode": "Force"}})).await?;
        until(&rack, index, "the reboot", |status| status["reboot"]["completedAt"].is_string()).await?;
        rack.wait_reason(index, "Installed").await?;
        rack.wait_reads(index, 3).await?;
        let host = rack.get(index).await?;
        anyhow::ensure!(host["status"]["install"]["attempt"] == 1, "{}", host["status"]);
    }
    let one = json!({"resets": {"On": 1, "ForceRestart": 1}, "installs": 1, "wipes": 0});
    anyhow::ensure!(deeds(&rack) == json!([one, one]), "{}", deeds(&rack));
    Ok(())
}

fn main() -> ExitCode {
    match previous() {
        Ok(old) => run(NAME, std::future::ready(Ok(old)), upgrade),
        Err(why) => skip(NAME, &why),
    }
}
