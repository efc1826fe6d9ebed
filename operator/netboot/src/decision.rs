//! What a machine that asks for its script is told.

use std::sync::Arc;

use slipway_core::{
    boot::{BootAnswer, LocalBoot},
    clock::Timestamp,
    host::HostKey,
    mac_address::MacAddress,
};

use crate::{attempt::Attempt, index::Known, query::Query, script::Platform, smbios};

/// Who a machine says it is. Each is a claim; none opens anything by itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) macs: Vec<MacAddress>,
    /// Lower case; `None` also for what is no identity.
    pub(crate) uuid: Option<String>,
    pub(crate) platform: Platform,
    /// How often it has asked while it was told to wait.
    pub(crate) round: u32,
}

impl Machine {
    pub(crate) fn read(query: &Query) -> Self {
        Self {
            macs: query.all("mac").filter_map(|text| text.parse().ok()).collect(),
            uuid: query.get("uuid").and_then(smbios::identity),
            platform: Platform::parse(query.get("platform")),
            round: query.get("round").and_then(|round| round.parse().ok()).unwrap_or_default(),
        }
    }
}

/// The answer, before it is a script.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    /// Not every host is known yet: the machine asks again.
    Starting,
    /// Nobody claims the machine: it boots locally.
    Unknown(String),
    /// Somebody claims it, but it must not be served: it boots locally.
    Refused(String),
    /// It boots locally, as its host says.
    Local(HostKey, LocalBoot),
    /// It installs.
    Install(Arc<Attempt>),
}

impl Decision {
    pub(crate) fn unknown(machine: &Machine) -> Self {
        let why = if machine.macs.is_empty() {
            "sent no Ethernet address"
        } else {
            "no host has this Ethernet address"
        };
        Self::Unknown(why.to_owned())
    }

    pub(crate) fn contested(one: &HostKey, other: &HostKey) -> Self {
        Self::Refused(format!("both {one} and {other} claim this machine"))
    }

    pub(crate) fn of(known: &Known, machine: &Machine, now: Timestamp) -> Self {
        let host = &known.entry.host;
        if let (Some(expected), Some(shown)) = (&known.entry.uuid, &machine.uuid)
            && !smbios::is_same(expected, shown)
        {
            return Self::Refused(format!("has UUID {shown}, but {host} is the machine with {expected}"));
        }
        match (&known.entry.answer, &known.attempt) {
            (BootAnswer::Install(_), Some(attempt)) if attempt.is_open(now) => Self::Install(attempt.clone()),
            (BootAnswer::Install(ticket), _) => Self::Local(host.clone(), ticket.local_boot.clone()),
            (BootAnswer::Local(how), _) => Self::Local(host.clone(), how.clone()),
        }
    }
}
