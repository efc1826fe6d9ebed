//! What must be so after every life.

use anyhow::ensure;
use slipway_sim::Ocm;

use crate::tale::Tale;

/// Asserts what holds in every life. All records of the account service are of this life.
pub(crate) fn judge(tale: Tale, ocm: &Ocm, log: &str) -> anyhow::Result<()> {
    let violations = ocm.violations();
    ensure!(violations.is_empty(), "two living records at once: {violations:?}");
    let transitions = ocm.transitions();
    let made = transitions.iter().filter(|one| one.from.is_none()).count();
    let is_made = made == 1 || matches!(tale, Tale::Hasty(_)) && made == 0;
    ensure!(is_made, "{made} records were made: {transitions:?}");
    let all = ocm.subscriptions();
    let living: Vec<_> = all.iter().filter(|record| record["status"] != "Deprovisioned").collect();
    ensure!(living.len() == usize::from(tale.leaves_one()), "living in the end: {living:?}");
    let deleted = ocm.deleted_while("Active");
    ensure!(deleted.len() == usize::from(tale == Tale::Purged), "deleted while active: {deleted:?}");
    // Every token of the simulator is a JWT, and their headers begin so.
    let account = ocm.account("slipway-sa").unwrap();
    let secrets = [&account.client_secret, &account.offline_token, &account.pull_secret_token];
    let secrets = secrets.into_iter().map(String::as_str).chain(["eyJ"]).filter(|text| !text.is_empty());
    for secret in secrets {
        ensure!(!log.contains(secret), "a credential is in the log");
    }
    Ok(())
}
