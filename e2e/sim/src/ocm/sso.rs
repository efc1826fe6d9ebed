//! The token endpoint (`facts/ocm.md §1.2`).

use super::Inner;
use super::account::Account;
use super::token::{RefreshState, TokenKind};
use super::world::World;
use crate::wire::{Asked, Reply};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::collections::HashMap;

/// Clients that have no secret and whom offline tokens are made for.
const PUBLIC_CLIENTS: [&str; 4] = ["cloud-services", "ocm-cli", "console-dot", "rhsm-api"];
/// The client of offline tokens.
pub(super) const OFFLINE_CLIENT: &str = "cloud-services";

/// A request to the token endpoint that reached it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OcmTokenRequest {
    /// By the service's clock.
    pub at: Timestamp,
    /// `grant_type`; empty when there was none.
    pub grant: String,
    /// The client, by Basic or in the form.
    pub client_id: String,
    /// Whether the secret came in the form's body.
    pub secret_in_body: bool,
    /// Username of the account that got a token.
    pub account: Option<String>,
    /// HTTP status of the answer.
    pub status: u16,
    /// `error` of the answer.
    pub error: Option<String>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Denial {
    status: u16,
    error: &'static str,
    description: &'static str,
}

const fn denial(status: u16, error: &'static str, description: &'static str) -> Denial {
    Denial { status, error, description }
}

const NO_CLIENT: Denial = denial(401, "invalid_client", "Invalid client or Invalid client credentials");
const WRONG_SECRET: Denial =
    denial(401, "unauthorized_client", "Invalid client or Invalid client credentials");
const UNKNOWN_TOKEN: Denial = denial(400, "invalid_grant", "Invalid refresh token");
const OTHER_CLIENT: Denial =
    denial(400, "invalid_grant", "Invalid refresh token. Token client and authorized client don't match");
const NOT_ACTIVE: Denial = denial(400, "invalid_grant", "Token is not active");
const NO_SESSION: Denial = denial(400, "invalid_grant", "Session not active");
const NO_OFFLINE_SESSION: Denial = denial(400, "invalid_grant", "Offline user session not found");
const WRONG_PASSWORD: Denial = denial(401, "invalid_grant", "Invalid user credentials");
const BAD_FORM: Denial = denial(400, "invalid_request", "Missing form parameter: grant_type");
const BAD_GRANT: Denial = denial(400, "unsupported_grant_type", "Unsupported grant_type");
const BAD_METHOD: Denial = denial(405, "invalid_request", "HTTP 405 Method Not Allowed");

/// An error in the words of the sign-on.
pub(super) fn error(status: u16, error: &str, description: &str) -> Reply {
    Reply::json(status, &json!({"error": error, "error_description": description}))
}

/// Whether a path is the token endpoint's.
pub(super) fn is_token_path(path: &str) -> bool {
    path == "/token" || path.ends_with("/protocol/openid-connect/token")
}

/// The form of a request, and who sent it.
struct Form {
    fields: HashMap<String, String>,
    client: String,
    secret: Option<String>,
}

impl Form {
    fn read(asked: &Asked) -> Self {
        let fields: HashMap<String, String> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
        let basic = asked.header("authorization").and_then(basic);
        let (client, secret) = basic.map_or_else(
            || (fields.get("client_id").cloned().unwrap_or_default(), fields.get("client_secret").cloned()),
            |(client, secret)| (client, Some(secret)),
        );
        Self { fields, client, secret: secret.filter(|secret| !secret.is_empty()) }
    }

    fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
    let (client, secret) = text.split_once(':')?;
    Some((client.to_owned(), secret.to_owned()))
}

/// Whose tokens are to be made, and which token to get others with goes along.
struct Grant {
    account: Account,
    refresh: Option<String>,
    offline: bool,
}

impl Inner {
    pub(super) fn token(&self, number: u64, asked: &Asked) -> Reply {
        let form = Form::read(asked);
        let now = self.station.clock.now();
        let mut world = self.world.lock();
        let granted =
            if asked.method == Method::POST { self.grant(&mut world, &form, now) } else { Err(BAD_METHOD) };
        let mut request = OcmTokenRequest {
            at: now,
            grant: form.get("grant_type").to_owned(),
            client_id: form.client.clone(),
            secret_in_body: form.fields.contains_key("client_secret"),
            account: None,
            status: 200,
            error: None,
        };
        let reply = match granted {
            Ok(grant) => {
                let username = grant.account.username().to_owned();
                self.journal.edit(number, |call| call.account = Some(username.clone()));
                request.account = Some(username);
                self.issue(&mut world, &grant, &form.client, now)
            }
            Err(denial) => {
                request.status = denial.status;
                request.error = Some(denial.error.to_owned());
                error(denial.status, denial.error, denial.description)
            }
        };
        world.token_requests.push(request);
        reply
    }

