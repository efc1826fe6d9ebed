//! One attempt as the service remembers it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use slipway_core::{
    boot::{AttemptId, Ticket},
    clock::Timestamp,
};

use crate::token::Token;

/// An attempt whose token the service knows.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) token: Token,
    pub(crate) ticket: Arc<Ticket>,
    pub(crate) standing: Standing,
    /// Shared by every later form of the same attempt.
    record: Arc<Record>,
}

/// How an attempt stands with the controllers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the one its host is in.
    Current,
    /// Its host has been told to boot locally since, which for `completion: ScriptServed` happens while the installer still
    /// has its files to fetch: they stay until the attempt expires.
    Lapsed,
    /// Another attempt has taken its place.
    Superseded,
}

/// How an installer ends an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    Failed,
}

/// What to do with an ending that an installer reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Have it recorded.
    Settle,
    /// It has been recorded before.
    AlreadyRecorded,
    /// The attempt is over.
    Gone,
}

/// Something that is reported once an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    Script,
    Answer,
}

#[derive(Debug, Default)]
struct Record(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    script: bool,
    answer: bool,
    progress: String,
    ending: Option<Ending>,
    is_recorded: bool,
}

impl Attempt {
    pub(crate) fn new(token: Token, ticket: Arc<Ticket>) -> Self {
        Self { token, ticket, standing: Standing::Current, record: Arc::default() }
    }

    /// The same attempt with another ticket or standing; what it remembers stays.
    pub(crate) fn with(&self, ticket: Arc<Ticket>, standing: Standing) -> Self {
        Self { token: self.token.clone(), ticket, standing, record: self.record.clone() }
    }

    pub(crate) fn id(&self) -> &AttemptId {
        &self.ticket.attempt
    }

    /// Whether the machine may install: neither ended by its installer nor expired.
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        now < self.ticket.expires_at && self.memory().ending.is_none()
    }

    /// Whether its callbacks count.
    pub(crate) fn takes_reports(&self, now: Timestamp) -> bool {
        self.standing == Standing::Current && self.is_open(now)
    }

    /// Whether its answer files are handed out.
    pub(crate) fn gives_answers(&self, now: Timestamp) -> bool {
        self.standing != Standing::Superseded && self.is_open(now)
    }

    /// True the first time.
    pub(crate) fn is_first(&self, once: Once) -> bool {
        let mut memory = self.memory();
        let seen = match once {
            Once::Script => &mut memory.script,
            Once::Answer => &mut memory.answer,
        };
        !std::mem::replace(seen, true)
    }

    /// True when the installer says something else than last time.
    pub(crate) fn is_news(&self, progress: &str) -> bool {
        let mut memory = self.memory();
        if memory.progress == progress {
            return false;
        }
        progress.clone_into(&mut memory.progress);
        true
    }

    /// Takes the installer's word that the attempt is over. From here on the machine boots locally, recorded or not.
    pub(crate) fn end(&self, ending: Ending, now: Timestamp) -> Admission {
        let mut memory = self.memory();
        let was_said = memory.ending == Some(ending);
        if memory.is_recorded {
            return if was_said { Admission::AlreadyRecorded } else { Admission::Gone };
        }
        let is_current = self.standing == Standing::Current && now < self.ticket.expires_at;
        // Said in time and not recorded: the installer asks until it is, however long that takes.
        let is_repeated = was_said && self.standing != Standing::Superseded;
        if !is_current && !is_repeated {
            return Admission::Gone;
        }
        memory.ending = Some(ending);
        Admission::Settle
    }

    /// Notes that the ending is kept safely.
    pub(crate) fn recorded(&self) {
        self.memory().is_recorded = true;
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.record.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
