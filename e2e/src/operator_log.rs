//! What the operator under test writes: kept in a file and at hand.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::wait_for;

/// The lines of standard output and standard error, in the order in which they came.
#[derive(Clone, Debug)]
pub struct OperatorLog {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug)]
struct Kept {
    lines: Vec<String>,
    file: File,
}

impl OperatorLog {
    /// An empty log that is also appended to this file.
    pub fn to_file(file: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(file)?;
        Ok(Self { kept: Arc::new(Mutex::new(Kept { lines: Vec::new(), file })) })
    }

    /// Takes lines from this pipe until its end, on a thread of its own.
    pub fn follow(&self, pipe: impl Read + Send + 'static) {
        let log = self.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).split(b'\n') {
                let Ok(line) = line else { return };
                log.add(String::from_utf8_lossy(&line).into_owned());
            }
        });
    }

    fn add(&self, line: String) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // The copy in memory is the one that tests read.
        let _file_is_full = writeln!(kept.file, "{line}");
        kept.lines.push(line);
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).lines.clone()
    }

    /// The last lines, for messages.
    #[must_use]
    pub fn tail(&self, count: usize) -> String {
        let lines = self.lines();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }

    /// All lines that are JSON objects, each as its fields: the level, the message and what the line adds.
    #[must_use]
    pub fn entries(&self) -> Vec<Value> {
        self.lines().iter().filter_map(|line| serde_json::from_str(line).ok()).map(flat).collect()
    }

    /// Waits until an entry fits and returns it.
    pub async fn wait_for(
        &self,
        what: &str,
        limit: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let look = || {
            let found = self.entries().into_iter().find(|entry| fits(entry));
            std::future::ready(found.with_context(|| format!("the log ends with:\n{}", self.tail(15))))
        };
        wait_for(what, limit, look).await
    }

    /// The address that a listener reported last: `boot` or `metrics`.
    #[must_use]
    pub fn address(&self, listener: &str) -> Option<SocketAddr> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Few lines are read as JSON: whoever waits for the metrics asks often.
        let likely = kept.lines.iter().rev().filter(|line| line.contains("Serving"));
        let mut entries = likely.filter_map(|line| serde_json::from_str(line).ok()).map(flat);
        let serving = entries.find(|e| e["message"] == "Serving" && e["listener"] == listener)?;
        serving["address"].as_str()?.parse().ok()
    }
}

/// Brings what `tracing` nests below `fields` up to the other keys.
fn flat(mut entry: Value) -> Value {
    if let Some(Value::Object(fields)) = entry.get_mut("fields").map(Value::take)
        && let Some(top) = entry.as_object_mut()
    {
        top.remove("fields");
        top.extend(fields);
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reads_nested_and_flat_lines_and_the_last_address() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let log = OperatorLog::to_file(file.path()).unwrap();
        let text = concat!(
            "not json\n",
            r#"{"message":"Serving","listener":"boot","address":"127.0.0.1:1"}"#,
            "\n",
            r#"{"level":"INFO","fields":{"message":"Serving","listener":"boot","address":"127.0.0.1:2"}}"#,
            "\n"
        );
        log.follow(text.as_bytes());
        let found =
            log.wait_for("the nested line", Duration::from_secs(5), |e| e["level"] == "INFO").await.unwrap();
        assert_eq!(found["address"], "127.0.0.1:2");
        assert_eq!(log.address("boot"), Some("127.0.0.1:2".parse().unwrap()));
        assert_eq!(log.address("metrics"), None);
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text);
    }
}
