//! What is done about a rack's connection next.

use std::time::Duration;

use super::{
    Approval, ConnectionState, ConnectionWish, Desired, Effect, Fingerprint, Handshake, HandshakeResult,
    Look, Move, Observation, Order, Plan, Record, Refresh, Situation, Step, handshake,
    plan::{clock_time, later},
};
use crate::reason::Reason;

/// OCI's clock is read to the second only: what is a whole second later is certainly later.
const RESOLUTION: Duration = Duration::from_secs(1);
/// How much earlier than after its lifetime a connection may have been ended for its age: our first sight of it came later than its begin.
const AGE_SLACK: Duration = Duration::from_hours(24);

/// The record with what was just seen.
pub(super) fn sighted(situation: &Situation<'_>) -> Record {
    let (seen, now) = (situation.seen, situation.now());
    let mut record = situation.record.clone();
    let first = if record.known { now } else { seen.changed_at() };
    record.infrastructure_id = Some(seen.id.clone());
    let Some(state) = &seen.state else { return record };
    record.known = true;
    let since = match &record.state {
        Some((before, since)) if before == state => *since,
        _ => first,
    };
    // In between it may have left this state and come back: every change moves `timeUpdated`.
    let is_measured = matches!(state, ConnectionState::Reject | ConnectionState::Disconnected);
    let since = if is_measured { since.max(seen.changed_at()) } else { since };
    record.state = Some((state.clone(), since));
    match state {
        ConnectionState::Connected => {
            record.connected_since.get_or_insert(first);
        }
        ConnectionState::Reject | ConnectionState::Request | ConnectionState::Ready => {
            ended(&mut record, state, situation);
        }
        ConnectionState::Disconnected | ConnectionState::Other(_) => {}
    }
    record
}

/// A connection that stood does not stand any more, and we did not end it.
fn ended(record: &mut Record, state: &ConnectionState, situation: &Situation<'_>) {
    let Some(connected_since) = record.connected_since.take() else { return };
    if record.handshake.step == Step::Connected && *state == ConnectionState::Reject {
        let of_age =
            situation.now() >= later(connected_since, situation.rules.lifetime.saturating_sub(AGE_SLACK));
        record.handshake.step = Step::Waiting;
        record.handshake.result =
            Some(if of_age { HandshakeResult::Expired } else { HandshakeResult::RejectedElsewhere });
    }
}

/// Goes one step further.
pub(super) fn next(situation: &Situation<'_>, plan: &mut Plan) {
    let Some(wish) = &situation.wish.connection else { return };
    match wish.desired {
        Desired::Rejected => reject_as_asked(situation, plan),
        Desired::Connected => connect(situation, wish, plan),
    }
}

/// A record that has failed is cut off like any other when that is asked for; nothing else is done about it.
pub(super) fn cut_broken(situation: &Situation<'_>, plan: &mut Plan) {
    let is_deleted = situation.seen.lifecycle_state == "DELETED";
    let wish = situation.wish.connection.as_ref();
    if !is_deleted && wish.is_some_and(|wish| wish.desired == Desired::Rejected) {
        reject_as_asked(situation, plan);
    }
}

/// Cuts the connection, from whatever state and at once: no version is asked for.
fn reject_as_asked(situation: &Situation<'_>, plan: &mut Plan) {
    let message = "cut off from Oracle Cloud as connection.desired asks; workloads on the rack go on, synchronisation stands still";
    plan.say(Reason::Rejected, message);
    let is_open = plan.record.handshake.step.is_open();
    if situation.seen.state == Some(ConnectionState::Reject) && !is_open {
        return;
    }
    let mut after = plan.record.clone();
    if is_open {
        after.handshake.result = Some(HandshakeResult::Withdrawn);
    }
    plan.say(Reason::Connecting, "the connection is being cut, as connection.desired asks");
    plan.order(Order::Reject, None, after, "connection.desired is Rejected");
    // Nobody knows whether the state is already on its way there.
    if matches!(situation.seen.state, None | Some(ConnectionState::Other(_))) {
        plan.look = Look::AtRest;
    }
}

