//! Conditions: kept stable, so that equal looks give equal status.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use slipway_core::{
    clock::Timestamp,
    finding::Finding,
    reason::{Class, Reason},
};
use slipway_crds::condition::{READY, RECONCILING, STALLED};

/// Value of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// Builds the condition list of one status from the one before it.
pub(crate) struct Conditions<'a> {
    previous: &'a [Condition],
    generation: Option<i64>,
    now: Timestamp,
    list: Vec<Condition>,
}

impl<'a> Conditions<'a> {
    pub(crate) fn new(previous: &'a [Condition], generation: Option<i64>, now: Timestamp) -> Self {
        Self { previous, generation, now, list: Vec::new() }
    }

    /// Sets one condition; its transition time moves only with its value.
    pub(crate) fn set(&mut self, kind: &str, truth: Truth, finding: &Finding) {
        let before = self.previous.iter().find(|condition| condition.type_ == kind);
        let since = before
            .filter(|condition| condition.status == truth.as_str())
            .map_or(Time(self.now), |condition| condition.last_transition_time.clone());
        let message = bounded(&finding.message);
        let said =
            before.filter(|condition| without_request_id(&condition.message) == without_request_id(&message));
        self.list.push(Condition {
            type_: kind.to_owned(),
            status: truth.as_str().to_owned(),
            reason: finding.reason.to_string(),
            message: said.map_or(message, |condition| condition.message.clone()),
            last_transition_time: since,
            observed_generation: self.generation,
        });
    }

    /// Keeps a condition as it was, or sets it to unknown when it never had a value.
    pub(crate) fn keep(&mut self, kind: &str, finding: &Finding) {
        match self.previous.iter().find(|condition| condition.type_ == kind) {
            Some(before) => {
                self.list.push(Condition { observed_generation: self.generation, ..before.clone() });
            }
            None => self.set(kind, Truth::Unknown, finding),
        }
    }

    /// Sets `Ready`, `Reconciling` and `Stalled` by kstatus' rules: the last two are there only while they are true
    /// (`facts/reliability-ux.md §3.1`).
    pub(crate) fn overall(&mut self, finding: &Finding) {
        let class = finding.reason.class();
        let ready = if class == Class::Fine && finding.reason != Reason::Suspended {
            Truth::True
        } else {
            Truth::False
        };
        self.set(READY, ready, finding);
        match class {
            Class::Fine => {}
            Class::Waiting | Class::Transient => self.set(RECONCILING, Truth::True, finding),
            Class::Person => self.set(STALLED, Truth::True, finding),
        }
    }

    pub(crate) fn list(self) -> Vec<Condition> {
        self.list
    }
}

/// Words before an identifier that a peer gives to one request.
const REQUEST_IDS: [&str; 2] = ["opc-request-id ", "operation_id "];

/// A message without the peer's identifier of the request, which is another one each time: what is said again word for word is no news.
fn without_request_id(message: &str) -> (&str, &str) {
    let split = REQUEST_IDS.iter().find_map(|word| message.split_once(word));
    let (before, after) = split.unwrap_or((message, ""));
    (
        before,
        after
            .trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '-')),
    )
}

/// The API refuses messages over 32 KiB; people stop reading long before.
fn bounded(message: &str) -> String {
    message.chars().take(1000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn overall(previous: &[Condition], now: &str, reason: Reason) -> Vec<Condition> {
        let mut list = Conditions::new(previous, Some(1), moment(now));
        list.overall(&Finding::new(reason, "as it is"));
        list.list()
    }

    fn kinds(list: &[Condition]) -> Vec<(&str, &str)> {
        list.iter().map(|condition| (condition.type_.as_str(), condition.status.as_str())).collect()
    }

    #[test]
    fn kstatus_sees_done_working_and_stuck() {
        let now = "2026-11-21T10:00:00Z";
        for (reason, wanted) in [
            (Reason::Available, vec![("Ready", "True")]),
            (Reason::Installing, vec![("Ready", "False"), ("Reconciling", "True")]),
            (Reason::Unreachable, vec![("Ready", "False"), ("Reconciling", "True")]),
            (Reason::SecretMissing, vec![("Ready", "False"), ("Stalled", "True")]),
            (Reason::Suspended, vec![("Ready", "False")]),
        ] {
            assert_eq!(kinds(&overall(&[], now, reason)), wanted, "{reason}");
        }
    }

    #[test]
    fn the_transition_time_moves_with_the_value_only() {
        let first = overall(&[], "2026-11-21T10:00:00Z", Reason::Available);
        let same = overall(&first, "2026-11-21T11:00:00Z", Reason::Installed);
        assert_eq!(same[0].last_transition_time, first[0].last_transition_time);
        let other = overall(&same, "2026-11-21T12:00:00Z", Reason::Unreachable);
        assert_eq!(other[0].last_transition_time, Time(moment("2026-11-21T12:00:00Z")));
    }

    #[test]
    fn another_request_id_is_no_news() {
        let message = |previous: &[Condition], text: &str| {
            let mut list = Conditions::new(previous, Some(1), moment("2026-11-21T10:00:00Z"));
            list.set("Ready", Truth::False, &Finding::new(Reason::CloudFault, text));
            list.list()
        };
        let first = message(&[], "500 (opc-request-id 0A1/B2); wait");
        let again = message(&first, "500 (opc-request-id 0A2/C3); wait");
        assert_eq!(again, first);
        let other = message(&first, "503 (opc-request-id 0A2/C3); wait");
        assert!(other[0].message.starts_with("503 (opc-request-id 0A2"), "{}", other[0].message);
    }

    #[test]
    fn what_was_not_looked_at_is_kept_or_unknown() {
        let mut list = Conditions::new(&[], Some(1), moment("2026-11-21T10:00:00Z"));
        list.keep("Powered", &Finding::new(Reason::Unreachable, "no answer"));
        let unknown = list.list();
        assert_eq!(kinds(&unknown), [("Powered", "Unknown")]);
        let mut list = Conditions::new(&unknown, Some(2), moment("2026-11-21T10:01:00Z"));
        list.set("Powered", Truth::True, &Finding::new(Reason::PoweredOn, "on"));
        let on = list.list();
        let mut list = Conditions::new(&on, Some(3), moment("2026-11-21T10:02:00Z"));
        list.keep("Powered", &Finding::new(Reason::Unreachable, "no answer"));
        let kept = list.list();
        assert_eq!((kept[0].reason.as_str(), kept[0].observed_generation), ("PoweredOn", Some(3)));
    }
}
