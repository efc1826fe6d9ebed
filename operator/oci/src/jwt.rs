//! What is read from a token: when it ends. Who made it is the service's concern.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use slipway_core::clock::Timestamp;

/// When the token ends (`exp`, RFC 7519 §4.1.4), or `None` for what is no token.
pub(crate) fn expiry(token: &str) -> Option<Timestamp> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let seconds = serde_json::from_slice::<Value>(&claims).ok()?.get("exp")?.as_f64()?;
    // Beyond this no number of seconds is a moment, and the conversion would round.
    if !(0.0..=4e9).contains(&seconds) || !is_quotable(token) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range by the check above")]
    Timestamp::from_second(seconds as i64).ok()
}

/// Whether the token can stand between quotes in a header.
fn is_quotable(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.=+/".contains(&byte))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    use super::{Timestamp, expiry};

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_end_is_read() {
        for (text, seconds) in [
            (token("{\"exp\": 1767229200}"), Some(1_767_229_200)),
            (token("{\"exp\": 1767229200.75}"), Some(1_767_229_200)),
            (token("{\"exp\": \"soon\"}"), None),
            (token("{\"exp\": -1}"), None),
            (token("{\"exp\": 1e300}"), None),
            (token("{}"), None),
            (format!("{}.x", token("{\"exp\": 1}")), None),
            (token("{\"exp\": 1}").replace("c2ln", "c\"ln"), None),
            ("a.b.c".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(expiry(&text).map(Timestamp::as_second), seconds, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,30}(\\.\\PC{0,30}){0,3}") {
            let _ = expiry(&text);
        }
    }
}
