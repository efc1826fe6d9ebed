//! The Slipway operator: reads its arguments, starts the log, and runs until it is told to stop.

mod api_metrics;
mod args;
mod boot_key;
mod external;
mod http;
mod process_metrics;
mod registrar_tokens;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::parse();
    if let Err(error) = telemetry::start(args.log_format, &args.log) {
        tracing::error!(error = %format!("{error:#}"), "Slipway cannot start");
        return ExitCode::from(2);
    }
    // One TLS provider in the whole process (`facts/rust-crates.md §6`); a second call would only say that there is one.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    match wiring::run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "Slipway ended");
            ExitCode::FAILURE
        }
    }
}
