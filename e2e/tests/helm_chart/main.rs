//! The Helm chart with the real helm (`slipway_e2e::foreign::HelmClient`) and the real API server: what it renders is accepted, gives the
//! rights of `config/`, upgrades and goes without taking a host or a rack with it, and refuses values that are wrong.

mod chart;
mod flags;
mod life;
mod manifest;
mod matrix;
mod meaning;
mod notes;
mod refusals;
mod rights;
mod schema;
mod server;
mod stage;
mod use_of_values;
mod written;

use std::process::ExitCode;

use futures::FutureExt as _;
use futures::future::ready;
use slipway_e2e::foreign;
use slipway_e2e::foreign::cases::{self, Case};

use crate::stage::Stage;

const NAME: &str = "helm_chart";
const AT_ONCE: usize = 2;

/// The longest first.
const CASES: &[Case<Stage>] = &[
    ("a release's life", |stage| life::whole(stage).boxed()),
    ("a matrix of values", |stage| matrix::accepted(stage).boxed()),
    ("every value does something", |stage| use_of_values::every_value_changes_something(stage).boxed()),
    ("rights", |stage| rights::those_of_config(stage).boxed()),
    ("wrong values", |stage| refusals::named(stage).boxed()),
    ("flags", |stage| flags::none_forgotten(stage).boxed()),
    ("what values mean", |stage| meaning::as_said(stage).boxed()),
    ("notes", |stage| notes::next_commands(stage).boxed()),
    ("the chart about itself", |stage| chart::true_words(stage).boxed()),
    ("written files", |_| ready(written::in_step()).boxed()),
];

fn main() -> ExitCode {
    foreign::run(NAME, Stage::set_up(), |stage| cases::all(NAME, CASES, AT_ONCE, stage))
}
