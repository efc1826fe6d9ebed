//! Faults on demand: which requests they meet and what they do.

use crate::guarded::Guarded;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::watch;

/// What happens to a request. Names and figures of the JSON form are those of the control API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Effect {
    /// The request is handled after a delay; other faults still apply.
    Slow {
        /// Delay in milliseconds.
        millis: u64,
    },
    /// This status instead of an answer; nothing is done.
    Status {
        /// HTTP status.
        code: u16,
        /// `MessageId` of a Redfish error body; `None`: no body.
        message_id: Option<String>,
    },
    /// 503 with `Retry-After`; nothing is done.
    RetryLater {
        /// Seconds in `Retry-After`.
        seconds: u32,
    },
    /// 200 with a body that is not JSON although it says so.
    Garbage,
    /// 200 with an HTML page.
    Html,
    /// 200 with no body.
    Empty,
    /// 200 with a JSON string that goes on for this many bytes, streamed.
    Endless {
        /// Bytes to send.
        bytes: u64,
    },
    /// The connection is cut; nothing is done.
    CutBefore,
    /// The request takes effect, then the connection is cut without an answer.
    CutAfter,
    /// The request takes effect, the answer stops in its middle.
    CutMiddle,
    /// No answer ever; nothing is done.
    Hang,
    /// The request takes effect, no answer ever.
    HangAfter,
}

/// How an effect bears on a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The request waits first.
    Delay(Duration),
    /// One such effect a request; it decides over the answer as a whole.
    Instead,
    /// Any number of them a request; each changes a part of what is done or answered.
    Beside,
}

/// What a [`Fault`] does.
pub(crate) trait Disturbs: Clone {
    fn role(&self) -> Role;
}

impl Disturbs for Effect {
    fn role(&self) -> Role {
        match self {
            Self::Slow { millis } => Role::Delay(Duration::from_millis(*millis)),
            _ => Role::Instead,
        }
    }
}

/// A fault and the requests it meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault<E = Effect> {
    /// What happens.
    pub effect: E,
    /// HTTP method; `None`: any.
    #[serde(default)]
    pub method: Option<String>,
    /// Part of the path; `None`: any.
    #[serde(default)]
    pub path: Option<String>,
    /// Matching requests let through first.
    #[serde(default)]
    pub skip: u64,
    /// Matching requests met after those; `None`: all.
    #[serde(default)]
    pub times: Option<u64>,
}

impl<E> Fault<E> {
    /// A fault that meets every request.
    #[must_use]
    pub fn new(effect: E) -> Self {
        Self { effect, method: None, path: None, skip: 0, times: None }
    }

    /// Only requests of this method whose path contains this text.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// Lets the first `skip` matching requests through.
    #[must_use]
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// Meets at most `times` requests.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Meets one request.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

/// Name of a fault that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultId(pub u64);

/// What the faults ask for one request.
#[derive(Debug)]
pub(crate) struct Verdict<E = Effect> {
    pub(crate) delay: Duration,
    pub(crate) effect: Option<E>,
}

#[derive(Debug)]
struct Entry<E> {
    id: FaultId,
    fault: Fault<E>,
    seen: u64,
    hits: u64,
}

impl<E> Entry<E> {
    /// Counts a request that the fault is for, and says whether it is met.
    fn meets(&mut self) -> bool {
        self.seen += 1;
        if self.seen <= self.fault.skip || self.fault.times.is_some_and(|times| self.hits >= times) {
            return false;
        }
        self.hits += 1;
        true
    }
}

#[derive(Debug)]
struct Entries<E> {
    next: u64,
    entries: Vec<Entry<E>>,
}

/// The faults of one BMC, of the cloud or of one rack.
#[derive(Debug)]
pub(crate) struct FaultBook<E = Effect> {
    entries: Guarded<Entries<E>>,
    changed: watch::Sender<()>,
}

impl<E> Default for FaultBook<E> {
    fn default() -> Self {
        let entries = Entries { next: 0, entries: Vec::new() };
        Self { entries: Guarded::new(entries), changed: watch::channel(()).0 }
    }
}

impl<E: Disturbs> FaultBook<E> {
    pub(crate) fn add(&self, fault: Fault<E>) -> FaultId {
        let mut entries = self.entries.lock();
        entries.next += 1;
        let id = FaultId(entries.next);
        entries.entries.push(Entry { id, fault, seen: 0, hits: 0 });
        id
    }

