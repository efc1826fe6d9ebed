//! The reset action (facts/metal-peers.md §4.4).

use super::answer::Answer;
use super::{Inner, etag};
use crate::machine::{MachineState, Power, ResetType};
use crate::shapes::Refusal;
use http::HeaderMap;
use serde_json::Value;

impl Inner {
    pub(super) fn reset(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        self.try_reset(headers, body, true).unwrap_or_else(|refused| refused)
    }

    /// The second system accepts resets and counts them, and nothing moves.
    pub(super) fn reset_second(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        self.try_reset(headers, body, false).unwrap_or_else(|refused| refused)
    }

    fn try_reset(&self, headers: &HeaderMap, body: &[u8], moves: bool) -> Result<Answer, Answer> {
        etag::check_action(self.shape.etag, headers)?;
        let name = reset_type(body)?;
        let allowed = self.shape.reset.allowed.contains(&name);
        let kind = name.parse::<ResetType>().ok().filter(|_| allowed);
        let Some(kind) = kind else {
            return Err(Answer::error(400, "ActionParameterNotSupported", &[&name, "Reset"]));
        };
        if moves {
            self.check_state(kind, &self.machine.state())?;
            self.machine.reset(kind);
        }
        self.recording.count(|counters| *counters.resets.entry(name).or_default() += 1);
        Ok(Answer::done(self.shape.reset.ok_status))
    }

    /// What this make says to a reset that the present state does not call for.
    fn check_state(&self, kind: ResetType, state: &MachineState) -> Result<(), Answer> {
        use ResetType as R;
        let shape = &self.shape.reset;
        let refuse =
            |refusal: &Option<Refusal>| refusal.as_ref().map_or(Ok(()), |one| Err(Answer::refusal(one)));
        match (kind, state.power) {
            (R::On | R::ForceOn, Power::On) | (R::ForceOff, Power::Off) => refuse(&shape.unneeded),
            (R::On | R::ForceOn, Power::PoweringOff) => Err(Answer::error(409, "ResourceInUse", &[])),
            (R::ForceRestart | R::GracefulRestart | R::GracefulShutdown | R::Nmi, Power::Off) => {
                Err(Answer::error(409, "ChassisPowerStateOnRequired", &["ComputerSystem.Reset"]))
            }
            (R::GracefulShutdown | R::GracefulRestart, _) if !state.runs_os() => {
                refuse(&shape.graceful_without_os)
            }
            _ => Ok(()),
        }
    }
}

fn reset_type(body: &[u8]) -> Result<String, Answer> {
    let value: Value = serde_json::from_slice(body).map_err(|_| Answer::error(400, "MalformedJSON", &[]))?;
    match value.get("ResetType") {
        Some(Value::String(name)) => Ok(name.clone()),
        _ => Err(Answer::error(400, "ActionParameterMissing", &["Reset", "ResetType"])),
    }
}
