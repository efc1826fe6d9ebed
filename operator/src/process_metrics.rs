//! What Prometheus' client libraries say of every process, and which build this is (`facts/reliability-ux.md §4`).

use std::{fmt, fs, time::SystemTime};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{gauge::ConstGauge, info::Info},
    registry::Registry,
};

/// Enters the metrics into `registry`.
pub(crate) fn register(registry: &mut Registry) {
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("kubernetes", "1.33")];
    registry.register("slipway_build", "The build that runs", Info::new(labels.to_vec()));
    registry.register_collector(Box::new(Process { started: SystemTime::now() }));
}

/// The process, read from /proc at each scrape.
#[derive(Debug)]
struct Process {
    started: SystemTime,
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let started = self.started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = field(&status, "VmRSS:").unwrap_or(0) * 1024;
        let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        let values = [
            ("process_start_time_seconds", "When the process started", started.as_secs()),
            ("process_resident_memory_bytes", "Resident memory", resident),
            ("process_open_fds", "Open files and sockets", u64::try_from(files).unwrap_or(u64::MAX)),
            ("process_threads", "Threads", field(&status, "Threads:").unwrap_or(0)),
        ];
        for (name, help, value) in values {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
