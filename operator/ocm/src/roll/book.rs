//! What is remembered of all keys, and which are read next. Time is an argument.

use std::{collections::HashMap, time::Duration};

use slipway_core::{clock::Timestamp, failure::Failure, subscription::Record};
use tokio::time::Instant;

use super::entry::Entry;
use crate::search;

/// Thousandths of its age after which a key is read along with others.
const DUE: u128 = 800;
/// Thousandths of its age after which a key fills up a list that is not full.
const FILLS: u128 = 500;
/// How long a record that was read by itself counts more than a list with an older one: lists lag behind.
const LAG: Duration = Duration::from_mins(5);
/// Most records that are remembered besides those of keys.
const HELD: usize = 4096;

/// All keys of one field.
pub(super) struct Book {
    chunk: usize,
    query: usize,
    key_of: fn(&Record) -> Option<&str>,
    entries: HashMap<String, Entry>,
    /// Records that were read by themselves, and when.
    held: HashMap<String, (Record, Instant)>,
}

impl Book {
    pub(super) fn new(chunk: usize, query: usize, key_of: fn(&Record) -> Option<&str>) -> Self {
        Self { chunk: chunk.max(1), query, key_of, entries: HashMap::new(), held: HashMap::new() }
    }

    /// Remembers that a key was asked for; its records when they are fresh enough.
    pub(super) fn ask(&mut self, key: &str, age: Duration, now: Instant) -> Option<Vec<Record>> {
        let entry = self.entries.entry(key.to_owned()).or_insert_with(|| Entry::new(now));
        entry.ask(age, now);
        // A failure of before is nobody's who asks now.
        let records = entry.outcome(age, now + Duration::from_nanos(1), now).and_then(Result::ok);
        entry.is_wanted |= records.is_none();
        records
    }

    /// What is known of a key for somebody who came then.
    pub(super) fn outcome(
        &self,
        key: &str,
        age: Duration,
        came: Instant,
        now: Instant,
    ) -> Option<Result<Vec<Record>, Failure>> {
        self.entries.get(key)?.outcome(age, came, now)
    }

    /// The keys that are read now, this one among them, in the lists in which they are read. Lists are filled: those keys wait that are not too
    /// old yet and would need one more, and a list with room takes keys that would be due before long.
    pub(super) fn due(&mut self, key: &str, now: Instant) -> Vec<Vec<String>> {
        self.forget_unasked(now);
        self.entries.entry(key.to_owned()).or_insert_with(|| Entry::new(now)).is_wanted = true;
        let mut candidates: Vec<(bool, u128, &String)> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.is_wanted || entry.is_regular())
            .map(|(key, entry)| (!entry.is_wanted, u128::MAX - entry.passed(now).unwrap_or(u128::MAX), key))
            .filter(|(can_wait, left, _)| !can_wait || u128::MAX - left >= FILLS)
            .collect();
        candidates.sort_unstable();
        let wanted = candidates.iter().filter(|(can_wait, ..)| !can_wait).count();
        let due =
            candidates.iter().filter(|(can_wait, left, _)| !can_wait || u128::MAX - left >= DUE).count();
        let lists = wanted.div_ceil(self.chunk).max(due / self.chunk);
        let keys = candidates.into_iter().take(lists * self.chunk).map(|(_, _, key)| key.clone());
        self.chunks(keys)
    }

    fn chunks(&self, keys: impl Iterator<Item = String>) -> Vec<Vec<String>> {
        let mut chunks: Vec<Vec<String>> = vec![];
        let mut left = 0;
        for key in keys {
            let length = search::length(&key);
            match chunks.last_mut() {
                Some(chunk) if chunk.len() < self.chunk && length <= left => chunk.push(key),
                _ => {
                    left = self.query.max(length);
                    chunks.push(vec![key]);
                }
            }
            left -= length;
        }
        chunks
    }

    /// Takes what a list of these keys brought that began then.
    pub(super) fn store(&mut self, keys: &[String], began: Instant, outcome: Result<Vec<Record>, Failure>) {
        let key_of = self.key_of;
        let mut outcomes: HashMap<&str, Result<Vec<Record>, Failure>> =
            keys.iter().map(|key| (key.as_str(), outcome.clone().map(|_| vec![]))).collect();
        for record in outcome.into_iter().flatten() {
            let record = self.latest(record, began);
            if let Some(Ok(records)) = key_of(&record).and_then(|key| outcomes.get_mut(key)) {
                records.push(record);
            }
        }
        // What was read by itself meanwhile and is not in the list yet.
        for (record, read) in self.held.values() {
            if let Some(Ok(records)) = key_of(record).and_then(|key| outcomes.get_mut(key))
                && *read >= began
                && records.iter().all(|known| known.id != record.id)
            {
                records.push(record.clone());
            }
        }
        for (key, outcome) in outcomes {
            if let Some(entry) = self.entries.get_mut(key) {
                entry.store(began, outcome);
            }
        }
    }

    /// The listed record, or the one that was read by itself when that is later.
    fn latest(&mut self, listed: Record, began: Instant) -> Record {
        let Some((held, read)) = self.held.get(&listed.id) else { return listed };
        // Times of lists may be cut to seconds.
        let seconds = |record: &Record| record.updated_at.map(Timestamp::as_second);
        let is_older = seconds(&listed) < seconds(held);
        let is_same = seconds(&listed) == seconds(held);
        let lags = is_older && began.saturating_duration_since(*read) < LAG;
        if lags || *read >= began && is_same {
            return held.clone();
        }
        self.held.remove(&listed.id);
        listed
    }

    pub(super) fn known(&self, id: &str) -> Option<Record> {
        if let Some((record, _)) = self.held.get(id) {
            return Some(record.clone());
        }
        let mut records = self.entries.values().flat_map(Entry::records);
        records.find(|record| record.id == id).cloned()
    }

    pub(super) fn learn(&mut self, record: &Record, now: Instant) {
        let key_of = self.key_of;
        for (key, entry) in &mut self.entries {
            let is_its = key_of(record) == Some(key.as_str());
            let Some(records) = entry.records_mut() else { continue };
            let place = records.iter().position(|known| known.id == record.id);
            match (place, is_its) {
                (Some(place), true) => records[place] = record.clone(),
                (Some(place), false) => drop(records.remove(place)),
                (None, true) => records.push(record.clone()),
                (None, false) => {}
            }
        }
        if self.held.len() < HELD || self.held.contains_key(&record.id) {
            self.held.insert(record.id.clone(), (record.clone(), now));
        }
    }

    pub(super) fn drop_record(&mut self, id: &str, now: Instant) {
        self.held.remove(id);
        for entry in self.entries.values_mut() {
            if entry.records().iter().any(|record| record.id == id) {
                entry.outdate(now);
            }
        }
    }

    pub(super) fn drop_key(&mut self, key: &str, now: Instant) {
        if let Some(entry) = self.entries.get_mut(key) {
            entry.outdate(now);
        }
        let key_of = self.key_of;
        self.held.retain(|_, (record, _)| key_of(record) != Some(key));
    }

    pub(super) fn forget_unasked(&mut self, now: Instant) {
        self.entries.retain(|_, entry| entry.is_wanted || !entry.is_unasked(now));
        self.held.retain(|_, (_, read)| now.saturating_duration_since(*read) < LAG);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