fn connect(situation: &Situation<'_>, wish: &ConnectionWish, plan: &mut Plan) {
    let Some(state) = &situation.seen.state else {
        return plan.say(Reason::StateUnknown, "Oracle Cloud shows no connection state");
    };
    if refresh_as_asked(situation, wish, state, plan) {
        return;
    }
    match state {
        ConnectionState::Connected => keep(situation, wish, plan),
        ConnectionState::Disconnected => outlast(situation, wish, plan),
        ConnectionState::Other(word) => {
            let message =
                format!("Oracle Cloud shows the connection state {word:?}, which this version does not know");
            plan.say(Reason::StateUnknown, message);
        }
        _ => shake_hands(situation, wish, state, plan),
    }
}

/// Takes up a new `refreshId`. Returns whether the plan ends here.
fn refresh_as_asked(
    situation: &Situation<'_>,
    wish: &ConnectionWish,
    state: &ConnectionState,
    plan: &mut Plan,
) -> bool {
    let known = plan.record.refresh.as_ref().map(|refresh| &refresh.id);
    let Some(id) = wish.refresh_id.as_ref().filter(|id| known != Some(id)) else { return false };
    // A restored object cannot be told from a new one (docs/decisions/0004-history.md).
    let completed_at = (!situation.record.known).then(|| situation.now());
    let refresh = Some(Refresh { id: id.clone(), completed_at });
    match state {
        _ if completed_at.is_some() => plan.record.refresh = refresh,
        ConnectionState::Connected | ConnectionState::Disconnected => {
            let mut after = plan.record.clone();
            after.refresh = refresh;
            (after.handshake.failures, after.handshake.mismatches) = (0, 0);
            plan.say(Reason::Connecting, format!("being refreshed, as connection.refreshId {id:?} asks"));
            plan.reject_if_unchanged(situation, after, format!("refreshId {id:?} asks for a refresh"));
            return true;
        }
        ConnectionState::Other(_) => {}
        // It is being connected anyhow. A person has looked at it, so earlier failures do not count any more.
        _ => {
            plan.record.refresh = refresh;
            (plan.record.handshake.failures, plan.record.handshake.mismatches) = (0, 0);
        }
    }
    false
}

/// A connection that stands.
fn keep(situation: &Situation<'_>, wish: &ConnectionWish, plan: &mut Plan) {
    arrive(situation, plan);
    let now = situation.now();
    let Some(due) = plan.refresh else { return };
    let since = plan.record.connected_since.unwrap_or(now);
    plan.say(Reason::Connected, format!("connected since {}", clock_time(since)));
    if due.at > now {
        plan.look = Look::At(due.at);
    }
    if plan.record.handshake.result == Some(HandshakeResult::Mismatched) {
        let message = "the rack was let in although its fingerprint differs from Oracle Cloud's; set connection.desired: Rejected to cut it off";
        return plan.stuck(Reason::ConnectedUnmatched, message);
    }
    let upgrades = situation.seen.upgrade.as_ref().is_some_and(|upgrade| upgrade.is_active == Some(true));
    if due.misses_limit {
        let (limit, before) =
            (clock_time(due.limit), wish.refresh.as_ref().map(|policy| policy.before.as_secs() / 86_400));
        let message = format!(
            "connection.refresh: no window opens in the last {} days before the connection ends at {limit}; make refresh.before longer or \
             let refresh.window come more often",
            before.unwrap_or_default()
        );
        plan.stuck(Reason::WindowMissesLimit, message);
    } else if due.is_now && !upgrades {
        plan.say(Reason::Connecting, "being refreshed before Oracle Cloud ends the connection");
        let why = format!("refresh before the connection ends at {}", clock_time(due.limit));
        plan.reject_if_unchanged(situation, plan.record.clone(), why);
    }
}

