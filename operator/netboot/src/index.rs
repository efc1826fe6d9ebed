//! Everything that a decision needs, in memory.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use slipway_core::{
    boot::{BootAnswer, BootEntry, Ticket},
    clock::Timestamp,
    host::HostKey,
    mac_address::MacAddress,
};

use crate::{
    attempt::{Attempt, Standing},
    decision::{Decision, Machine},
    token::{Token, TokenKey},
};

/// Earlier attempts of a host whose tokens are still told apart from wrong ones.
const EARLIER: usize = 4;

/// Hosts by key, Ethernet address and token.
#[derive(Debug)]
pub(crate) struct Index {
    key: TokenKey,
    is_primed: bool,
    /// Boxed, because a table keeps room for nearly twice what is in it.
    hosts: HashMap<Arc<HostKey>, Box<Known>>,
    /// Nearly always one host each: a list takes a tenth of the room of a set.
    macs: HashMap<MacAddress, Vec<Arc<HostKey>>>,
    tokens: HashMap<Token, Arc<Attempt>>,
    finished: HashSet<Token>,
}

/// A host and its attempts.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) entry: BootEntry,
    pub(crate) attempt: Option<Arc<Attempt>>,
    earlier: VecDeque<Token>,
    finished: Option<Token>,
}

impl Index {
    pub(crate) fn new(key: TokenKey) -> Self {
        Self {
            key,
            is_primed: false,
            hosts: HashMap::new(),
            macs: HashMap::new(),
            tokens: HashMap::new(),
            finished: HashSet::new(),
        }
    }

    pub(crate) fn primed(&mut self) {
        self.is_primed = true;
    }

    pub(crate) fn is_primed(&self) -> bool {
        self.is_primed
    }

    pub(crate) fn publish(&mut self, entry: BootEntry) {
        let finished = self.finish(&entry);
        let (key, previous, mut earlier) = match self.hosts.remove_entry(&entry.host) {
            Some((key, known)) => {
                self.unlink(&known.entry);
                (key, known.attempt, known.earlier)
            }
            None => (Arc::new(entry.host.clone()), None, VecDeque::new()),
        };
        let attempt = match &entry.answer {
            BootAnswer::Install(ticket) => Some(self.admit(ticket)),
            BootAnswer::Local(_) => None,
        };
        if let Some(previous) =
            previous.filter(|previous| attempt.as_ref().is_none_or(|now| now.token != previous.token))
        {
            earlier.push_back(previous.token.clone());
            self.retire(&previous.token, Standing::Lapsed);
        }
        if let Some(attempt) = &attempt {
            earlier.retain(|token| *token != attempt.token);
            for token in &earlier {
                self.retire(token, Standing::Superseded);
            }
        }
        while earlier.len() > EARLIER {
            earlier.pop_front().and_then(|token| self.tokens.remove(&token));
        }
        for mac in &entry.macs {
            let hosts = self.macs.entry(*mac).or_default();
            // A list of its own accord makes room for four.
            hosts.reserve_exact(1);
            hosts.push(Arc::clone(&key));
        }
        self.hosts.insert(key, Box::new(Known { entry, attempt, earlier, finished }));
    }

    pub(crate) fn withdraw(&mut self, host: &HostKey) {
        let Some(known) = self.hosts.remove(host) else {
            return;
        };
        self.unlink(&known.entry);
        known.finished.iter().for_each(|token| {
            self.finished.remove(token);
        });
        for token in known.earlier.iter().chain(known.attempt.as_ref().map(|attempt| &attempt.token)) {
            self.tokens.remove(token);
        }
    }

    /// The attempt of a token that somebody showed.
    pub(crate) fn attempt(&self, shown: &str) -> Option<Arc<Attempt>> {
        let shown = Token::shown(shown);
        self.tokens.get(&shown).filter(|attempt| attempt.token.is(&shown)).cloned()
    }

    /// Whether somebody showed the token of the attempt that installed a host.
    pub(crate) fn is_finished(&self, shown: &str) -> bool {
        self.finished.contains(&Token::shown(shown))
    }

    /// Remembers the token of the attempt that installed the host, in the place of an earlier one.
    fn finish(&mut self, entry: &BootEntry) -> Option<Token> {
        let known = self.hosts.get(&entry.host);
        if let Some(known) = known.filter(|known| known.entry.finished == entry.finished) {
            return known.finished.clone();
        }
        if let Some(token) = known.and_then(|known| known.finished.as_ref()) {
            self.finished.remove(token);
        }
        let token = entry.finished.as_ref().map(|attempt| self.key.token(attempt))?;
        self.finished.insert(token.clone());
        Some(token)
    }

    /// The host of a machine, or why there is none.
    pub(crate) fn host(&self, machine: &Machine) -> Result<&Known, Decision> {
        let claims = machine.macs.iter().filter_map(|mac| self.macs.get(mac));
        let hosts: BTreeSet<&HostKey> = claims.flatten().map(AsRef::as_ref).collect();
        let mut hosts = hosts.into_iter();
        let known =
            hosts.next().and_then(|host| self.hosts.get(host)).ok_or_else(|| Decision::unknown(machine))?;
        match hosts.next() {
            Some(other) => Err(Decision::contested(&known.entry.host, other)),
            None => Ok(known),
        }
    }

    /// What a machine is told.
    pub(crate) fn decide(&self, machine: &Machine, now: Timestamp) -> Decision {
        if !self.is_primed {
            return Decision::Starting;
        }
        match self.host(machine) {
            Ok(known) => Decision::of(known, machine, now),
            Err(refusal) => refusal,
        }
    }

    /// The same attempt published again keeps what it remembers.
    fn admit(&mut self, ticket: &Arc<Ticket>) -> Arc<Attempt> {
        let token = self.key.token(&ticket.attempt);
        let attempt = Arc::new(match self.tokens.get(&token) {
            Some(known) => known.with(ticket.clone(), Standing::Current),
            None => Attempt::new(token.clone(), ticket.clone()),
        });
        self.tokens.insert(token, attempt.clone());
        attempt
    }

    fn retire(&mut self, token: &Token, standing: Standing) {
        if let Some(attempt) = self.tokens.get_mut(token) {
            *attempt = Arc::new(attempt.with(attempt.ticket.clone(), standing));
        }
    }

    fn unlink(&mut self, entry: &BootEntry) {
        for mac in &entry.macs {
            if let Some(hosts) = self.macs.get_mut(mac) {
                hosts.retain(|host| **host != entry.host);
                if hosts.is_empty() {
                    self.macs.remove(mac);
                }
            }
        }
    }
}
