//! `make demo` and `make demo-rack`: simulated hosts installed, or simulated racks connected, while you watch.

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
