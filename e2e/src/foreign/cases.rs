//! A foreign test of several cases: each runs though another failed, and the test fails with all that went wrong.

use std::time::Instant;

use futures::StreamExt as _;
use futures::future::BoxFuture;

/// What a case is called, and the case.
pub type Case<P> = (&'static str, fn(P) -> BoxFuture<'static, anyhow::Result<()>>);

/// Runs the cases of the test `name` with its foreign parts, so many at once, the first of them first.
///
/// # Errors
/// The words of every case that failed.
pub async fn all<P: Clone>(
    name: &str,
    cases: &'static [Case<P>],
    at_once: usize,
    parts: P,
) -> anyhow::Result<()> {
    let results: Vec<Option<String>> =
        futures::stream::iter(cases.iter().map(|case| one(name, case, parts.clone())))
            .buffer_unordered(at_once)
            .collect()
            .await;
    let failures: Vec<String> = results.into_iter().flatten().collect();
    anyhow::ensure!(
        failures.is_empty(),
        "{} of {} failed\n\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n\n")
    );
    Ok(())
}

/// What went wrong, if anything.
async fn one<P>(test: &str, (name, case): &Case<P>, parts: P) -> Option<String> {
    let begin = Instant::now();
    // A case that panics is a case that failed; the others go on.
    let outcome = tokio::spawn(case(parts)).await.unwrap_or_else(|panic| Err(panic.into()));
    eprintln!(
        "{test}: {name}: {} ({:.1} s)",
        if outcome.is_ok() { "ok" } else { "FAILED" },
        begin.elapsed().as_secs_f32()
    );
    outcome.err().map(|failure| format!("{name}: {failure:#}"))
}
