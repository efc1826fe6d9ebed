//! A token that ends, and when the next one is due.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use slipway_core::{
    backoff,
    clock::{SignedDuration, Timestamp},
    secret::Secret,
};

use crate::{jwt, key::PrivateKey};

/// The usual time between renewal and end.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// The least, moved by up to a fifth: still more than the 60 seconds that are asked for (`facts/oci.md §2.6`).
const LEAST_MARGIN: SignedDuration = SignedDuration::from_secs(75);

/// When a token is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Some minutes ahead of its end.
    Ahead,
    /// At half of its lifetime (`facts/oci.md §2.8`).
    Half,
}

/// A token with the session key that it vouches for.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) jwt: Secret,
    pub(crate) key: Arc<PrivateKey>,
    pub(crate) obtained: Timestamp,
    pub(crate) renew_at: Timestamp,
    pub(crate) ends: Timestamp,
}

impl Token {
    /// A token that was just obtained; `None` when it is none.
    pub(crate) fn new(jwt: &str, key: Arc<PrivateKey>, due: Due, now: Timestamp) -> Option<Self> {
        let jwt = jwt.trim();
        let ends = jwt::expiry(jwt)?;
        let left = ends.duration_since(now).max(SignedDuration::ZERO);
        let margin = match due {
            Due::Ahead => jittered((left / 4).clamp(LEAST_MARGIN, MARGIN).min(left / 2), jwt),
            Due::Half => left / 2,
        };
        let renew_at = ends.checked_sub(margin).unwrap_or(ends);
        Some(Self { jwt: Secret::new(jwt), key, obtained: now, renew_at, ends })
    }

    /// As services know it (`facts/oci.md §2.1`).
    pub(crate) fn key_id(&self) -> Secret {
        Secret::new(format!("ST${}", self.jwt.expose()))
    }
}

/// Moved by up to a fifth, by the token itself: replicas and accounts do not renew together.
fn jittered(margin: SignedDuration, jwt: &str) -> SignedDuration {
    let margin = Duration::try_from(margin).unwrap_or_default();
    let hash = digest(&SHA256, jwt.as_bytes());
    let seed = hash.as_ref().iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
    SignedDuration::try_from(backoff::delay(margin, margin, 0, seed)).unwrap_or(LEAST_MARGIN)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use slipway_core::clock::Timestamp;

    use super::{Due, Token};
    use crate::key::PrivateKey;

    #[test]
    fn a_token_is_renewed_well_ahead_of_its_end() {
        let key = Arc::new(PrivateKey::generate().unwrap());
        let now = Timestamp::from_second(1_000_000).unwrap();
        for (left, due, least, most) in [
            (3600, Due::Ahead, 240, 360),
            (1200, Due::Ahead, 240, 360),
            (600, Due::Ahead, 120, 180),
            (240, Due::Ahead, 60, 90),
            (60, Due::Ahead, 24, 36),
            (0, Due::Ahead, 0, 0),
            (-60, Due::Ahead, 0, 0),
            (1200, Due::Half, 600, 600),
        ] {
            for serial in 0..20 {
                let claims = format!("{{\"exp\":{},\"n\":{serial}}}", 1_000_000 + left);
                let jwt = format!("e30.{}.e30", URL_SAFE_NO_PAD.encode(claims));
                let token = Token::new(&jwt, key.clone(), due, now).unwrap();
                let margin = token.ends.duration_since(token.renew_at).as_secs();
                assert!((least..=most).contains(&margin), "{left}: {margin}");
            }
        }
    }
}
