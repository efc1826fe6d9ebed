//! Resets (`facts/metal-peers.md §4.4`).

use std::collections::BTreeSet;

use serde_json::json;
use slipway_core::{
    failure::Failure,
    host::{Power, Reset},
    reason::Reason,
};
use slipway_outbound::{Method, StatusCode};

use crate::{
    discovery,
    message::Class,
    reply::Reply,
    resource::Resource,
    system,
    visit::{Call, Visit},
};

/// Words that will do for a reset, the best first. None that toggles or takes more down than asked.
const WORDS: [(Reset, &[&str]); 6] = [
    (Reset::On, &["On", "ForceOn"]),
    (Reset::GracefulShutdown, &["GracefulShutdown"]),
    (Reset::ForceOff, &["ForceOff"]),
    (Reset::GracefulRestart, &["GracefulRestart"]),
    (Reset::ForceRestart, &["ForceRestart", "PowerCycle"]),
    (Reset::PowerCycle, &["PowerCycle"]),
];

/// What a system offers of `ComputerSystem.Reset`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Offer {
    target: Option<String>,
    /// Where the allowed values are listed, when not in the system itself.
    action_info: Option<String>,
    /// Allowed values, where known.
    listed: Option<Vec<&'static str>>,
}

impl Offer {
    /// What the system resource itself says.
    pub(crate) fn of(system: &Resource) -> Self {
        let action = |part: &str| format!("/Actions/#ComputerSystem.Reset/{part}");
        let words = system.words(&action("ResetType@Redfish.AllowableValues"));
        Self {
            target: system.text(&action("target")).map(str::to_owned),
            action_info: system.text(&action("@Redfish.ActionInfo")).map(str::to_owned),
            listed: words.map(|words| known_words(&words)),
        }
    }

    /// In the domain's words; empty when the BMC does not say.
    pub(crate) fn resets(&self) -> BTreeSet<Reset> {
        let Some(listed) = &self.listed else {
            return BTreeSet::new();
        };
        let offered = |words: &[&str]| words.first().is_some_and(|best| listed.contains(best));
        let on = listed.contains(&"ForceOn").then_some(Reset::On);
        WORDS.iter().filter(|(_, words)| offered(words)).map(|(reset, _)| *reset).chain(on).collect()
    }

    /// The word to send; `None` when nothing that will do is allowed.
    fn word(&self, reset: Reset) -> Option<&'static str> {
        let (_, words) = WORDS.iter().find(|(known, _)| *known == reset)?;
        match &self.listed {
            Some(listed) if !listed.is_empty() => words.iter().find(|word| listed.contains(word)).copied(),
            _ => words.first().copied(),
        }
    }

    /// The list behind `@Redfish.ActionInfo` may differ with a new firmware.
    pub(crate) fn forget_listed(&mut self) {
        if self.action_info.is_some() {
            self.listed = None;
        }
    }

    /// Reads the allowed values from where the system says they are, unless they are known.
    pub(crate) async fn complete(visit: &mut Visit<'_>) -> Result<(), Failure> {
        let Some(known) = discovery::known(visit) else {
            return Ok(());
        };
        let (Some(path), None) = (known.offer.action_info.clone(), &known.offer.listed) else {
            return Ok(());
        };
        let Some(info) = visit.find(&path).await? else {
            return Ok(());
        };
        let parameter = info.list("/Parameters").iter().find(|parameter| parameter["Name"] == "ResetType");
        let values = parameter.and_then(|parameter| parameter["AllowableValues"].as_array());
        let words: Option<Vec<_>> =
            values.map(|values| values.iter().filter_map(|value| value.as_str()).collect());
        if let Some(known) = discovery::known_mut(visit) {
            known.offer.listed = words.map(|words| known_words(&words));
        }
        Ok(())
    }
}

fn known_words(words: &[&str]) -> Vec<&'static str> {
    let known: BTreeSet<_> = WORDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
    known.into_iter().filter(|word| words.contains(word)).collect()
}

/// Sends one reset: one POST, once the way is known. Looks at the machine only when the BMC refuses.
pub(crate) async fn reset(visit: &mut Visit<'_>, reset: Reset) -> Result<(), Failure> {
    let cached = discovery::known(visit).is_some();
    let reply = post(visit, reset).await?;
    // Nothing was done at a path that is gone.
    if cached && reply.status() == StatusCode::NOT_FOUND {
        visit.memory.forget_paths();
        let reply = post(visit, reset).await?;
        return judge(visit, reset, &reply).await;
    }
    judge(visit, reset, &reply).await
}

