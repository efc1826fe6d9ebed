//! The ways to install Slipway that need no chart: Kustomize, the files of a release, and the real clusterctl.

mod clusterctl;
mod components;
mod kinds;
mod kustomize;
mod release;
mod repository;

use std::process::ExitCode;

use futures::FutureExt as _;
use slipway_e2e::foreign::cases::{self, Case};
use slipway_e2e::foreign::{self, Clusterctl};

const NAME: &str = "packaging";
const AT_ONCE: usize = 3;

/// The longest first.
const CASES: &[Case<Clusterctl>] = &[
    ("clusterctl installs and removes", |clusterctl| clusterctl::life(clusterctl).boxed()),
    ("release", |_| release::whole().boxed()),
    ("kustomize", |_| kustomize::every_way().boxed()),
];

/// Also what a release is made with: its test has no network.
async fn set_up() -> anyhow::Result<Clusterctl> {
    release::tools().await?;
    Clusterctl::set_up().await
}

fn main() -> ExitCode {
    foreign::run(NAME, set_up(), |clusterctl| cases::all(NAME, CASES, AT_ONCE, clusterctl))
}
