//! Slipway kept by Flux and Argo CD: what they make of its objects' status, Flux itself, differences that stay, and objects that go in any
//! order.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod deploy;
mod difference;
mod life;
mod prune;
mod record;
mod recorder;
mod records;
mod settings;
mod yard;

use std::process::ExitCode;

use futures::FutureExt as _;
use slipway_e2e::foreign::cases::{self, Case};
use slipway_e2e::foreign::{self, GitOpsTools};

const NAME: &str = "gitops";
/// They wait more than they compute.
const AT_ONCE: usize = 8;

/// The longest first.
const CASES: &[Case<GitOpsTools>] = &[
    ("a host by Flux", |tools| deploy::a_host(tools).boxed()),
    ("things go in any order", |_| prune::in_any_order().boxed()),
    ("a namespace goes", |_| prune::with_the_namespace().boxed()),
    ("things go without a login", |_| prune::without_a_login_ever_seen().boxed()),
    ("served samples by Flux", |tools| deploy::samples_that_are_served(tools).boxed()),
    ("samples by Flux", |tools| deploy::the_samples(tools).boxed()),
    ("settings of Argo CD", |_| settings::beside_others().boxed()),
    ("no difference in a life", |_| difference::none_in_a_life().boxed()),
    ("records", |tools| records::judged_as_a_person_would(tools).boxed()),
];

fn main() -> ExitCode {
    foreign::run(NAME, GitOpsTools::set_up(), |tools| cases::all(NAME, CASES, AT_ONCE, tools))
}
