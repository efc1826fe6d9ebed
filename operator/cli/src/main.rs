//! `kubectl slipway`: what only a person may decide, said on the command line.

mod approve;
mod args;
mod capability;
mod cluster;
mod question;
mod table;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let args = args::Args::read();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &args::Args) -> anyhow::Result<()> {
    let cluster = args.cluster.connect().await?;
    match &args.verb {
        args::Verb::Approve(approve) => approve::run(&cluster, approve, &mut std::io::stdout()).await,
        args::Verb::Capability(capability) => {
            capability::run(&cluster, capability, &mut std::io::stdout()).await
        }
    }
}
