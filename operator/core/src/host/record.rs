//! What is on record of a host: status, memory and what this process itself has seen, as one value.

use std::collections::BTreeSet;

use super::{Identity, InstallRecord, Intent, Memory, RebootRecord};

/// What is on record of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Whether the host was ever registered: `false` for an object seen for the first time or without its history.
    pub registered: bool,
    /// UUID and serial number seen before; a different machine is not acted upon.
    pub identity: Identity,
    /// The last installation.
    pub install: Option<InstallRecord>,
    /// Ids of installations known to be carried out; none of them is carried out again.
    pub carried_out: BTreeSet<String>,
    /// The last reboot that was asked for.
    pub reboot: Option<RebootRecord>,
    /// The reset that was begun and not yet seen to end.
    pub intent: Option<Intent>,
    /// Whether this process began the current installation attempt or heard from the installer during it. Without that, a running host
    /// may long have been installed (an API server restored from an older copy): no timer may reset it.
    pub witnessed: bool,
}

impl Record {
    /// Adds what `memory` knows and this record does not: finished installations and reboots are never forgotten. It does not make the
    /// record a registered one: without its status, a host may be in the middle of a reboot that memory does not know yet.
    pub fn recall(&mut self, memory: &Memory) {
        self.carried_out
            .extend(memory.earlier.iter().chain(memory.install.as_ref().map(|done| &done.id)).cloned());
        if let Some(remembered) = &memory.install {
            let unknown = self
                .install
                .as_ref()
                .is_none_or(|install| install.id == remembered.id && !install.is_installed());
            if unknown {
                let previous = self.install.take();
                self.install = Some(InstallRecord::installed(remembered, previous));
            }
        }
        if let Some(remembered) = &memory.reboot {
            let unknown = self
                .reboot
                .as_ref()
                .is_none_or(|reboot| reboot.id == remembered.id && reboot.completed_at.is_none());
            if unknown {
                self.reboot =
                    Some(RebootRecord { id: remembered.id.clone(), completed_at: Some(remembered.at) });
            }
        }
    }
}