/// Notes that the rack is connected, and how that came to be.
fn arrive(situation: &Situation<'_>, plan: &mut Plan) {
    let now = situation.now();
    let handshake = &mut plan.record.handshake;
    if let Some(refresh) = &mut plan.record.refresh {
        refresh.completed_at.get_or_insert(now);
    }
    if handshake.step == Step::Connected {
        return;
    }
    if handshake.step == Step::Waiting {
        forget_fingerprints(handshake);
    }
    if handshake.oci_fingerprint.is_none() {
        handshake.oci_fingerprint.clone_from(&situation.seen.fingerprint);
    }
    let same = is_same(handshake);
    if handshake.step != Step::Waiting || situation.record.known {
        handshake.result = Some(match same {
            Some(true) => HandshakeResult::Matched,
            Some(false) if handshake.step.is_open() => HandshakeResult::Mismatched,
            _ => HandshakeResult::AcceptedElsewhere,
        });
    }
    handshake.step = Step::Connected;
    if handshake.result != Some(HandshakeResult::Mismatched) {
        (handshake.failures, handshake.mismatches) = (0, 0);
    }
}

/// What somebody else began has nothing to do with the fingerprints of our last attempt.
fn forget_fingerprints(handshake: &mut Handshake) {
    (handshake.rack_fingerprint, handshake.oci_fingerprint) = (None, None);
}

fn is_same(handshake: &Handshake) -> Option<bool> {
    Some(handshake.rack_fingerprint.as_ref()?.matches(handshake.oci_fingerprint.as_ref()?))
}

/// A connection whose contact is lost.
fn outlast(situation: &Situation<'_>, wish: &ConnectionWish, plan: &mut Plan) {
    let since = plan.record.since(situation.now());
    let Some(patience) = wish.outage else {
        let message =
            format!("contact is lost since {}; connection.reconnectAfterOutage is Never", clock_time(since));
        return plan.say(Reason::Disconnected, message);
    };
    let until = later(since, patience);
    if situation.now() < until {
        let message =
            format!("contact is lost since {}; connected anew at {}", clock_time(since), clock_time(until));
        plan.say(Reason::Disconnected, message);
        plan.look = Look::At(until);
        return;
    }
    plan.say(Reason::Connecting, format!("being connected anew: contact was lost at {}", clock_time(since)));
    let why = "the outage lasts longer than connection.reconnectAfterOutage";
    plan.reject_if_unchanged(situation, plan.record.clone(), why);
}

fn shake_hands(situation: &Situation<'_>, wish: &ConnectionWish, state: &ConnectionState, plan: &mut Plan) {
    let Some(next) = handshake::next(state, plan.record.handshake.step) else { return };
    match next {
        Move::Begin => begin(situation, plan),
        Move::AwaitRequest => await_request(situation, plan),
        Move::Compare => compare(situation, wish, plan),
        Move::AwaitLink => await_link(situation, plan),
        Move::Reject(result) => fail(plan, result),
        Move::RejectFailed => reject_failed(situation, plan),
        Move::StartOver(result) => {
            plan.record.handshake.step = Step::Waiting;
            plan.record.handshake.result = Some(result);
            plan.record.handshake.failures += 1;
            begin(situation, plan);
        }
    }
}

/// In `REJECT`: waits for the waiting time and for a PIN, then gives it to the rack.
fn begin(situation: &Situation<'_>, plan: &mut Plan) {
    let (now, rules) = (situation.now(), situation.rules);
    let handshake = &mut plan.record.handshake;
    handshake.step = Step::Waiting;
    if handshake.mismatches >= rules.mismatches {
        let message = format!(
            "the fingerprints differed in {} attempts since the last connection; find out who answers in the rack's place, then give connection.refreshId a new value",
            handshake.mismatches
        );
        return plan.stuck(Reason::MismatchesExhausted, message);
    }
    let not_before =
        later(plan.record.since(now), rules.waiting_time(plan.record.handshake.failures) + RESOLUTION);
    plan.not_before = Some(not_before);
    let (reason, before) = standing(&plan.record.handshake);
    if now < not_before {
        plan.say(
            reason,
            format!("{before}waiting; the next handshake may begin at {}", clock_time(not_before)),
        );
        plan.look = Look::At(not_before);
        return;
    }
    let overdue = now >= later(not_before, rules.pin);
    match (&situation.seen.pin, situation.pin_is_spent) {
        (Some(_), false) => give_pin(situation, plan),
        (None, _) if !overdue => {
            plan.say(reason, format!("{before}waiting for Oracle Cloud to show a PIN"));
            plan.look = Look::Soon;
        }
        (_, spent) => {
            let why = if spent { "the PIN that it shows was used before" } else { "it shows no PIN" };
            let mut after = plan.record.clone();
            after.handshake.failures += 1;
            plan.say(Reason::HandshakeFailed, format!("Oracle Cloud is asked for a new PIN: {why}"));
            plan.reject_if_unchanged(situation, after, why);
        }
    }
}

