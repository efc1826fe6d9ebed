//! A site's own inventory, simulated: one address that takes signed webhooks and keeps records of clusters in memory.
//!
//! What it takes and answers is its own reading of `docs/webhook-registrar.md`; how messages are signed is its own reading of the Standard
//! Webhooks specification 1.0.0, "Signature scheme" and "Webhook headers". It shares no type with the adapter under test. Ways to serve,
//! to disturb and to hold calls are those of [`crate::Cloud`]; `docs/decisions` has the choices.

mod books;
mod service;
mod signature;

pub use books::InventoryCall;

use crate::door::Door;
use crate::fault::{Fault, FaultBook, FaultId};
use crate::fleet::SimError;
use crate::guarded::Guarded;
use crate::tls::{Authorities, Presented};
use crate::wire::{Clock, Gate, Station, Trouble, listen};
use books::Books;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Settings of an inventory.
#[derive(Debug, Clone)]
pub struct InventoryConfig {
    /// Loopback address.
    pub address: Ipv4Addr,
    /// TCP port; 0 asks the system.
    pub port: u16,
    /// What messages are signed with: plain text, or `whsec_` and base64.
    pub secret: String,
}

impl Default for InventoryConfig {
    fn default() -> Self {
        let secret = "whsec_c2ltdWxhdGVkIGludmVudG9yeSBvZiBhIHNpdGU=".to_owned();
        Self { address: Ipv4Addr::LOCALHOST, port: 0, secret }
    }
}

#[derive(Debug)]
pub(crate) struct Inner {
    station: Station,
    secret: Guarded<String>,
    /// Types that are answered with 501.
    lacking: Guarded<BTreeSet<String>>,
    books: Guarded<Books>,
}

/// A running inventory; copies are one inventory, and it stops when the last is dropped.
#[derive(Debug, Clone)]
pub struct Inventory {
    inner: Arc<Inner>,
    socket: SocketAddr,
    door: Arc<Door>,
    _tasks: Arc<JoinSet<()>>,
}

impl Inventory {
    /// Starts an inventory: HTTPS with a CA of its own. Needs a tokio runtime with time and net.
    pub async fn start(config: InventoryConfig) -> Result<Self, SimError> {
        if !config.address.is_loopback() {
            return Err(SimError::Config("an inventory listens on a loopback address".to_owned()));
        }
        let authorities = Arc::new(Authorities::named("CA of a site's inventory")?);
        let station = Station {
            faults: FaultBook::default(),
            gate: Gate::default(),
            clock: Clock::default(),
            presented: Presented::new(authorities, config.address).with_names(vec!["localhost".to_owned()]),
        };
        let secret = Guarded::new(config.secret);
        let inner =
            Arc::new(Inner { station, secret, lacking: Guarded::default(), books: Guarded::default() });
        let address = SocketAddr::from((config.address, config.port));
        let listening = listen(address, true).await.map_err(|source| SimError::Listen { address, source })?;
        let mut tasks = JoinSet::new();
        let socket = listening.address;
        let door = Arc::new(listening.serve(&inner, &mut tasks));
        Ok(Self { inner, socket, door, _tasks: Arc::new(tasks) })
    }

    /// `https://127.0.0.1:PORT/inventory`, the one address that takes messages.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}{}", self.socket, service::PATH)
    }

    /// Socket address of [`Inventory::url`].
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// The CA of the certificate, in PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.inner.station.presented.ca_pem()
    }

    /// What messages are to be signed with, as it stands in a Secret.
    #[must_use]
    pub fn secret(&self) -> String {
        self.inner.secret.lock().clone()
    }

    /// Another secret from now on.
    pub fn set_secret(&self, secret: &str) {
        secret.clone_into(&mut self.inner.secret.lock());
    }

    /// All records, deleted ones too, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        self.inner.books.lock().records()
    }

    /// Every call so far, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<InventoryCall> {
        self.inner.books.lock().calls()
    }

    /// Keeps a record as if somebody else had made it; what is left out is filled in. Answers its id.
    #[expect(clippy::must_use_candidate, reason = "a record that is found by its key needs no id")]
    pub fn add(&self, record: Value) -> String {
        let now = self.clock().now();
        self.inner.books.lock().add(record, now)
    }

    /// Changes a record as somebody at the site would: members of `change` replace those of the record, `null` takes one away. False when
    /// there is no record of this id.
    #[expect(clippy::must_use_candidate, reason = "a test that knows the id need not look")]
    pub fn edit(&self, id: &str, change: Value) -> bool {
        let now = self.clock().now();
        self.inner.books.lock().edit(id, change, now)
    }

    /// Takes a record out as if it had never been.
    pub fn forget(&self, id: &str) {
        self.inner.books.lock().forget(id);
    }

    /// A living record of this cluster id is another account's: to reserve it is answered with 409.
    pub fn claim(&self, cluster_id: &str) {
        self.inner.books.lock().claimed.insert(cluster_id.to_owned());
    }

    /// To reserve is answered with 402 and these words; `None`: not any more.
    pub fn set_quota_short(&self, words: Option<&str>) {
        self.inner.books.lock().short = words.map(str::to_owned);
    }

    /// What an organization may, as name and value.
    pub fn set_capabilities<'a>(&self, capabilities: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.inner.books.lock().capabilities = capabilities.into_iter().map(owned).collect();
    }

    /// Types of message that this site does not have: they are answered with 501.
    pub fn set_lacking<'a>(&self, types: impl IntoIterator<Item = &'a str>) {
        *self.inner.lacking.lock() = types.into_iter().map(str::to_owned).collect();
    }

    /// The clock that timestamps are compared with; a message may be five minutes off.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.inner.station.clock
    }

    /// Counts and holds the calls.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.inner.station.gate
    }

    /// Sets a fault. All messages go to one path, so a fault is aimed by [`Fault::after`] and [`Fault::times`].
    #[expect(clippy::must_use_candidate, reason = "a fault that is never lifted needs no name")]
    pub fn add_fault(&self, fault: Fault<Trouble>) -> FaultId {
        self.inner.station.faults.add(fault)
    }

    /// Lifts a fault.
    pub fn remove_fault(&self, id: FaultId) {
        self.inner.station.faults.remove(id);
    }

    /// Lifts all faults.
    pub fn clear_faults(&self) {
        self.inner.station.faults.clear();
    }

    /// How many requests a fault has met; 0 once it is lifted.
    #[must_use]
    pub fn fault_hits(&self, id: FaultId) -> u64 {
        self.inner.station.faults.hits(id)
    }

    /// Refuses connections and cuts the open ones, or takes them again.
    pub async fn refuse_connections(&self, refuse: bool) {
        self.door.set_open(!refuse).await;
    }

    /// Whether an inventory with this secret takes a message at this moment: the judgement it makes itself, for tests without a server.
    #[must_use]
    pub fn accepts(
        secret: &str,
        now: Timestamp,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
    ) -> bool {
        signature::Claim { id, timestamp, signatures, body }.holds(secret, now)
    }
}
