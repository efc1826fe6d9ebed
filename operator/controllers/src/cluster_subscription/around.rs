//! What stands beside a record: the organization's capabilities, and other records of the same cluster.

use std::time::Duration;

use slipway_core::subscription::{Record, RemoteStatus};
use slipway_crds::condition::DUPLICATE;

use super::{capability::Sight, desk::Desk, round::Round};

impl Round<'_> {
    /// Looks at what stands beside the record: the organization's capabilities, and other records of the cluster.
    pub(super) async fn look_around(&mut self, desk: &Desk<'_>, record: Option<&Record>) {
        let (registrar, account) = (desk.registrar, desk.account.as_ref());
        let organization = record.and_then(|record| record.organization_id.as_ref());
        if let Some(organization) = organization.or(desk.principal.organization_id.as_ref()) {
            let found = registrar.capabilities(account, organization, self.at_rest()).await;
            self.capabilities = Some(found.map_or_else(Sight::Unknown, Sight::Known));
        }
        let Some((record, external)) =
            record.and_then(|record| Some((record, record.external_cluster_id.as_ref()?)))
        else {
            return;
        };
        if !self.is_search_due(record, external) {
            return;
        }
        match registrar.find_external(account, external, self.acceptable_age()).await {
            Ok(found) => {
                self.context.subscriptions_seen.searched(&self.uid, external);
                let others =
                    found.into_iter().filter(|other| other.id != record.id && other.status.is_live());
                self.duplicates = Some(others.map(|other| other.id).collect());
            }
            Err(failure) => tracing::debug!(%failure, "Other records could not be searched for"),
        }
    }

    /// Telemetry makes a record of its own only where none has the cluster's id: as long as ours sees telemetry there is no new one
    /// (`facts/ocm.md §2.6`).
    fn is_search_due(&self, record: &Record, external: &str) -> bool {
        let status = self.object.status.as_ref();
        let has_duplicate =
            status.is_some_and(|status| status.conditions.iter().any(|known| known.type_ == DUPLICATE));
        let is_fresh = record.status == RemoteStatus::Active && record.last_telemetry_at.is_some();
        let interval = match (has_duplicate, &record.status) {
            (true, _) => self.at_rest(),
            (false, RemoteStatus::Reserved) => self.context.options.timings.poll,
            (false, _) if is_fresh => Duration::MAX,
            (false, _) => self.at_rest() * 6,
        };
        self.context.subscriptions_seen.is_search_due(&self.uid, external, interval)
    }
}