/// How a waiting rack stands, and what came before.
fn standing(handshake: &Handshake) -> (Reason, String) {
    // What failed since a connection stood was no attempt: OCI had no PIN for one.
    let ended = handshake.result.filter(|result| match result {
        HandshakeResult::Matched | HandshakeResult::AcceptedElsewhere => false,
        HandshakeResult::Expired => true,
        _ => handshake.failures > 0,
    });
    let words = ended.map(|result| format!("attempt {}: {}; ", handshake.attempt, result.words()));
    let reason = match ended {
        Some(HandshakeResult::Mismatched) => Reason::FingerprintMismatch,
        Some(HandshakeResult::Expired) | None => Reason::Connecting,
        Some(_) => Reason::HandshakeFailed,
    };
    (reason, words.unwrap_or_default())
}

fn give_pin(situation: &Situation<'_>, plan: &mut Plan) {
    let mut before = plan.record.clone();
    let Handshake { attempt, failures, mismatches, .. } = before.handshake;
    before.handshake = Handshake {
        attempt: attempt.saturating_add(1),
        step: Step::Posting,
        started_at: Some(situation.now()),
        failures,
        mismatches,
        ..Handshake::default()
    };
    plan.say(
        Reason::Connecting,
        format!("attempt {}: the rack is being given its PIN", before.handshake.attempt),
    );
    plan.effect = Some(Effect::GivePin { before: Box::new(before) });
    plan.look = Look::Now;
}

fn await_request(situation: &Situation<'_>, plan: &mut Plan) {
    let Handshake { attempt, started_at, .. } = plan.record.handshake;
    let until = later(started_at.unwrap_or_default(), situation.rules.request);
    if situation.now() >= until {
        return fail(plan, HandshakeResult::TimedOut);
    }
    let message = format!(
        "attempt {attempt}: the rack took its PIN; until {} it may ask Oracle Cloud to be let in",
        clock_time(until)
    );
    plan.say(Reason::Connecting, message);
    plan.look = Look::Soon;
}

/// In `REQUEST`: `READY` is told only for the very version of the record in which the equal fingerprint was seen.
fn compare(situation: &Situation<'_>, wish: &ConnectionWish, plan: &mut Plan) {
    let attempt = plan.record.handshake.attempt;
    let Some(rack) = plan.record.handshake.rack_fingerprint.clone() else {
        return fail(plan, HandshakeResult::OutcomeUnknown);
    };
    let (Some(oci), Some(etag)) = (&situation.seen.fingerprint, &situation.seen.etag) else {
        return await_fingerprint(situation, plan);
    };
    plan.record.handshake.oci_fingerprint = Some(oci.clone());
    if !rack.matches(oci) {
        return fail(plan, HandshakeResult::Mismatched);
    }
    if let Some(missing) = missing_approval(&wish.approval, oci) {
        plan.record.handshake.step = Step::AwaitingApproval;
        return plan.stuck(
            Reason::ApprovalAwaited,
            format!("attempt {attempt}: the fingerprints are the same; {missing}"),
        );
    }
    if plan.record.handshake.step != Step::AwaitingApproval {
        plan.record.handshake.step = Step::Comparing;
    }
    plan.say(
        Reason::Connecting,
        format!("attempt {attempt}: the fingerprints are the same; the rack is being let in"),
    );
    let mut after = plan.record.clone();
    after.handshake.step = Step::Connecting;
    plan.order(Order::Ready, Some(etag), after, "the fingerprints are the same");
}

