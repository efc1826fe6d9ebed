//! Takes the boot service's reports into status before anything else, and tells the installers that wait for it.

use kube::ResourceExt;
use slipway_core::{
    boot::Report,
    finding::Finding,
    host::{Completion, InstallStep},
    reason::Reason,
};
use tokio::sync::oneshot;

use super::{Round, memory, status::Look, whole_second};
use crate::{
    claims::key_of,
    error::ReconcileError,
    ledger::{Ledger, is_final},
};

/// Reports on their way into status. What is left of them when they are dropped goes back: the write failed, or the reconcile was given up.
struct Pending<'a> {
    ledger: &'a Ledger,
    uid: String,
    reports: Vec<Report>,
    waiting: Vec<oneshot::Sender<()>>,
}

impl<'a> Pending<'a> {
    fn take(ledger: &'a Ledger, uid: String) -> Self {
        let (reports, waiting) = ledger.take_pending(&uid);
        Self { ledger, uid, reports, waiting }
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let (reports, waiting) = (std::mem::take(&mut self.reports), std::mem::take(&mut self.waiting));
        if !reports.is_empty() {
            self.ledger.put_back(&self.uid, reports, waiting);
        }
    }
}

impl Round<'_> {
    /// Writes what the boot service reported. Reports that could not be written are kept for the next round.
    pub(super) async fn take_reports(&mut self) -> Result<(), ReconcileError> {
        let mut pending = Pending::take(&self.context.ledger, key_of(&self.host).uid);
        if pending.reports.is_empty() {
            return Ok(());
        }
        let before = self.record.clone();
        let completion = self.completion();
        for report in &pending.reports {
            let Some(install) = self.record.install.as_mut() else { continue };
            if install.id == report.attempt.install_id && install.attempt == report.attempt.attempt {
                self.record.witnessed = true;
                install.take(&report.step, whole_second(report.at), completion);
            }
        }
        if self.record != before {
            self.write_reports().await?;
        }
        if std::mem::take(&mut pending.reports).iter().any(is_final) {
            self.measure();
        }
        for waiter in std::mem::take(&mut pending.waiting) {
            // An installer that has gone away in the meantime needs no answer.
            waiter.send(()).ok();
        }
        Ok(())
    }

    async fn write_reports(&mut self) -> Result<(), ReconcileError> {
        self.host = memory::write(self.context, &self.host, &self.record, None).await?;
        // Not before it is written: what this process knows already is nothing to write, and would be called recorded.
        self.context.ledger.learn(&key_of(&self.host).uid, &self.record);
        let finding = self.finding();
        self.write(Look::None, &finding, Vec::new(), None).await
    }

    fn finding(&self) -> Finding {
        let Some(install) = &self.record.install else { return Finding::new(Reason::Available, "") };
        let reason = match install.step {
            InstallStep::Installed => {
                return Finding::new(Reason::Installed, format!("profile {} is installed", install.profile));
            }
            InstallStep::Failed => Reason::InstallFailed,
            _ => Reason::Installing,
        };
        Finding::new(reason, install.progress())
    }

    fn completion(&self) -> Completion {
        let request = self.host.spec.install.as_ref();
        let namespace = self.host.namespace().unwrap_or_default();
        let profile =
            request.and_then(|request| self.context.profiles.get(&namespace, &request.profile_ref.name));
        profile.map_or(Completion::Callback, |profile| profile.completion)
    }

    fn measure(&self) {
        let Some(install) = &self.record.install else { return };
        let result = if install.is_installed() { "success" } else { "error" };
        if let Ok(duration) = self.now.duration_since(install.requested_at).try_into() {
            self.context.metrics.observe_operation("install", result, duration);
        }
    }
}
