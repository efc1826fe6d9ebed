//! What this process itself has seen of each host: reports of the boot service on their way into status, and what must not be forgotten
//! while the process lives, whatever happens to the API server's data.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use kube::runtime::reflector::ObjectRef;
use slipway_core::{
    boot::{AttemptId, NotRecorded, Report, ReportSink, Step},
    host::{HostKey, Memory, Record},
    mac_address::MacAddress,
};
use slipway_crds::v1alpha1::BareMetalHost;
use tokio::sync::{Notify, mpsc, oneshot};

/// How long an installer waits for its report to be kept before it is asked to report again.
const SETTLE_DEADLINE: Duration = Duration::from_secs(10);

/// One controller that takes triggers: the namespace it serves (`None`: all), and its end of the line.
type Subscriber = (Option<String>, mpsc::UnboundedSender<ObjectRef<BareMetalHost>>);

/// One host's page.
#[derive(Debug, Default)]
struct Page {
    /// Reports that are not yet in status.
    pending: Vec<Report>,
    /// Who waits for them to be kept.
    waiting: Vec<oneshot::Sender<()>>,
    /// The attempt that this process began or heard from.
    witnessed: Option<(String, i32)>,
    /// Requests that this process knows to be done.
    memory: Memory,
    /// Reconciles that failed in a row.
    failures: u32,
    /// Whether the interfaces have been asked for: many BMCs list none, and are not asked again.
    inventoried: bool,
    /// When the host is to be looked at next, as the last round said.
    due: Option<Instant>,
    /// Rings when a report comes in, so that a reconcile that waits for a BMC ends early.
    bell: Arc<Notify>,
}

/// All pages, by the hosts' uid.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Boxed, because a table keeps room for nearly twice what is in it.
    pages: Mutex<HashMap<String, Box<Page>>>,
    subscribers: Mutex<Vec<Subscriber>>,
}

impl Ledger {
    /// The hosts of a namespace (`None`: of all) that are to be reconciled, as they come.
    pub(crate) fn subscribe(
        &self,
        namespace: Option<String>,
    ) -> mpsc::UnboundedReceiver<ObjectRef<BareMetalHost>> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).push((namespace, sender));
        receiver
    }

    fn pages(&self) -> MutexGuard<'_, HashMap<String, Box<Page>>> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, uid: &str, change: impl FnOnce(&mut Page) -> T) -> T {
        change(self.pages().entry(uid.to_owned()).or_default())
    }

    /// Has a host reconciled, also one that was to be left alone for a while.
    pub(crate) fn trigger(&self, host: &HostKey) {
        self.with(&host.uid, |page| page.due = None);
        let HostKey { namespace, name, .. } = host;
        for (served, sender) in self.subscribers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if served.as_deref().is_none_or(|served| served == *namespace) {
                // The receiver ends with the controller; after that nobody needs triggers.
                sender.send(ObjectRef::new(name).within(namespace)).ok();
            }
        }
    }

    /// Says when a host is to be looked at next.
    pub(crate) fn rest_for(&self, uid: &str, pause: Duration) {
        self.with(uid, |page| page.due = Some(Instant::now() + pause));
    }

    /// How long a host is still to be left alone.
    pub(crate) fn rest_left(&self, uid: &str) -> Option<Duration> {
        let due = self.with(uid, |page| page.due)?;
        due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Reports that are not yet in status, and who waits for them.
    pub(crate) fn take_pending(&self, uid: &str) -> (Vec<Report>, Vec<oneshot::Sender<()>>) {
        self.with(uid, |page| (std::mem::take(&mut page.pending), std::mem::take(&mut page.waiting)))
    }

    /// Puts reports back that could not be written.
    pub(crate) fn put_back(&self, uid: &str, reports: Vec<Report>, waiting: Vec<oneshot::Sender<()>>) {
        self.with(uid, |page| {
            page.pending.splice(0..0, reports);
            page.waiting.extend(waiting);
        });
    }

    /// Remembers what the record says is done, and that an attempt is this process' own.
    pub(crate) fn learn(&self, uid: &str, record: &Record) {
        self.with(uid, |page| {
            let before = page.memory.reboot.take();
            page.memory = page.memory.updated(record, None);
            // The record may come from an API server that was set back.
            page.memory.reboot =
                before.into_iter().chain(page.memory.reboot.take()).max_by_key(|done| done.at);
            if let (true, Some(install)) = (record.witnessed, &record.install) {
                page.witnessed = Some((install.id.clone(), install.attempt));
            }
        });
    }

    /// Adds to a record what this process knows better; `reboot` is the id of the reboot asked for.
    pub(crate) fn recall(&self, uid: &str, record: &mut Record, reboot: Option<&str>) {
        self.with(uid, |page| {
            let done = page.memory.reboot.as_ref().filter(|done| reboot == Some(&done.id));
            record.reboot.take_if(|reboot| done.is_some_and(|done| done.id != reboot.id));
            record.recall(&page.memory);
            record.witnessed = record.install.as_ref().is_some_and(|install| {
                page.witnessed
                    .as_ref()
                    .is_some_and(|(id, attempt)| *id == install.id && *attempt == install.attempt)
            });
        });
    }

    /// Counts a failed look and returns how many failed in a row.
    pub(crate) fn failed(&self, uid: &str) -> u32 {
        self.with(uid, |page| {
            page.failures = page.failures.saturating_add(1);
            page.failures
        })
    }

    /// Ends a row of failed looks.
    pub(crate) fn succeeded(&self, uid: &str) {
        self.with(uid, |page| page.failures = 0);
    }

    /// Whether it is time to read the interfaces: once in the life of the process.
    pub(crate) fn take_inventory_turn(&self, uid: &str) -> bool {
        self.with(uid, |page| !std::mem::replace(&mut page.inventoried, true))
    }

    /// Rings when a report for the host comes in.
    pub(crate) fn bell(&self, uid: &str) -> Arc<Notify> {
        self.with(uid, |page| Arc::clone(&page.bell))
    }

    /// Forgets a host that is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.pages().remove(uid);
    }

    fn enter(&self, report: Report, waiting: Option<oneshot::Sender<()>>) {
        let AttemptId { host, install_id, attempt } = report.attempt.clone();
        self.with(&host.uid, |page| {
            page.witnessed = Some((install_id, attempt));
            page.pending.push(report);
            page.waiting.extend(waiting);
            page.bell.notify_waiters();
        });
        self.trigger(&host);
    }
}

