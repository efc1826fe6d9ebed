//! Logs.

use std::io::IsTerminal as _;

use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::args::LogFormat;

/// Starts the log on standard error.
pub(crate) fn start(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    let filter: EnvFilter =
        filter.parse().with_context(|| format!("--log {filter:?} is not a log filter"))?;
    let registry = tracing_subscriber::registry().with(filter);
    let line = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Json => registry
            .with(line.json().flatten_event(true).with_current_span(false).with_span_list(false))
            .try_init()?,
        LogFormat::Text => registry.with(line.with_target(false)).try_init()?,
    }
    Ok(())
}
