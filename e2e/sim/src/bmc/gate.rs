//! Who may call: sessions, Basic authentication and lockout (facts/metal-peers.md §4.1).

use crate::identity::{USERNAME, password};
use crate::shapes::{Lockout, Shape};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use std::time::Duration;
use tokio::time::Instant;

/// A session that is open.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) token: String,
    used: Instant,
}

/// How a call was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Session,
    Basic,
}

/// Why a call was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoEntry {
    /// No credentials, or a session that is not open.
    NoSession,
    /// Wrong name or password, or a locked account.
    WrongPassword,
}

#[derive(Debug)]
pub(super) struct Gate {
    index: usize,
    password: String,
    offered: bool,
    timeout: Duration,
    limit: usize,
    lockout: Option<Lockout>,
    sessions: Vec<Session>,
    made: u64,
    failed: u32,
    locked_until: Option<Instant>,
}

impl Gate {
    pub(super) fn new(index: usize, shape: &Shape) -> Self {
        Self {
            index,
            password: password(index),
            offered: shape.sessions.offered,
            timeout: shape.sessions.timeout,
            limit: shape.sessions.limit,
            lockout: shape.lockout,
            sessions: Vec::new(),
            made: 0,
            failed: 0,
            locked_until: None,
        }
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    pub(super) fn set_password(&mut self, password: &str) {
        password.clone_into(&mut self.password);
    }

    pub(super) fn expire(&mut self) {
        self.sessions.clear();
    }

    pub(super) fn open(&mut self) -> usize {
        self.sweep();
        self.sessions.len()
    }

    pub(super) fn is_locked(&self) -> bool {
        self.locked_until.is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn sessions(&mut self) -> &[Session] {
        self.sweep();
        &self.sessions
    }

    fn sweep(&mut self) {
        let (now, timeout) = (Instant::now(), self.timeout);
        self.sessions.retain(|session| now.duration_since(session.used) < timeout);
    }

    /// Decides over a call's headers.
    pub(super) fn admit(&mut self, headers: &HeaderMap) -> Result<Entry, NoEntry> {
        let token = headers.get("x-auth-token").filter(|_| self.offered);
        if let Some(token) = token.and_then(|value| value.to_str().ok()) {
            self.sweep();
            let session = self.sessions.iter_mut().find(|session| session.token == token);
            return session
                .map(|session| session.used = Instant::now())
                .map(|()| Entry::Session)
                .ok_or(NoEntry::NoSession);
        }
        let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(encoded) = header.and_then(|text| text.strip_prefix("Basic ")) else {
            return Err(NoEntry::NoSession);
        };
        let decoded = STANDARD.decode(encoded.trim()).unwrap_or_default();
        let text = String::from_utf8_lossy(&decoded);
        let (name, password) = text.split_once(':').unwrap_or((&text, ""));
        if self.check(name, password) { Ok(Entry::Basic) } else { Err(NoEntry::WrongPassword) }
    }

    /// Compares and counts; a locked account takes no password at all.
    pub(super) fn check(&mut self, name: &str, password: &str) -> bool {
        if self.is_locked() {
            return false;
        }
        if name == USERNAME && password == self.password {
            self.failed = 0;
            return true;
        }
        self.failed += 1;
        if let Some(lockout) = self.lockout.filter(|lockout| self.failed >= lockout.threshold) {
            self.locked_until = Some(Instant::now() + lockout.duration);
            self.failed = 0;
        }
        false
    }

    /// Opens a session; `None` at the limit.
    pub(super) fn login(&mut self) -> Option<Session> {
        self.sweep();
        if self.sessions.len() >= self.limit {
            return None;
        }
        self.made += 1;
        let session = Session {
            id: self.made.to_string(),
            token: format!("token-{}-{}", self.index, self.made),
            used: Instant::now(),
        };
        self.sessions.push(session.clone());
        Some(session)
    }

    /// Ends a session; false when it is not open.
    pub(super) fn logout(&mut self, id: &str) -> bool {
        self.sweep();
        let before = self.sessions.len();
        self.sessions.retain(|session| session.id != id);
        self.sessions.len() < before
    }
}
