//! Taps the watch of hosts: what must be known of every host at once, whatever becomes of its reconciles.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use kube::runtime::watcher::Event;
use slipway_core::host::{HostKey, InstallRecord};
use slipway_crds::v1alpha1::BareMetalHost;
use tokio::sync::{mpsc, watch};

use super::record_of;
use crate::{claims::key_of, context::Context, run::stopped};

/// One scope's hosts as the watch tells of them.
pub(crate) struct Tap {
    context: Arc<Context>,
    known: HashMap<String, HostKey>,
    listed: HashSet<String>,
    first_list: bool,
    departures: mpsc::UnboundedSender<HostKey>,
}

impl Tap {
    /// A tap, and the hosts that went away as they go.
    pub(crate) fn new(context: Arc<Context>) -> (Self, mpsc::UnboundedReceiver<HostKey>) {
        let (departures, receiver) = mpsc::unbounded_channel();
        let tap =
            Self { context, known: HashMap::new(), listed: HashSet::new(), first_list: true, departures };
        (tap, receiver)
    }

    /// Takes one event of the watch.
    pub(crate) fn take(&mut self, event: &Event<BareMetalHost>) {
        match event {
            Event::Init => {
                self.listed.clear();
                self.context.latest.clear();
            }
            Event::InitApply(host) => {
                self.listed.insert(key_of(host).uid);
                if self.first_list && is_installing(host) {
                    self.context.priming.expect_host(&key_of(host).uid);
                }
                self.enter(host);
            }
            Event::InitDone => self.end_of_list(),
            Event::Apply(host) => self.enter(host),
            Event::Delete(host) => self.leave(&key_of(host).uid),
        }
    }

    fn enter(&mut self, host: &BareMetalHost) {
        let key = key_of(host);
        self.known.insert(key.uid.clone(), key);
        for other in self.context.claims.enter(host) {
            self.context.ledger.trigger(&other);
        }
    }

    /// Hosts that went away while nobody watched are not in the list that follows.
    fn end_of_list(&mut self) {
        let gone: Vec<_> = self.known.keys().filter(|uid| !self.listed.contains(*uid)).cloned().collect();
        for uid in gone {
            self.leave(&uid);
        }
        if std::mem::take(&mut self.first_list) {
            self.context.priming.list_came();
        }
    }

    fn leave(&mut self, uid: &str) {
        for other in self.context.claims.leave(uid) {
            self.context.ledger.trigger(&other);
        }
        self.context.latest.forget(uid);
        self.context.ledger.forget(uid);
        self.context.priming.host_came(uid);
        if let Some(key) = self.known.remove(uid) {
            self.context.boot.withdraw(&key);
            // The receiver ends with the controller.
            self.departures.send(key).ok();
        }
    }
}

fn is_installing(host: &BareMetalHost) -> bool {
    host.metadata.deletion_timestamp.is_none()
        && host.spec.install.is_some()
        && record_of(host).install.as_ref().is_some_and(InstallRecord::is_booting)
}

/// Ends the BMC sessions of hosts that went away.
pub(crate) async fn release(
    context: Arc<Context>,
    mut departures: mpsc::UnboundedReceiver<HostKey>,
    stop: watch::Receiver<bool>,
) {
    let stop = stopped(stop);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            key = departures.recv() => match key {
                Some(key) => context.hosts.release(&key).await,
                None => return,
            },
            () = &mut stop => return,
        }
    }
}