async fn post(visit: &mut Visit<'_>, reset: Reset) -> Result<Reply, Failure> {
    if discovery::known(visit).is_none() {
        discovery::system(visit).await?;
    }
    Offer::complete(visit).await?;
    let offer = discovery::known(visit).map(|known| known.offer.clone()).unwrap_or_default();
    let Some(target) = offer.target.clone() else {
        let message = format!("{} offers no reset of this system", visit.label());
        return Err(Failure::new(Reason::ResetUnsupported, message));
    };
    let Some(word) = offer.word(reset) else {
        let offered = offer.listed.unwrap_or_default().join(", ");
        let message = format!("{} cannot do {reset}; it offers {offered}", visit.label());
        return Err(Failure::new(Reason::ResetUnsupported, message));
    };
    let limit = visit.limits().reset;
    visit
        .request(|| Call::new("reset", Method::POST, &target, limit).with_body(&json!({"ResetType": word})))
        .await
}

async fn judge(visit: &mut Visit<'_>, reset: Reset, reply: &Reply) -> Result<(), Failure> {
    let what = format!("the reset {reset}");
    let status = reply.status();
    if status.is_success() {
        if reply.is_foreign() {
            return Err(crate::refusal::not_redfish(visit.label(), &what, reply).with_unknown_effect());
        }
        return Ok(());
    }
    if [StatusCode::BAD_REQUEST, StatusCode::CONFLICT].contains(&status) && is_done(visit, reset).await {
        return Ok(());
    }
    Err(refused(visit, &what, reply))
}

/// Whether the machine is already as the reset would leave it. A look that fails says nothing.
async fn is_done(visit: &mut Visit<'_>, reset: Reset) -> bool {
    let Ok(system) = discovery::system(visit).await else {
        return false;
    };
    let power = system::power(&system);
    match reset {
        Reset::On => matches!(power, Power::On | Power::PoweringOn),
        Reset::ForceOff | Reset::GracefulShutdown => matches!(power, Power::Off | Power::PoweringOff),
        Reset::GracefulRestart | Reset::ForceRestart | Reset::PowerCycle => false,
    }
}

fn refused(visit: &mut Visit<'_>, what: &str, reply: &Reply) -> Failure {
    let mut failure = visit.refusal(what, reply);
    if failure.reason != Reason::BmcFault || reply.status() == StatusCode::FORBIDDEN {
        return failure;
    }
    failure.reason = Reason::ResetRefused;
    if reply.class() == Some(Class::Form) {
        failure.reason = Reason::ResetUnsupported;
        // What it allows may have changed.
        visit.memory.forget_paths();
    }
    // Only a server that broke down may have acted before.
    if reply.status().is_server_error() { failure.with_unknown_effect() } else { failure }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use slipway_core::host::Reset;

    use super::Offer;
    use crate::resource::Resource;

    fn offer(words: &[&str]) -> Offer {
        let body = json!({"Actions": {"#ComputerSystem.Reset": {
            "target": "/x", "ResetType@Redfish.AllowableValues": words,
        }}});
        Offer::of(&Resource { path: String::new(), etag: None, body })
    }

    #[test]
    fn the_best_allowed_word_is_sent() {
        let lenovo = offer(&["Nmi", "ForceOn", "ForceOff", "PushPowerButton", "PowerCycle"]);
        assert_eq!(lenovo.word(Reset::On), Some("ForceOn"));
        assert_eq!(lenovo.word(Reset::ForceRestart), Some("PowerCycle"));
        assert_eq!(lenovo.word(Reset::GracefulShutdown), None);
        assert_eq!(lenovo.resets(), [Reset::On, Reset::ForceOff, Reset::PowerCycle].into());
    }

    #[test]
    fn a_bmc_that_does_not_say_is_taken_at_the_standards_word() {
        assert_eq!(Offer::default().word(Reset::PowerCycle), Some("PowerCycle"));
        assert_eq!(offer(&[]).word(Reset::On), Some("On"));
        assert!(Offer::default().resets().is_empty());
    }
}
