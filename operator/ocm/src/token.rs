//! A token: how long it lasts, and when the next one is due.

pub(crate) mod exchange;
pub(crate) mod grant;
pub(crate) mod source;

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use slipway_core::{clock::Timestamp, secret::Secret};
use tokio::time::Instant;

use crate::wire::loose;

/// The least time between renewal and end (`facts/ocm.md §1.5`); half of the life of a token that lasts shorter than twice as long.
const MARGIN: Duration = Duration::from_mins(1);
/// How long a token counts of which nothing says how long it lasts (`facts/ocm.md §1.3`).
const UNTOLD: Duration = Duration::from_mins(5);
/// Longest life that is believed.
const LONGEST: Duration = Duration::from_hours(24);

/// How requests for tokens went, for metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TokenReport {
    /// Requests that brought a token.
    pub obtained: u64,
    /// Requests that were refused for good: nothing is asked for again until the Secret changes.
    pub refused: u64,
    /// Requests that failed in a way that may pass.
    pub failed: u64,
    /// Seconds until the first token in use ends; negative when it has ended. `None` without any.
    pub seconds_to_expiry: Option<f64>,
}

/// Counts of requests for tokens.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) obtained: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) failed: AtomicU64,
}

impl Counts {
    /// What was counted, with this time to the first end.
    pub(crate) fn report(&self, seconds_to_expiry: Option<f64>) -> TokenReport {
        TokenReport {
            obtained: self.obtained.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            seconds_to_expiry,
        }
    }
}

/// A token in use.
pub(crate) struct Token {
    /// As it stands in `Authorization`.
    pub(crate) header: Secret,
    /// Counts tokens, so that the one that was refused is known.
    pub(crate) generation: u64,
    pub(crate) renew_at: Instant,
    pub(crate) ends: Instant,
}

impl Token {
    pub(crate) fn new(access: &str, generation: u64, life: Duration, now: Instant) -> Self {
        let margin = (life / 3).max(MARGIN).min(life / 2);
        let header = Secret::new(format!("Bearer {access}"));
        Self { header, generation, renew_at: now + life.saturating_sub(margin), ends: now + life }
    }
}

/// What a token says of its times.
#[derive(Deserialize)]
struct Claims {
    #[serde(default, deserialize_with = "loose::number")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "loose::number")]
    iat: Option<f64>,
}

/// How long a token lasts that was just given. Its own times are compared with each other first: the clocks of the service and of this
/// machine may differ. A token that says nothing may be opaque.
pub(crate) fn life(access: &str, expires_in: Option<f64>, now: Timestamp) -> Duration {
    let claims = claims(access);
    let between = claims.as_ref().and_then(|claims| Some(claims.exp? - claims.iat?));
    let told = [expires_in, between].into_iter().flatten().filter(|seconds| *seconds > 0.0);
    let told = told.reduce(f64::min).or_else(|| {
        let left = claims?.exp? - now.as_duration().as_secs_f64();
        (left > 0.0).then_some(left)
    });
    told.map_or(UNTOLD, |seconds| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

fn claims(access: &str) -> Option<Claims> {
    let mut parts = access.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use slipway_core::clock::Timestamp;
    use tokio::time::Instant;

    use super::{Token, life};

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_life_is_the_shortest_that_is_told() {
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (access, expires_in, seconds) in [
            (jwt("{\"exp\":1000900,\"iat\":1000000}"), Some(900.0), 900),
            (jwt("{\"exp\":1000900,\"iat\":1000600}"), Some(900.0), 300),
            // Their clock is hours behind ours.
            (jwt("{\"exp\":900,\"iat\":0}"), None, 900),
            (jwt("{\"exp\":1000200}"), None, 200),
            (jwt("{\"exp\":1000200}"), Some(60.0), 60),
            (jwt("{\"exp\":5}"), None, 300),
            (jwt("{\"exp\":1e300,\"iat\":0}"), None, 86_400),
            (jwt("{\"exp\":\"x\"}"), Some(-1.0), 300),
            ("opaque".to_owned(), Some(120.0), 120),
            ("opaque".to_owned(), None, 300),
            ("a.b.c.d".to_owned(), None, 300),
        ] {
            assert_eq!(life(&access, expires_in, now).as_secs(), seconds, "{access}");
        }
    }

    #[test]
    fn it_is_renewed_at_two_thirds_and_a_minute_ahead() {
        let now = Instant::now();
        for (life, renewal) in [(900, 600), (300, 200), (150, 90), (120, 60), (60, 30), (2, 1)] {
            let token = Token::new("x", 1, Duration::from_secs(life), now);
            assert_eq!((token.renew_at - now).as_secs(), renewal, "{life}");
            assert_eq!((token.ends - now).as_secs(), life);
        }
    }
}
