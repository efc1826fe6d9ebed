//! When each host came how far.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A heading, and how it is known from a status that the step was reached.
type Step = (&'static str, fn(&Value) -> bool);

/// The steps a person waits for.
const STEPS: [Step; 4] = [
    ("registered", |status| status["hardware"].is_object()),
    ("started", |status| status["install"].is_object()),
    ("booted", |status| status["install"]["bootedAt"].is_string()),
    ("installed", |status| status["phase"] == "Installed"),
];

/// What was seen when, since the hosts were applied.
#[derive(Debug)]
pub(super) struct Story {
    applied: Instant,
    hosts: BTreeMap<String, [Option<Duration>; STEPS.len()]>,
}

impl Story {
    pub(super) fn new(applied: Instant) -> Self {
        Self { applied, hosts: BTreeMap::new() }
    }

    /// Takes a look at all hosts.
    pub(super) fn take(&mut self, hosts: &[Value]) {
        let now = self.applied.elapsed();
        for host in hosts {
            let name = host["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let times = self.hosts.entry(name).or_default();
            for ((_, reached), time) in STEPS.iter().zip(times) {
                if reached(&host["status"]) {
                    time.get_or_insert(now);
                }
            }
        }
    }

    /// Whether so many hosts are installed.
    pub(super) fn is_over(&self, hosts: usize) -> bool {
        self.hosts.values().filter(|times| times.iter().all(Option::is_some)).count() >= hosts
    }

    /// When the first host was installed.
    pub(super) fn first(&self) -> Duration {
        self.hosts.values().filter_map(|times| times[STEPS.len() - 1]).min().unwrap_or_default()
    }
}

impl fmt::Display for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:<6}", "HOST")?;
        for (heading, _) in STEPS {
            write!(formatter, "{:>12}", heading.to_uppercase())?;
        }
        writeln!(formatter, "   (seconds after apply)")?;
        for (name, times) in &self.hosts {
            write!(formatter, "{name:<6}")?;
            for time in times {
                write!(formatter, "{:>12.1}", time.unwrap_or_default().as_secs_f64())?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}
