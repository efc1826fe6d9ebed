//! The image runs a host's life as an unprivileged user on a read-only root, with the rights of the shipped manifests.

use std::fs;
use std::time::Duration;

use slipway_e2e::{ControlPlane, Rack};
use slipway_sim::{FleetConfig, MachineState};

use crate::container::{Confinement, Container};

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_host_is_installed_by_the_image() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let container = Container::unpack().await;
    let operator = container.operator(&access, &Confinement::SHIPPED).await.poll_interval("500ms");
    let options = Rack::options().fleet(FleetConfig::new(1)).operator(operator);
    let mut rack = options.start_at(&access, "image").await.unwrap();

    rack.apply(&rack.host_to_install(0, "1")).await.unwrap();
    rack.wait_phase(0, "Installed").await.unwrap();
    rack.fleet.machine(0).wait_until(SOON, MachineState::runs_from_disk).await.unwrap();

    let loose = rack.operator.log().lines().into_iter().find(|line| line.contains("looser"));
    assert_eq!(loose, None);
    let ended = rack.operator.stop().await.unwrap();
    assert!(ended.success(), "{ended}: {}", rack.operator.log().tail(5));
    // What was fetched for the installation lies where the image has its one writable place.
    assert!(fs::read_dir(container.data()).unwrap().next().is_some());
}
