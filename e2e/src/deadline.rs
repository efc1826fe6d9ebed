//! Waiting for a condition, with a deadline and a message that says what was seen last.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::Context as _;

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Asks `probe` until it answers `Ok`, and returns that answer.
///
/// An error of `probe` means "not yet" and carries what was seen instead. Once `limit` has passed the last of them
/// is the cause of the returned error, below a line that names `what` was waited for. A probe that hangs ends with the
/// limit too.
pub async fn wait_for<T, F, W>(what: &str, limit: Duration, mut probe: F) -> anyhow::Result<T>
where
    F: FnMut() -> W,
    W: Future<Output = anyhow::Result<T>>,
{
    let begin = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut last = anyhow::anyhow!("the first look did not end");
    loop {
        let rest = limit.saturating_sub(begin.elapsed());
        match tokio::time::timeout(rest, probe()).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(seen)) => last = seen,
            Err(_) => return Err(last).with_context(|| late(what, limit)),
        }
        if begin.elapsed() + pause >= limit {
            return Err(last).with_context(|| late(what, limit));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn late(what: &str, limit: Duration) -> String {
    format!("waited {:.1} s in vain for: {what}; last seen", limit.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn returns_the_first_success() {
        let mut looks = 0;
        let got = wait_for("three looks", Duration::from_secs(5), || {
            looks += 1;
            std::future::ready(if looks == 3 { Ok(looks) } else { Err(anyhow::anyhow!("{looks}")) })
        })
        .await
        .unwrap();
        assert_eq!(got, 3);
    }

    #[tokio::test]
    async fn says_what_was_waited_for_and_what_was_seen() {
        let failure = wait_for("rain", Duration::from_millis(30), || async {
            anyhow::Result::<()>::Err(anyhow::anyhow!("sunshine"))
        })
        .await
        .unwrap_err();
        let text = format!("{failure:#}");
        assert!(text.contains("rain") && text.contains("sunshine"), "{text}");
    }

    #[tokio::test]
    async fn a_probe_that_hangs_ends_with_the_limit() {
        let failure =
            wait_for("an answer", Duration::from_millis(30), std::future::pending::<anyhow::Result<()>>)
                .await
                .unwrap_err();
        assert!(format!("{failure:#}").contains("did not end"), "{failure:#}");
    }
}
