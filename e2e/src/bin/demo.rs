//! `make demo`, `make demo-rack` and `make demo-subscription`: simulated hosts installed, racks connected or clusters registered while you
//! watch.

use std::process::ExitCode;

use slipway_e2e::demo;

#[tokio::main]
async fn main() -> ExitCode {
    match demo::run(std::env::args().skip(1).collect()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}
