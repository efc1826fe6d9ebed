//! What tells worlds apart.

use std::hash::{DefaultHasher, Hash, Hasher};

use slipway_core::subscription::{Drift, Effect, Fields, Memory, Record};

use super::{
    scenario::Scenario,
    world::{Act, Status, World, now},
};

impl World {
    /// Makes alike what makes no difference: no correction is old enough to be forgotten, an idle process has not waited, and a record whose id
    /// is remembered need not be searched for.
    pub(super) fn normalise(&mut self, scenario: &Scenario) {
        let remembered = self.api.memory.subscription_id.as_ref().filter(|_| scenario.reads_by_id);
        for kept in self.registrar.kept.iter_mut().filter(|kept| remembered == Some(&kept.record.id)) {
            kept.lag = 0;
        }
        for status in self.states() {
            status.drift.iter_mut().for_each(|drift| drift.at = now());
        }
        if self.process.acts.is_empty() {
            self.process.waited = false;
        }
    }

    /// A number that tells worlds apart: of a million, two are taken for one with a chance below one in ten million.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.write(&mut hasher);
        hasher.finish()
    }

    fn write(&self, hasher: &mut DefaultHasher) {
        for kept in &self.registrar.kept {
            (kept.lag, kept.was_active).hash(hasher);
            write_record(&kept.record, hasher);
        }
        (self.cluster, self.is_reachable, self.name, self.is_going, self.is_gone).hash(hasher);
        (self.faults_left, self.crashes_left, self.wipes_left, self.changes_left, self.fights).hash(hasher);
        (self.is_unsure, self.process.waited, &self.broken).hash(hasher);
        self.api.status.is_some().hash(hasher);
        self.api.status.iter().for_each(|status| write_status(status, hasher));
        write_memory(&self.api.memory, hasher);
        self.process.acts.iter().for_each(|act| write_act(act, hasher));
    }
}

fn write_record(record: &Record, hasher: &mut DefaultHasher) {
    (&record.id, &record.status, &record.display_name, &record.external_cluster_id).hash(hasher);
    (&record.console_url, &record.labels, &record.organization_id).hash(hasher);
}

fn write_fields(fields: &Fields, hasher: &mut DefaultHasher) {
    fields.len().hash(hasher);
    for (field, value) in fields {
        (field.to_string(), value).hash(hasher);
    }
}

fn write_drift(drift: &[Drift], hasher: &mut DefaultHasher) {
    drift.len().hash(hasher);
    for drift in drift {
        (drift.field.to_string(), &drift.wanted, &drift.found, drift.corrections, drift.is_foreign)
            .hash(hasher);
    }
}

fn write_status(status: &Status, hasher: &mut DefaultHasher) {
    (&status.id, status.reserving_since, status.fields.is_some()).hash(hasher);
    status.fields.iter().for_each(|fields| write_fields(fields, hasher));
    write_drift(&status.drift, hasher);
}

fn write_memory(memory: &Memory, hasher: &mut DefaultHasher) {
    (&memory.subscription_id, &memory.organization_id, memory.synced, memory.activated).hash(hasher);
}

fn write_act(act: &Act, hasher: &mut DefaultHasher) {
    match act {
        Act::Remember(memory) => write_memory(memory, hasher),
        Act::Store(status) => write_status(status, hasher),
        Act::Run(effect, drift) => {
            match effect {
                Effect::Reserve(reservation) => reservation.display_name.hash(hasher),
                Effect::Amend { id, fields } => {
                    id.hash(hasher);
                    write_fields(fields, hasher);
                }
                Effect::Activate { id } => id.hash(hasher),
            }
            write_drift(drift, hasher);
        }
        Act::Release(id, release) => (id, format!("{release:?}")).hash(hasher),
        Act::LetGo => 0_u8.hash(hasher),
    }
    std::mem::discriminant(act).hash(hasher);
}