#[async_trait]
impl ReportSink for Ledger {
    fn note(&self, report: Report) {
        tracing::info!(host.namespace = report.attempt.host.namespace, host.name = report.attempt.host.name,
            install.id = report.attempt.install_id, attempt = report.attempt.attempt, step = ?report.step, "Host reported");
        self.enter(report, None);
    }

    async fn settle(&self, report: Report) -> Result<(), NotRecorded> {
        tracing::info!(host.namespace = report.attempt.host.namespace, host.name = report.attempt.host.name,
            install.id = report.attempt.install_id, attempt = report.attempt.attempt, step = ?report.step, "Host reported");
        let (sender, kept) = oneshot::channel();
        self.enter(report, Some(sender));
        match tokio::time::timeout(SETTLE_DEADLINE, kept).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(NotRecorded),
        }
    }

    fn unknown_machine(&self, mac: Option<MacAddress>, why: &str) {
        let mac = mac.map_or_else(|| "none".to_owned(), |mac| mac.to_string());
        tracing::warn!(mac, why, "Unknown machine asked for a boot script");
    }
}

/// Whether a report ends an attempt.
pub(crate) fn is_final(report: &Report) -> bool {
    matches!(report.step, Step::Done | Step::Failed(_))
}

#[cfg(test)]
mod tests {
    use slipway_core::{clock::Timestamp, host::RebootRecord};

    use super::*;

    fn rebooted(id: &str, second: i64) -> Record {
        let completed_at = Timestamp::from_second(second).ok();
        let reboot = RebootRecord { id: id.to_owned(), completed_at };
        Record { registered: true, reboot: Some(reboot), ..Record::default() }
    }

    #[test]
    fn an_api_server_that_was_set_back_takes_no_reboot_back() {
        let ledger = Ledger::default();
        let (older, newer) = (rebooted("r1", 10), rebooted("r2", 20));
        ledger.learn("uid", &older);
        ledger.learn("uid", &newer);
        ledger.learn("uid", &older);
        let recalled = |wish: Option<&str>| {
            let mut record = older.clone();
            ledger.recall("uid", &mut record, wish);
            record.reboot
        };
        assert_eq!(recalled(Some("r1")), older.reboot, "what is asked is done");
        assert_eq!(recalled(None), older.reboot);
        assert_eq!(recalled(Some("r2")), newer.reboot, "what is asked again is done, too");
        assert_eq!(recalled(Some("r3")), older.reboot, "what was never asked is not");
    }
}
