//! Who speaks to which registrar.

use std::sync::Arc;

use slipway_core::{
    failure::Failure,
    subscription::{Account, Principal, RegistrarPort},
};

use super::{fetch, round::Round, validate::Way};

/// A registrar, the account there, and who that is.
pub(super) struct Desk<'a> {
    pub(super) registrar: &'a dyn RegistrarPort,
    pub(super) way: Way<'a>,
    pub(super) account: Arc<Account>,
    pub(super) principal: Principal,
}

impl Desk<'_> {
    pub(super) fn address(&self) -> &str {
        self.account.url.as_str()
    }
}

/// The way to the registrar of a spec, opened.
pub(super) async fn open<'a>(round: &Round<'a>, way: Way<'a>) -> Result<Desk<'a>, Failure> {
    let account = fetch::account(round.context, &round.object, &way, round.now).await?;
    let registrar = round.context.registrar(way.kind);
    let principal = registrar.probe(&account).await.map_err(|failure| fetch::placed(&way, failure))?;
    let account = round.context.subscriptions_seen.used(&round.uid, way.kind, account);
    Ok(Desk { registrar, way, account, principal })
}