    pub(crate) fn remove(&self, id: FaultId) {
        self.entries.lock().entries.retain(|entry| entry.id != id);
    }

    pub(crate) fn clear(&self) {
        self.entries.lock().entries.clear();
    }

    pub(crate) fn hits(&self, id: FaultId) -> u64 {
        self.entries.lock().entries.iter().find(|entry| entry.id == id).map_or(0, |entry| entry.hits)
    }

    pub(crate) fn list(&self) -> Vec<(FaultId, Fault<E>, u64)> {
        let entries = self.entries.lock();
        entries.entries.iter().map(|entry| (entry.id, entry.fault.clone(), entry.hits)).collect()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Delays add up; of the other effects the one set first wins and later ones do not count the request. Effects
    /// beside are left to [`FaultBook::beside`].
    pub(crate) fn judge(&self, method: &str, path: &str) -> Verdict<E> {
        let mut verdict = Verdict { delay: Duration::ZERO, effect: None };
        for entry in &mut self.entries.lock().entries {
            let role = entry.fault.effect.role();
            let taken = verdict.effect.is_some() && role == Role::Instead;
            if taken || role == Role::Beside || !entry.fault.matches(method, path) || !entry.meets() {
                continue;
            }
            match role {
                Role::Delay(delay) => verdict.delay += delay,
                _ => verdict.effect = Some(entry.fault.effect.clone()),
            }
        }
        self.changed.send_replace(());
        verdict
    }

    /// Effects beside that meet this request. Only those that can change something now count it.
    pub(crate) fn beside(&self, method: &str, path: &str, applies: impl Fn(&E) -> bool) -> Vec<E> {
        let mut met = Vec::new();
        for entry in &mut self.entries.lock().entries {
            let effect = &entry.fault.effect;
            let wanted = effect.role() == Role::Beside && applies(effect);
            if wanted && entry.fault.matches(method, path) && entry.meets() {
                met.push(entry.fault.effect.clone());
            }
        }
        self.changed.send_replace(());
        met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_requests_are_met() {
        let book: FaultBook = FaultBook::default();
        let id = book.add(Fault::new(Effect::Html).on("GET", "/Systems").after(1).times(2));
        let met = |method: &str, path: &str| book.judge(method, path).effect.is_some();
        assert!(!met("POST", "/redfish/v1/Systems"));
        assert!(!met("GET", "/redfish/v1/Managers"));
        assert_eq!([(); 5].map(|()| met("GET", "/redfish/v1/Systems/1")), [false, true, true, false, false]);
        assert_eq!(book.hits(id), 2);
    }

    #[test]
    fn delays_add_to_another_effect() {
        let book: FaultBook = FaultBook::default();
        book.add(Fault::new(Effect::Slow { millis: 3 }));
        book.add(Fault::new(Effect::Empty));
        book.add(Fault::new(Effect::Slow { millis: 4 }));
        let verdict = book.judge("GET", "/");
        assert_eq!((verdict.delay, verdict.effect), (Duration::from_millis(7), Some(Effect::Empty)));
    }

    #[test]
    fn the_control_form_is_plain_json() {
        let fault: Fault = serde_json::from_str(
            r#"{"effect":{"kind":"retry-later","seconds":2},"path":"/Systems","times":1}"#,
        )
        .unwrap();
        assert_eq!(fault.effect, Effect::RetryLater { seconds: 2 });
        assert_eq!((fault.method, fault.skip, fault.times), (None, 0, Some(1)));
    }
}
