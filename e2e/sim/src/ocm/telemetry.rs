//! What clusters report of themselves, and what becomes of records that nobody hears of (`facts/ocm.md §2.6, §4.2, §4.3`).

use super::moment::{ZERO_METRIC, written};
use super::record::{Fields, Record};
use super::token::after;
use super::world::{SERVICE, World};
use jiff::Timestamp;
use serde_json::{Value, json};

/// One report of a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// `OpenShift` version.
    pub version: String,
    /// `healthy`, `unhealthy` or `unknown`.
    pub health: String,
    /// Control plane nodes.
    pub masters: u32,
    /// Worker nodes; the key is absent at 0.
    pub workers: u32,
    /// Cores: used and there.
    pub cpu: (f64, f64),
    /// Memory in bytes: used and there.
    pub memory: (f64, f64),
    /// Operating system of the nodes.
    pub operating_system: String,
    /// Console's address.
    pub console_url: String,
    /// Version that an upgrade is possible to.
    pub upgrade: Option<String>,
    /// Critical alerts firing.
    pub alerts: u32,
    /// Username whose pull secret the cluster has: whose record is made when none matches.
    pub account: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            version: "4.20.1".to_owned(),
            health: "healthy".to_owned(),
            masters: 3,
            workers: 2,
            cpu: (4.25, 24.0),
            memory: (17_179_869_184.0, 68_719_476_736.0),
            operating_system: "Red Hat Enterprise Linux CoreOS".to_owned(),
            console_url: String::new(),
            upgrade: None,
            alerts: 0,
            account: "jdoe".to_owned(),
        }
    }
}

impl Telemetry {
    /// As the records have it.
    fn written(&self, at: Timestamp) -> Value {
        let at = written(at);
        let amount = |(used, total): (f64, f64), unit: &str| {
            json!({
                "updated_timestamp": at,
                "used": {"value": used, "unit": unit},
                "total": {"value": total, "unit": unit},
            })
        };
        let none = json!({
            "updated_timestamp": ZERO_METRIC,
            "used": {"value": 0, "unit": ""},
            "total": {"value": 0, "unit": ""},
        });
        let mut nodes = json!({"total": self.masters + self.workers, "master": self.masters});
        if self.workers > 0 {
            nodes["compute"] = json!(self.workers);
        }
        json!({
            "health_state": self.health,
            "query_timestamp": at,
            "memory": amount(self.memory, "B"),
            "cpu": amount(self.cpu, ""),
            "sockets": none,
            "storage": none,
            "compute_nodes_memory": none,
            "compute_nodes_cpu": none,
            "compute_nodes_sockets": none,
            "nodes": nodes,
            "operating_system": self.operating_system,
            "upgrade": {
                "available": self.upgrade.is_some(),
                "version": self.upgrade.clone().unwrap_or_default(),
                "state": "completed",
                "updated_timestamp": at,
            },
            "state": "ready",
            "state_description": "",
            "openshift_version": self.version,
            "cloud_provider": "baremetal",
            "region": "",
            "console_url": self.console_url,
            "arch": "amd64",
            "channel_info": "",
            "cluster_type": "",
            "critical_alerts_firing": self.alerts,
            "operators_condition_failing": 0,
            "subscription_cpu_total": 0,
            "subscription_socket_total": 0,
            "subscription_obligation_exists": 0,
            "non_virt_nodes": 0,
        })
    }
}

impl World {
    /// A cluster reports. The id of the record that has it now: the matching one, or one made for it.
    pub(super) fn hear(
        &mut self,
        external_id: &str,
        telemetry: &Telemetry,
        now: Timestamp,
    ) -> Option<String> {
        self.settle(now);
        let metrics = telemetry.written(now);
        let id = match self.reporting(external_id) {
            Some(id) => id,
            None => self.adopt(external_id, telemetry, now)?,
        };
        self.change(&id, SERVICE, now, |body| {
            let at = json!(written(now));
            body.insert("last_telemetry_date".to_owned(), at.clone());
            body.insert("last_reconcile_date".to_owned(), at);
            body.insert("metrics".to_owned(), json!([metrics]));
            body.insert("cloud_provider_id".to_owned(), json!("baremetal"));
            // A Reserved one stays so until somebody makes it Active.
            if body.get("status").is_some_and(|status| status != "Reserved") {
                body.insert("status".to_owned(), json!("Active"));
            }
        });
        if let Some(record) = self.records.get_mut(&id) {
            record.heard = Some(now);
        }
        Some(id)
    }

    /// The live record with this external id; one that somebody reserved before one of telemetry's own.
    fn reporting(&self, external_id: &str) -> Option<String> {
        let live = self.records.values().filter(|one| {
            one.is_live() && !external_id.is_empty() && one.text("external_cluster_id") == external_id
        });
        live.min_by_key(|one| one.is_telemetrys()).map(|one| one.id.clone())
    }

    fn adopt(&mut self, external_id: &str, telemetry: &Telemetry, now: Timestamp) -> Option<String> {
        let account = self.account_named(&telemetry.account)?;
        let (creator, organization) = (account.id().to_owned(), account.organization().to_owned());
        let mut set = Fields::new();
        for (name, value) in [
            ("status", "Active"),
            ("plan_id", "OCP"),
            ("provenance", "Telemetry"),
            ("external_cluster_id", external_id),
            ("display_name", external_id),
        ] {
            set.insert(name.to_owned(), json!(value));
        }
        Some(self.insert(Record::new(now, &creator, &organization, set), SERVICE, now))
    }

    /// Does what has become due: the silent become Stale, then Archived, each at its moment. A Reserved record is never
    /// touched (`facts/ocm.md §8` rules 8 and 9).
    pub(super) fn settle(&mut self, now: Timestamp) {
        let (stale, archive) = (self.switches.stale_after, self.switches.archive_after);
        let mut due = Vec::new();
        for record in self.records.values() {
            let Some(heard) = record.heard else { continue };
            let (stale, archive) = (after(heard, stale), after(heard, archive));
            let last = if record.disconnected { "Disconnected" } else { "Archived" };
            let active = record.status() == "Active";
            if active && stale <= now {
                due.push((stale, record.id.clone(), "Stale"));
            }
            if (active || record.status() == "Stale") && archive <= now {
                due.push((archive.max(stale), record.id.clone(), last));
            }
        }
        due.sort();
        for (at, id, status) in due {
            self.change(&id, SERVICE, at, |body| {
                body.insert("status".to_owned(), json!(status));
            });
        }
    }
}