/// What keeps the rack out although its fingerprint is right.
fn missing_approval(approval: &Approval, oci: &Fingerprint) -> Option<&'static str> {
    match approval {
        Approval::Automatic => None,
        Approval::Manual(Some(approved)) if approved.matches(oci) => None,
        Approval::Manual(Some(_)) => Some(
            "connection.approvedFingerprint is another one, perhaps of an earlier attempt: compare again, then kubectl slipway approve",
        ),
        Approval::Manual(None) => Some("compare them with the rack, then kubectl slipway approve"),
    }
}

fn await_fingerprint(situation: &Situation<'_>, plan: &mut Plan) {
    let until = later(plan.record.since(situation.now()), situation.rules.fingerprint);
    if situation.now() >= until {
        return fail(plan, HandshakeResult::TimedOut);
    }
    plan.record.handshake.step = Step::Comparing;
    let message = format!(
        "attempt {}: the rack asks to be let in; waiting until {} for Oracle Cloud's fingerprint",
        plan.record.handshake.attempt,
        clock_time(until)
    );
    plan.say(Reason::Connecting, message);
    plan.look = Look::Soon;
}

/// In `READY`: whoever accepted it, different fingerprints end it.
fn await_link(situation: &Situation<'_>, plan: &mut Plan) {
    let handshake = &mut plan.record.handshake;
    if !handshake.step.is_open() {
        forget_fingerprints(handshake);
    } else if let Some(oci) = &situation.seen.fingerprint {
        handshake.oci_fingerprint = Some(oci.clone());
        if is_same(handshake) == Some(false) {
            return fail(plan, HandshakeResult::Mismatched);
        }
    }
    handshake.step = Step::Connecting;
    let until = later(plan.record.since(situation.now()), situation.rules.connect);
    if situation.now() >= until {
        return fail(plan, HandshakeResult::TimedOut);
    }
    plan.say(Reason::Connecting, format!("accepted; the link may take until {}", clock_time(until)));
    plan.look = Look::Soon;
}

/// Notes that the attempt failed. OCI is told in the next round, once that is stored: a mismatch must not be forgotten.
fn fail(plan: &mut Plan, result: HandshakeResult) {
    let handshake = &mut plan.record.handshake;
    if result == HandshakeResult::StartedElsewhere {
        forget_fingerprints(handshake);
    }
    handshake.step = Step::Failed;
    handshake.result = Some(result);
    handshake.failures = handshake.failures.saturating_add(1);
    handshake.mismatches = if result == HandshakeResult::Mismatched {
        handshake.mismatches.saturating_add(1)
    } else {
        handshake.mismatches
    };
    let (reason, words) = standing(&plan.record.handshake);
    plan.say(reason, format!("{words}Oracle Cloud is told REJECT"));
    plan.effect = None;
    plan.look = Look::Now;
}

fn reject_failed(situation: &Situation<'_>, plan: &mut Plan) {
    let (reason, words) = standing(&plan.record.handshake);
    plan.say(reason, format!("{words}Oracle Cloud is told REJECT"));
    let why = plan.record.handshake.result.map_or("the attempt failed", HandshakeResult::words);
    let after = plan.record.clone();
    plan.reject_if_unchanged(situation, after, why);
}

impl Effect {
    /// The record once OCI has carried the order out and answered with the record as it is now.
    #[must_use]
    pub fn taken(after: &Record, order: Option<Order>, answer: &Observation) -> Record {
        let mut record = after.clone();
        let Some(order) = order else { return record };
        if order == Order::Reject {
            record.handshake.step = Step::Waiting;
            record.connected_since = None;
        }
        if let Some(state) = &answer.state {
            record.state = Some((state.clone(), answer.seen_at));
        }
        record
    }
}

/// The record once the rack has answered with its fingerprint.
#[must_use]
pub fn pin_given(before: &Record, fingerprint: Fingerprint) -> Record {
    let mut record = before.clone();
    record.handshake.step = Step::Posted;
    record.handshake.rack_fingerprint = Some(fingerprint);
    record
}

/// The record once the rack may have been given the PIN and gave no fingerprint.
#[must_use]
pub fn pin_lost(before: &Record) -> Record {
    let mut record = before.clone();
    record.handshake.step = Step::Failed;
    record.handshake.result = Some(HandshakeResult::RackRefused);
    record.handshake.failures = record.handshake.failures.saturating_add(1);
    record
}