    fn grant(&self, world: &mut World, form: &Form, now: Timestamp) -> Result<Grant, Denial> {
        match form.get("grant_type") {
            "client_credentials" => {
                let account = client(world, form)?.ok_or(WRONG_SECRET)?;
                Ok(Grant { account, refresh: None, offline: false })
            }
            "refresh_token" => self.refresh(world, form, now),
            "password" => self.password(world, form, now),
            "" => Err(BAD_FORM),
            _ => Err(BAD_GRANT),
        }
    }

    fn refresh(&self, world: &mut World, form: &Form, now: Timestamp) -> Result<Grant, Denial> {
        client(world, form)?;
        let token = form.get("refresh_token");
        let idle = self.offline_idle;
        let kept = world.tokens.refresh.get_mut(token).ok_or(UNKNOWN_TOKEN)?;
        let offline = kept.kind == TokenKind::Offline;
        let lapsed = idle.is_some_and(|idle| now > super::token::after(kept.used, idle));
        if kept.client != form.client {
            return Err(OTHER_CLIENT);
        }
        match kept.state {
            RefreshState::Revoked => return Err(if offline { NO_OFFLINE_SESSION } else { NO_SESSION }),
            RefreshState::Replaced => return Err(UNKNOWN_TOKEN),
            RefreshState::Good if offline && lapsed => return Err(NO_OFFLINE_SESSION),
            RefreshState::Good if kept.expires.is_some_and(|expires| now >= expires) => {
                return Err(NOT_ACTIVE);
            }
            RefreshState::Good => kept.used = now,
        }
        let kept = kept.clone();
        let account = world.account(&kept.account).cloned().ok_or(NO_SESSION)?;
        if !self.rotate_refresh.load(std::sync::atomic::Ordering::Relaxed) {
            return Ok(Grant { account, refresh: Some(token.to_owned()), offline });
        }
        if let Some(old) = world.tokens.refresh.get_mut(token) {
            old.state = RefreshState::Replaced;
        }
        let refresh = self.new_refresh(world, &account, &kept.client, kept.kind, now);
        Ok(Grant { account, refresh: Some(refresh), offline })
    }

    fn password(&self, world: &mut World, form: &Form, now: Timestamp) -> Result<Grant, Denial> {
        client(world, form)?;
        let found = world.accounts.iter().find(|one| one.username() == form.get("username"));
        let right = found.filter(|one| one.credentials.password == form.get("password"));
        let account = right.cloned().ok_or(WRONG_PASSWORD)?;
        let refresh = self.new_refresh(world, &account, &form.client, TokenKind::Refresh, now);
        Ok(Grant { account, refresh: Some(refresh), offline: false })
    }

    pub(super) fn new_refresh(
        &self,
        world: &mut World,
        account: &Account,
        client: &str,
        kind: TokenKind,
        now: Timestamp,
    ) -> String {
        let mint = self.mint.lock();
        let token = mint.make(account, client, kind);
        world.tokens.keep(&token, account, client, kind, (now, mint.refresh_life));
        token
    }

    fn issue(&self, world: &mut World, grant: &Grant, client: &str, now: Timestamp) -> Reply {
        let mint = self.mint.lock();
        let token = mint.make(&grant.account, client, TokenKind::Access);
        world.tokens.admit(&token, grant.account.id(), now, mint.life);
        let refresh_life =
            if grant.offline || grant.refresh.is_none() { 0 } else { mint.refresh_life.as_secs() };
        let mut answer = json!({
            "access_token": token,
            "expires_in": mint.life.as_secs(),
            "refresh_expires_in": refresh_life,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": uuid::Uuid::new_v4().to_string(),
            "scope": if grant.offline { "openid offline_access" } else { "openid" },
        });
        if let Some(refresh) = &grant.refresh {
            answer["refresh_token"] = json!(refresh);
        }
        Reply::json(200, &answer)
    }
}

/// The client of a request: an account's own, or (`None`) one without a secret.
fn client(world: &World, form: &Form) -> Result<Option<Account>, Denial> {
    let found = world.accounts.iter().find(|one| one.credentials.client_id == form.client);
    match found {
        Some(account) if form.secret.as_ref() == Some(&account.credentials.client_secret) => {
            Ok(Some(account.clone()))
        }
        Some(_) => Err(WRONG_SECRET),
        None if PUBLIC_CLIENTS.contains(&form.client.as_str()) => Ok(None),
        None => Err(NO_CLIENT),
    }
}
