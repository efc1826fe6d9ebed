//! The vendor's own `ocm` command line against the simulated account service (`slipway_e2e::foreign::OcmClient`): the
//! table of facts/ocm.md §9.1, and the commands that the installer's own page prints.

mod faults;
mod labels;
mod login;
mod reading;
mod stage;
mod writing;

use std::process::ExitCode;

use futures::FutureExt as _;
use slipway_e2e::foreign::cases::{self, Case};
use slipway_e2e::foreign::{self, OcmClient};

const NAME: &str = "ocm_client";
/// Each case is a row of short programs, one after the other.
const AT_ONCE: usize = 4;

/// The longest first.
const CASES: &[Case<OcmClient>] = &[
    ("tried again after 503", |client| faults::tried_again(client).boxed()),
    ("tried again after 429", |client| faults::tried_again_too_often(client).boxed()),
    ("searches", |client| reading::searches(client).boxed()),
    ("pages and fields", |client| reading::pages_and_fields(client).boxed()),
    ("a record's whole life", |client| writing::whole_life(client).boxed()),
    ("refusals", |client| writing::refusals(client).boxed()),
    ("a capability of an organization", |client| labels::capability_of_an_organization(client).boxed()),
    ("labels of a record", |client| labels::labels_of_a_record(client).boxed()),
    ("login by client credentials", |client| login::by_client_credentials(client).boxed()),
    ("login by token", |client| login::by_token(client).boxed()),
    ("short-lived tokens", |client| login::short_lives(client).boxed()),
    ("login over TLS", |client| login::over_tls(client).boxed()),
    ("denied", |client| login::denied(client).boxed()),
    ("account commands", |client| reading::account_commands(client).boxed()),
    ("cluster commands", |client| reading::cluster_commands(client).boxed()),
    ("not tried again", |client| faults::not_tried_again(client).boxed()),
    ("answers that are none", |client| faults::no_answers(client).boxed()),
    ("a quota that is short", |client| faults::quota(client).boxed()),
    ("a disconnected cluster", |client| writing::disconnected(client).boxed()),
];

fn main() -> ExitCode {
    foreign::run(NAME, OcmClient::set_up(), |client| cases::all(NAME, CASES, AT_ONCE, client))
}
