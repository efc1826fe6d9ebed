//! All that the service keeps: tenancies, infrastructures, schedules, retry tokens.

use super::config::CloudTimings;
use super::infrastructure::Infrastructure;
use super::journal::Offence;
use super::principal::Principal;
use super::refusal::Refusal;
use super::schedule::Schedule;
use crate::fetch::hex;
use crate::wire::Reply;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long a retry token is good for (facts/oci.md §2.9).
const RETRY_TOKEN: SignedDuration = SignedDuration::from_hours(24);

/// A request that was carried out, and what was answered.
#[derive(Debug)]
struct Carried {
    at: Timestamp,
    target: String,
    body: String,
    reply: Reply,
}

/// All that the service keeps.
#[derive(Debug)]
pub(super) struct World {
    pub(super) timings: CloudTimings,
    pub(super) nulls: bool,
    /// Compartments of each tenancy; the root has the tenancy's own OCID.
    pub(super) tenancies: BTreeMap<String, BTreeSet<String>>,
    pub(super) infrastructures: BTreeMap<String, Infrastructure>,
    pub(super) schedules: BTreeMap<String, Schedule>,
    /// Every PIN that an infrastructure has had.
    pins: HashMap<String, String>,
    carried: HashMap<(String, String), Carried>,
    made: u64,
}

impl World {
    pub(super) fn new(timings: CloudTimings, nulls: bool) -> Self {
        Self {
            timings,
            nulls,
            tenancies: BTreeMap::new(),
            infrastructures: BTreeMap::new(),
            schedules: BTreeMap::new(),
            pins: HashMap::new(),
            carried: HashMap::new(),
            made: 0,
        }
    }

    /// Another OCID of this kind. The tail is long and different, as the real ones' are.
    pub(super) fn ocid(&mut self, kind: &str, region: &str) -> String {
        self.made += 1;
        let tail = hex(&Sha256::digest(format!("{kind} {}", self.made)));
        format!("ocid1.{kind}.oc1.{region}.aaaaaaaa{}", &tail[..52])
    }

    pub(super) fn count(&self) -> u64 {
        self.made
    }

    pub(super) fn has_compartment(&self, compartment: &str) -> bool {
        self.tenancies.values().any(|compartments| compartments.contains(compartment))
    }

    /// Whether a principal sees what is in this compartment.
    pub(super) fn sees(&self, principal: &Principal, compartment: &str) -> bool {
        let own = self.tenancies.get(&principal.subject.tenancy);
        own.is_some_and(|own| own.contains(compartment)) && principal.may_see(compartment)
    }

    /// Does what has become due everywhere.
    pub(super) fn settle(&mut self, now: Timestamp) {
        let ids: Vec<String> = self.infrastructures.keys().cloned().collect();
        for id in ids {
            self.settled(&id, now);
        }
    }

    /// One infrastructure as it is now.
    pub(super) fn settled(&mut self, id: &str, now: Timestamp) -> Option<&mut Infrastructure> {
        let timings = self.timings;
        let found = self.infrastructures.get_mut(id)?;
        found.connection.settle(now, &timings);
        if found.connection.was_connected && found.inventory.is_none() {
            found.describe_rack();
        }
        Some(found)
    }

    /// Notes the PIN that an answer shows.
    pub(super) fn note_pin(&mut self, id: &str) {
        let pin = self.infrastructures.get(id).and_then(|found| found.connection.pin());
        if let Some(pin) = pin.map(str::to_owned) {
            self.pins.insert(pin, id.to_owned());
        }
    }

    /// The infrastructure that a PIN is or was given out for.
    pub(super) fn owner(&self, pin: &str) -> Option<String> {
        let current = self.infrastructures.values().find(|one| one.connection.pin() == Some(pin));
        current.map(|one| one.id.clone()).or_else(|| self.pins.get(pin).cloned())
    }

    /// A rack makes contact with a PIN. The infrastructure whose PIN it is, when it is one's.
    pub(super) fn contact(
        &mut self,
        now: Timestamp,
        rack: &str,
        pin: &str,
        fingerprint: &str,
    ) -> (Option<String>, Result<(), Offence>) {
        self.settle(now);
        let Some(id) = self.owner(pin) else {
            return (None, Err(Offence::PinUnknown));
        };
        let other = self.infrastructures.values().any(|one| {
            let belongs = one.connection.rack.as_deref() == Some(rack);
            if one.id == id { one.connection.rack.is_some() && !belongs } else { belongs }
        });
        if other {
            return (Some(id), Err(Offence::PinOfAnotherRack));
        }
        let timings = self.timings;
        let made = self.infrastructures.get_mut(&id).map_or(Err(Offence::PinStale), |found| {
            found.connection.contact(now, &timings, rack, pin, fingerprint)
        });
        (Some(id), made)
    }

    /// OCIDs of the infrastructures that a schedule is attached to.
    pub(super) fn attached(&self, schedule: &str) -> Vec<String> {
        let all = self.infrastructures.values();
        all.filter(|one| one.schedule.as_deref() == Some(schedule)).map(|one| one.id.clone()).collect()
    }

    /// The first answer to the same request, if there was one with this token.
    pub(super) fn carried(
        &mut self,
        key: &(String, String),
        now: Timestamp,
        target: &str,
        body: &[u8],
    ) -> Result<Option<Reply>, Refusal> {
        self.carried.retain(|_, carried| now.duration_since(carried.at) < RETRY_TOKEN);
        match self.carried.get(key) {
            None => Ok(None),
            Some(first) if first.target == target && first.body == digest(body) => {
                Ok(Some(first.reply.clone()))
            }
            Some(_) => Err(Refusal::retry_token()),
        }
    }

    pub(super) fn carry(
        &mut self,
        key: (String, String),
        now: Timestamp,
        target: &str,
        body: &[u8],
        reply: &Reply,
    ) {
        let carried =
            Carried { at: now, target: target.to_owned(), body: digest(body), reply: reply.clone() };
        self.carried.insert(key, carried);
    }
}

fn digest(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

impl Infrastructure {
    /// What the service learns of a rack at the first connection (facts/oci.md §1.3).
    fn describe_rack(&mut self) {
        self.inventory = Some(json!({
            "serialNumber": format!("AK{}", self.short_name),
            "managementNodeCount": 3,
            "computeNodeCount": 3,
            "capacityStorageTrayCount": 2,
            "performanceStorageTrayCount": 0,
        }));
        self.network = Some(json!({
            "managementNodes": [{"ip": "192.0.2.11", "hostname": "pcamn01"}],
            "uplinkPortSpeedInGbps": 100,
            "uplinkPortCount": 2,
            "uplinkVlanMtu": 9216,
            "uplinkNetmask": "255.255.255.0",
            "uplinkPortForwardErrorCorrection": "AUTO",
            "uplinkDomain": "rack.example",
            "uplinkGatewayIp": "192.0.2.1",
            "spineIps": ["192.0.2.2", "192.0.2.3"],
            "spineVip": "192.0.2.4",
            "mgmtVipHostname": "pcamgmt",
            "mgmtVipIp": "192.0.2.10",
            "dnsIps": ["192.0.2.53"],
            "infrastructureRoutingStatic": {"uplinkVlan": 100, "uplinkHsrpGroup": 61},
        }));
        self.upgrade = Some(json!({"currentVersion": "3.0.2-b1185392", "isActive": false}));
    }
}
