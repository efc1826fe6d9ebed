//! The vendor's own clients against the simulated cloud: the `oci` command line and the SDK for Python
//! (`slipway_e2e::foreign::OciClients`).

mod account;
mod federation;
mod handshake_by_hand;
mod infrastructure_by_cli;
mod keys;
mod lists_by_cli;
mod models;
mod principals;
mod schedule_by_cli;
mod sdk;
mod signing;
mod stage;

use std::process::ExitCode;

use futures::FutureExt as _;
use slipway_e2e::foreign::cases::{self, Case};
use slipway_e2e::foreign::{self, OciClients};

const NAME: &str = "oci_clients";
/// Each case is a row of short programs, one after the other.
const AT_ONCE: usize = 2;

/// The longest first.
const CASES: &[Case<OciClients>] = &[
    ("an infrastructure's whole life", |clients| infrastructure_by_cli::whole_life(clients).boxed()),
    ("a schedule's whole life", |clients| schedule_by_cli::whole_life(clients).boxed()),
    ("the guide's handshake by hand", |clients| handshake_by_hand::up_to_connected(clients).boxed()),
    ("pages, order and filters", |clients| lists_by_cli::pages_order_and_filters(clients).boxed()),
    ("all principals are taken", |clients| principals::all_are_taken(clients).boxed()),
    ("all answers fit the SDK's models", |clients| models::all_answers_fit(clients).boxed()),
    ("signatures are equal", |clients| signing::signatures_are_equal(clients).boxed()),
    ("signatures of federation are equal", |clients| federation::signatures_are_equal(clients).boxed()),
    ("keys of others are read", |clients| keys::keys_of_others_are_read(clients).boxed()),
];

fn main() -> ExitCode {
    foreign::run(NAME, OciClients::set_up(), |clients| cases::all(NAME, CASES, AT_ONCE, clients))
}
