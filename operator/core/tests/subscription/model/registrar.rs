//! A registrar as bad as it may be: it makes a second record for a repeated key, and its search shows a new record late.

use slipway_core::subscription::{Fields, Record, Release, RemoteStatus, Reservation};

use crate::scene::{amend, record};

/// Steps of time that a record may take to be found; less than the settle time.
pub(super) const LAG: u8 = 2;

/// A record that is there.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) record: Record,
    /// Steps of time until the search shows it.
    pub(super) lag: u8,
    /// Whether it was ever active.
    pub(super) was_active: bool,
}

/// The registrar.
#[derive(Debug, Clone)]
pub(super) struct Registrar {
    pub(super) kept: Vec<Kept>,
    /// Whether it keeps no address of a console.
    pub(super) forgets: bool,
}

impl Registrar {
    pub(super) fn find(&self, id: &str) -> Option<&Kept> {
        self.kept.iter().find(|kept| kept.record.id == id)
    }

    fn find_mut(&mut self, id: &str) -> Option<&mut Kept> {
        self.kept.iter_mut().find(|kept| kept.record.id == id)
    }

    /// What a search for the key shows.
    pub(super) fn search(&self) -> impl Iterator<Item = &Record> {
        self.kept.iter().filter(|kept| kept.lag == 0).map(|kept| &kept.record)
    }

    /// Makes a record.
    pub(super) fn reserve(&mut self, id: &str, reservation: &Reservation) -> Record {
        let mut made = record(id, "Reserved");
        made.display_name = Some(reservation.display_name.clone());
        self.kept.push(Kept { record: made.clone(), lag: LAG, was_active: false });
        made
    }

    /// Changes a record; `None`: there is none of this id.
    pub(super) fn amend(&mut self, id: &str, fields: &Fields) -> Option<Record> {
        let forgets = self.forgets;
        let kept = self.find_mut(id)?;
        amend(&mut kept.record, fields);
        if forgets {
            kept.record.console_url = None;
        }
        Some(kept.record.clone())
    }

    /// Gives a record another status; `None`: there is none of this id.
    pub(super) fn set(&mut self, id: &str, status: RemoteStatus) -> Option<Record> {
        let kept = self.find_mut(id)?;
        kept.was_active |= status == RemoteStatus::Active;
        kept.record.status = status;
        Some(kept.record.clone())
    }

    pub(super) fn release(&mut self, id: &str, release: Release) {
        match release {
            Release::Delete => self.kept.retain(|kept| kept.record.id != id),
            Release::Archive => drop(self.set(id, RemoteStatus::Archived)),
        }
    }

    pub(super) fn tick(&mut self) {
        self.kept.iter_mut().for_each(|kept| kept.lag = kept.lag.saturating_sub(1));
    }
}
