//! The whole way with nothing of ours on the other side: QEMU with its own iPXE under libvirt, sushy-tools as its BMC, an
//! installer that knows only HTTP. From a manifest to a system that runs from its own disk.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use slipway_e2e::foreign::{self, GUEST_GATEWAY, Identity, Machine, PASSWORD, Parts, USERNAME};
use slipway_e2e::{ControlPlane, Kubectl, OperatorProcess, TestNamespace, wait_for};

const NAME: &str = "real_machine";
const MACHINE: Identity<'_> =
    Identity { uuid: "6f1c3a0e-2f6b-4b0e-9d0a-0123456789ab", mac: "52:54:00:00:00:07" };
/// It takes 25 s on two idle cores; the whole test has to end within two minutes.
const INSTALL_LIMIT: Duration = Duration::from_secs(90);
const BOOT_LIMIT: Duration = Duration::from_secs(40);

/// What the installer reads as a shell script, and what tells it where its disk comes from.
const ANSWER: &str = r#"
      IMAGE_URL="{{ values.image_url }}"
      IMAGE_SHA256="{{ values.image_sha256 }}"
      IMAGE_BYTES="{{ values.image_bytes }}"
      PROGRESS_URL="{{ callback.progress }}"
      DONE_URL="{{ callback.done }}""#;

fn main() -> ExitCode {
    foreign::run(NAME, Parts::set_up(), a_machine_is_installed_and_boots_from_its_disk)
}

async fn a_machine_is_installed_and_boots_from_its_disk(parts: Parts) -> anyhow::Result<()> {
    let control_plane = ControlPlane::start().await?;
    let namespace = TestNamespace::create(&control_plane, NAME).await?;
    let operator = OperatorProcess::options().namespace(namespace.name()).start(&control_plane).await?;
    let boot_script = format!("http://{GUEST_GATEWAY}:{}/boot.ipxe", operator.boot_address()?.port());
    let machine = Machine::start(&parts, MACHINE, &boot_script).await?;
    let kubectl = namespace.kubectl(&control_plane);
    let launched = launch(&kubectl, &parts, &machine).await;
    if launched.is_err() {
        let hosts = kubectl.run(&["get", "sbmh,iprof,events", "-o", "yaml"]).await?.stdout;
        eprintln!("{hosts}\noperator:\n{}\n{}", operator.log().tail(60), machine.story());
    }
    launched
}

async fn launch(kubectl: &Kubectl, parts: &Parts, machine: &Machine) -> anyhow::Result<()> {
    let begin = Instant::now();
    kubectl.apply(&manifests(parts, machine)?).await?;
    wait_for("phase Installed", INSTALL_LIMIT, || async {
        let phase = field(kubectl, "{.status.phase}").await?;
        anyhow::ensure!(phase == "Installed", "phase {phase}");
        Ok(())
    })
    .await?;
    let installed = begin.elapsed().as_secs_f32();
    machine.wait_booted_from_disk(BOOT_LIMIT).await?;
    let booted = begin.elapsed().as_secs_f32();
    eprintln!("{NAME}: installed after {installed:.1} s, booted from its disk after {booted:.1} s");
    the_table_tells_it(kubectl).await?;
    what_was_observed_is_the_machine(kubectl).await?;
    nothing_was_done_twice(machine)
}

async fn the_table_tells_it(kubectl: &Kubectl) -> anyhow::Result<()> {
    let row = kubectl.ok(&["get", "sbmh", "--no-headers"]).await?;
    let cells: Vec<&str> = row.split_whitespace().collect();
    let expected = ["u07", "Installed", "On", "True", MACHINE.mac, "tiny"];
    anyhow::ensure!(cells.get(..expected.len()) == Some(&expected), "kubectl get sbmh prints {row}");
    Ok(())
}

async fn what_was_observed_is_the_machine(kubectl: &Kubectl) -> anyhow::Result<()> {
    let uuid = field(kubectl, "{.status.hardware.uuid}").await?;
    anyhow::ensure!(uuid.eq_ignore_ascii_case(MACHINE.uuid), "status.hardware.uuid is {uuid}");
    let install = field(kubectl, "{.status.install.id} {.status.install.attempt}").await?;
    anyhow::ensure!(install == "1 1", "status.install says id and attempt {install}");
    Ok(())
}

/// By the logs of those who were asked.
fn nothing_was_done_twice(machine: &Machine) -> anyhow::Result<()> {
    let once = [
        "ComputerSystem.Reset HTTP/1.1\" 204",
        "\"GET /vmlinuz ",
        "\"GET /installer.cpio.gz ",
        "\"GET /disk.img ",
    ];
    for request in once {
        let seen = machine.requests(request);
        anyhow::ensure!(seen == 1, "{seen} times {request}\n{}", machine.story());
    }
    Ok(())
}

async fn field(kubectl: &Kubectl, path: &str) -> anyhow::Result<String> {
    kubectl.ok(&["get", "sbmh", "u07", "-o", &format!("jsonpath={path}")]).await
}

fn manifests(parts: &Parts, machine: &Machine) -> anyhow::Result<String> {
    let all = [secrets(machine), profile(parts, machine)?, host(parts, machine)?];
    Ok(all.join("---\n"))
}

fn secrets(machine: &Machine) -> String {
    // A block of YAML has to be indented.
    let authority = machine.authority().replace('\n', "\n    ");
    format!(
        "apiVersion: v1
kind: Secret
metadata: {{name: u07-bmc}}
stringData: {{username: {USERNAME}, password: {PASSWORD}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: bmc-ca}}
stringData:
  ca.crt: |
    {authority}
"
    )
}

fn profile(parts: &Parts, machine: &Machine) -> anyhow::Result<String> {
    let (kernel, initrd) = ("vmlinuz", "installer.cpio.gz");
    Ok(format!(
        "apiVersion: slipway.dev/v1alpha1
kind: InstallProfile
metadata: {{name: tiny}}
spec:
  os: {{name: tiny, version: \"1\"}}
  architecture: x86_64
  boot:
    kernel:
      url: {}
      sha256: \"{}\"
      initrds: [{{url: \"{}\", sha256: \"{}\"}}]
      arguments: [console=ttyS0, quiet, \"slipway.answer={{{{ answer_url }}}}\"]
  answerFiles:
  - name: answer
    contentType: text/plain
    template: |{ANSWER}
  completion: Callback
",
        machine.file(kernel),
        parts.sha256(kernel)?,
        machine.file(initrd),
        parts.sha256(initrd)?,
    ))
}

fn host(parts: &Parts, machine: &Machine) -> anyhow::Result<String> {
    let disk = "disk.img";
    let values = [
        ("image_url", machine.file_for_guest(disk)),
        ("image_sha256", parts.sha256(disk)?),
        ("image_bytes", parts.bytes(disk)?.to_string()),
    ];
    let values: Vec<String> = values.iter().map(|(name, value)| format!("{name}: \"{value}\"")).collect();
    let (uuid, mac) = (MACHINE.uuid, MACHINE.mac);
    Ok(format!(
        "apiVersion: slipway.dev/v1alpha1
kind: BareMetalHost
metadata: {{name: u07}}
spec:
  management:
    redfish:
      address: {}
      credentialsRef: {{name: u07-bmc}}
      tls: {{caRef: {{name: bmc-ca}}}}
  bootMacs: [\"{mac}\"]
  identity: {{uuid: {uuid}}}
  architecture: x86_64
  firmware: Bios
  install:
    id: \"1\"
    profileRef: {{name: tiny}}
    timeout: 5m
    values: {{{}}}
",
        machine.bmc(),
        values.join(", "),
    ))
}
