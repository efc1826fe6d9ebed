//! Signing (Standard Webhooks specification 1.0.0, "Signature scheme").

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::{
    Engine as _,
    engine::{
        DecodePaddingMode, GeneralPurpose,
        general_purpose::{PAD, STANDARD},
    },
};
use slipway_core::{failure::Failure, reason::Reason, secret::Secret};
use zeroize::Zeroizing;

/// Key of the Secret.
const SECRET: &str = "secret";
/// Begins a secret that is written in base64.
const PREFIX: &str = "whsec_";
/// Fewest bytes of a secret.
const SHORTEST: usize = 16;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the messages of one account are signed with.
pub(crate) struct Key(hmac::Key);

impl Key {
    /// From the content of a Secret. White space around the value, such as the line break of a file, is not part of it.
    ///
    /// Errors: [`Reason::CredentialsInvalid`].
    pub(crate) fn of(credentials: &BTreeMap<String, Secret>, secret_name: &str) -> Result<Self, Failure> {
        let invalid = |what: &str| {
            let message = format!(
                "Secret {secret_name:?}: {what}; give key `{SECRET}` with at least {SHORTEST} bytes of text, or with {PREFIX} and base64"
            );
            Failure::new(Reason::CredentialsInvalid, message)
        };
        let text = credentials.get(SECRET).ok_or_else(|| invalid("it has no key `secret`"))?.expose().trim();
        let bytes = match text.strip_prefix(PREFIX) {
            Some(encoded) => {
                LENIENT.decode(encoded).map_err(|_| invalid("what follows `whsec_` is no base64"))?
            }
            None => text.as_bytes().to_vec(),
        };
        let bytes = Zeroizing::new(bytes);
        if bytes.len() < SHORTEST {
            return Err(invalid("the secret is too short"));
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Value of `webhook-signature`. `id` holds no full stop; `timestamp` is in seconds since 1970.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use proptest::prelude::*;
    use slipway_core::{clock::Timestamp, reason::Reason, secret::Secret};
    use slipway_sim::Inventory;

    use super::Key;

    fn key(secret: &str) -> Result<Key, slipway_core::failure::Failure> {
        Key::of(&BTreeMap::from([("secret".to_owned(), Secret::new(secret))]), "site")
    }

    /// From Python: `base64.b64encode(hmac.new(key, b"msg_1.1767225600." + body, "sha256").digest())`.
    #[test]
    fn another_implementation_signs_alike() {
        let body = "{\"type\":\"cluster.find\",\"data\":{\"name\":\"Grün\"}}";
        for (secret, signature) in [
            ("sixteen bytes...", "ZQ6ogP31gITzkv0o32gx5WDPxMtRSzFpXfsxSb5tXQ4="),
            ("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "rBuzI89MRkNGJpbfqzRMGsjOZwdC7kjKBo+FrUNCn+w="),
            ("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY", "id8LuEfGHUvbgZFF6bHRScoGYI+GlU3Bg07xs9BKEFw="),
            (" sixteen bytes...\n", "ZQ6ogP31gITzkv0o32gx5WDPxMtRSzFpXfsxSb5tXQ4="),
        ] {
            let signed = key(secret).unwrap().sign("msg_1", 1_767_225_600, body.as_bytes());
            assert_eq!(signed, format!("v1,{signature}"), "{secret}");
        }
    }

    #[test]
    fn a_secret_that_cannot_be_used_is_named_and_never_shown() {
        for secret in ["", "fifteen bytes..", "whsec_canary!", "whsec_Y2FuYXJ5", "whsec_"] {
            let failure = key(secret).err().unwrap();
            assert_eq!(failure.reason, Reason::CredentialsInvalid, "{secret}");
            assert!(failure.message.contains("\"site\"") && !failure.message.contains("canary"), "{failure}");
        }
        assert_eq!(Key::of(&BTreeMap::new(), "site").err().unwrap().reason, Reason::CredentialsInvalid);
    }

    proptest! {
        #[test]
        fn the_simulated_site_takes_what_was_signed_and_nothing_else(
            secret in prop::collection::vec(any::<u8>(), 16..100),
            id in "[A-Za-z0-9_-]{1,40}",
            body in prop::collection::vec(any::<u8>(), 0..300),
            seconds in 0_i64..4_000_000_000,
            touched in any::<prop::sample::Index>(),
        ) {
            let secret = format!("whsec_{}", STANDARD.encode(&secret));
            let signature = key(&secret).unwrap().sign(&id, seconds, &body);
            let now = Timestamp::from_second(seconds).unwrap();
            let takes = |id: &str, signature: &str, body: &[u8]| {
                Inventory::accepts(&secret, now, id, &seconds.to_string(), signature, body)
            };
            prop_assert!(takes(&id, &signature, &body));
            let longer = format!("{id}x");
            prop_assert!(!takes(&longer, &signature, &body));
            let mut other = body.clone();
            other.push(b' ');
            prop_assert!(!takes(&id, &signature, &other));
            if !body.is_empty() {
                let mut other = body.clone();
                other[touched.index(body.len())] ^= 1;
                prop_assert!(!takes(&id, &signature, &other));
            }
        }
    }
}
