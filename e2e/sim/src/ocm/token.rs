//! Tokens: what they say, who has which (`facts/ocm.md §1.2, §1.3`).

use super::account::Account;
use super::config::OcmSignature;
use super::ksuid::secret;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Access,
    Refresh,
    Offline,
}

impl TokenKind {
    fn word(self) -> &'static str {
        match self {
            Self::Access => "Bearer",
            Self::Refresh => "Refresh",
            Self::Offline => "Offline",
        }
    }
}

/// A token to get others with.
#[derive(Debug, Clone)]
pub(super) struct RefreshToken {
    pub(super) account: String,
    pub(super) client: String,
    pub(super) kind: TokenKind,
    pub(super) used: Timestamp,
    pub(super) expires: Option<Timestamp>,
    pub(super) state: RefreshState,
}

/// Whether a refresh token is still good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshState {
    Good,
    /// Another one has taken its place.
    Replaced,
    Revoked,
}

/// How tokens are made.
#[derive(Debug, Clone)]
pub(super) struct Mint {
    pub(super) signature: OcmSignature,
    pub(super) life: Duration,
    pub(super) refresh_life: Duration,
    key: String,
}

impl Mint {
    pub(super) fn new(signature: OcmSignature, life: Duration, refresh_life: Duration) -> Self {
        Self { signature, life, refresh_life, key: secret(32) }
    }

    /// A token of this account. Its times are the wall's: clients compare them with their own clocks.
    pub(super) fn make(&self, account: &Account, client: &str, kind: TokenKind) -> String {
        let now = Timestamp::now().as_second();
        let life = if kind == TokenKind::Access { self.life } else { self.refresh_life };
        let mut claims = json!({
            "typ": kind.word(),
            "iat": now,
            "jti": secret(24),
            "iss": "https://sso.example.com/auth/realms/redhat-external",
            "sub": account.id(),
            "azp": client,
            "client_id": client,
            "scope": "openid",
            "username": account.username(),
            "preferred_username": account.username(),
            "email": account.email(),
            "given_name": account.username(),
            "family_name": "Simulated",
            "first_name": account.username(),
            "last_name": "Simulated",
            "name": format!("{} Simulated", account.username()),
            "org_id": account.organization(),
        });
        if kind != TokenKind::Offline {
            claims["exp"] = json!(now.saturating_add_unsigned(life.as_secs()));
        }
        self.signed(&claims)
    }

    fn signed(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let algorithm = match self.signature {
            OcmSignature::Unsigned => "none",
            OcmSignature::Hs256 => "HS256",
        };
        let text = format!("{}.{}", part(&json!({"alg": algorithm, "typ": "JWT"})), part(claims));
        let signature = match self.signature {
            OcmSignature::Unsigned => String::new(),
            OcmSignature::Hs256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.as_bytes());
                URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()))
            }
        };
        format!("{text}.{signature}")
    }
}

/// All tokens of one service.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    access: HashMap<String, (String, Timestamp)>,
    pub(super) refresh: HashMap<String, RefreshToken>,
    pub(super) issued: u64,
}

impl Tokens {
    /// Lets an access token be good for so long; `account` is the id.
    pub(super) fn admit(&mut self, token: &str, account: &str, now: Timestamp, life: Duration) {
        self.issued += 1;
        self.access.retain(|_, (_, expires)| now < *expires);
        self.access.insert(token.to_owned(), (account.to_owned(), after(now, life)));
    }

    /// Id of the account whose access token this is, if it is good now.
    pub(super) fn account(&self, token: &str, now: Timestamp) -> Option<&str> {
        let (account, expires) = self.access.get(token)?;
        (now < *expires).then_some(account.as_str())
    }

    /// No access token is good any more.
    pub(super) fn revoke_access(&mut self) {
        self.access.clear();
    }

    /// Adds a refresh or offline token.
    pub(super) fn keep(
        &mut self,
        token: &str,
        account: &Account,
        client: &str,
        kind: TokenKind,
        times: (Timestamp, Duration),
    ) {
        let (now, life) = times;
        let expires = (kind == TokenKind::Refresh).then(|| after(now, life));
        let kept = RefreshToken {
            account: account.id().to_owned(),
            client: client.to_owned(),
            kind,
            used: now,
            expires,
            state: RefreshState::Good,
        };
        self.refresh.insert(token.to_owned(), kept);
    }
}

/// The moment after a time; the end of time when there is none.
pub(super) fn after(from: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    from.checked_add(by).unwrap_or(Timestamp::MAX)
}
