//! Keeps a wrong password from locking an account.

use slipway_core::{failure::Failure, reason::Reason};

/// Refusals that close the gate (`facts/metal-peers.md §5.5 R31`).
const REFUSALS: u8 = 2;
/// Secrets remembered at once; several objects may claim one BMC with one each.
const REMEMBERED: usize = 8;

/// Counts refused logins for each version of the credentials; a new version starts afresh.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    refused: Vec<(String, u8)>,
}

impl Gate {
    /// Fails when these credentials were refused too often; nothing is sent then.
    pub(crate) fn check(&self, version: &str, label: &str) -> Result<(), Failure> {
        let closed = self.refused.iter().any(|(known, count)| known == version && *count >= REFUSALS);
        if !closed {
            return Ok(());
        }
        let message = format!(
            "{label} refused user name and password twice; no further try is made until the Secret of `credentialsRef` \
             changes, so that the account is not locked"
        );
        Err(Failure::new(Reason::CredentialsRefused, message))
    }

    /// A login was refused.
    pub(crate) fn refuse(&mut self, version: &str) {
        if let Some((_, count)) = self.refused.iter_mut().find(|(known, _)| known == version) {
            *count = count.saturating_add(1);
            return;
        }
        self.refused.truncate(REMEMBERED - 1);
        self.refused.insert(0, (version.to_owned(), 1));
    }

    /// A login was accepted.
    pub(crate) fn accept(&mut self, version: &str) {
        self.refused.retain(|(known, _)| known != version);
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;

    #[test]
    fn two_refusals_close_it_for_these_credentials_only() {
        let mut gate = Gate::default();
        gate.refuse("a");
        assert!(gate.check("a", "x").is_ok());
        gate.refuse("a");
        assert!(gate.check("a", "x").is_err());
        assert!(gate.check("b", "x").is_ok());
    }

    #[test]
    fn an_accepted_login_forgets_a_refusal() {
        let mut gate = Gate::default();
        gate.refuse("a");
        gate.accept("a");
        gate.refuse("a");
        assert!(gate.check("a", "x").is_ok());
    }
}
