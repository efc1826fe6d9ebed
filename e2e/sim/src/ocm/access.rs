//! Who calls the account service (`facts/ocm.md §1.4, §1.6, §8`).

use super::account::Account;
use super::refusal::Refusal;
use super::world::World;
use crate::wire::Asked;
use jiff::Timestamp;

/// The account behind a request.
pub(super) fn caller(world: &World, asked: &Asked, now: Timestamp) -> Result<Account, Refusal> {
    let header = asked.header("authorization").unwrap_or_default();
    let (scheme, token) = header.split_once(' ').unwrap_or_default();
    let account = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => bearer(world, token, now)?,
        "accesstoken" => pull_secret(world, token)?,
        _ => return Err(Refusal::unauthenticated("Request doesn't contain the 'Authorization' header")),
    };
    if account.banned {
        return Err(Refusal::new(403, 22, format!("Account '{}' is banned", account.username())));
    }
    Ok(account)
}

fn bearer(world: &World, token: &str, now: Timestamp) -> Result<Account, Refusal> {
    let id = world
        .tokens
        .account(token, now)
        .ok_or_else(|| Refusal::unauthenticated("Bearer token is expired or can't be verified"))?;
    world.account(id).cloned().ok_or_else(|| Refusal::new(403, 4, "The token's account is not known"))
}

/// `<cluster uuid>:<token>`.
fn pull_secret(world: &World, token: &str) -> Result<Account, Refusal> {
    let denied = || Refusal::unauthenticated("Access token is not valid");
    let (cluster, token) = token.split_once(':').ok_or_else(denied)?;
    let known = |one: &&Account| !cluster.is_empty() && one.credentials.pull_secret_token == token;
    world.accounts.iter().find(known).cloned().ok_or_else(denied)
}
