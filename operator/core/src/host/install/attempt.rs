//! What to do next about an installation.

use std::time::Duration;

use super::{InstallRecord, InstallStep, Trigger};
use crate::{
    backoff,
    finding::Finding,
    host::{
        BootFrom, Completion, Effect, InstallWish, Intent, Method, Plan, Power, PowerWish, Reset, Situation,
        intent::elapsed,
        power_plan::{switch_off, switch_on},
    },
    reason::{Class, Reason},
};

/// Goes one step further with the installation asked for, or says that there is none to do.
pub(in crate::host) fn next(situation: &Situation<'_>, plan: &mut Plan) -> bool {
    let Some(wish) = &situation.wish.install else { return false };
    let current = plan.record.install.clone().filter(|record| record.id == wish.id);
    match current {
        None if plan.record.carried_out.contains(&wish.id) => {
            plan.stuck(Reason::IdUsedBefore, used_before(wish));
        }
        None => begin(situation, plan, wish, 1),
        Some(record) if record.is_installed() => return start_from_disk(situation, plan, wish, &record),
        Some(record) if record.is_under_way() => go_on(situation, plan, wish, &record),
        Some(record) => retry(situation, plan, wish, &record),
    }
    true
}

fn used_before(wish: &InstallWish) -> String {
    format!(
        "installation {:?} was carried out before, and an id is used once; to install profile {} now, give spec.install.id a value that was \
         never used",
        wish.id, wish.profile
    )
}

/// A new request: first everything it needs, then the question whether the host may be erased.
fn begin(situation: &Situation<'_>, plan: &mut Plan, wish: &InstallWish, attempt: i32) {
    if let Err(failure) = &wish.ready {
        return plan.held_by(failure, situation.timings);
    }
    match situation.seen.power {
        Power::Off => start(situation, plan, wish, attempt),
        Power::PoweringOn | Power::PoweringOff | Power::Unknown => {
            plan.working(Reason::Installing, format!("the power state is {}", situation.seen.power));
            plan.wait(situation.timings.transition);
        }
        Power::On | Power::Paused if may_erase(situation, wish) => take_down(situation, plan, wish, attempt),
        Power::On | Power::Paused => plan.stuck(
            Reason::HistoryUnknown,
            "the host is running and nothing is known of its history; it is not installed over unless \
             spec.install.runningHost is Proceed",
        ),
    }
}

/// A running host may be erased when it has a history here, or when the person said so.
fn may_erase(situation: &Situation<'_>, wish: &InstallWish) -> bool {
    wish.proceed_on_running || situation.record.install.is_some()
}

/// The record of an attempt that begins now.
fn fresh(situation: &Situation<'_>, wish: &InstallWish, attempt: i32, step: InstallStep) -> InstallRecord {
    InstallRecord {
        id: wish.id.clone(),
        profile: wish.profile.clone(),
        profile_digest: wish.profile_digest.clone(),
        attempt,
        step,
        requested_at: situation.now,
        booted_at: None,
        installed_at: None,
        next_attempt_at: None,
        message: None,
    }
}

fn request(wish: &InstallWish, attempt: i32) -> String {
    format!("install:{}:{attempt}", wish.id)
}

fn take_down(situation: &Situation<'_>, plan: &mut Plan, wish: &InstallWish, attempt: i32) {
    let message = format!("attempt {attempt}: the running host is being switched off");
    plan.working(Reason::Installing, message);
    plan.record.install = Some(fresh(situation, wish, attempt, InstallStep::PoweringOff));
    plan.record.witnessed = true;
    switch_off(situation, plan, &request(wish, attempt), attempt == 1);
}

/// Sets the boot source, writes the intent, and switches the machine on.
fn start(situation: &Situation<'_>, plan: &mut Plan, wish: &InstallWish, attempt: i32) {
    plan.working(
        Reason::Installing,
        format!("attempt {attempt}: the host is being started from the network"),
    );
    let began = plan.record.install.as_ref().filter(|record| record.id == wish.id && record.is_under_way());
    let install = match began {
        Some(record) => InstallRecord { step: InstallStep::Booting, ..record.clone() },
        None => fresh(situation, wish, attempt, InstallStep::Booting),
    };
    plan.record.install = Some(install);
    plan.record.witnessed = true;
    plan.effects.push(Effect::BootFrom(boot_source(situation, wish, attempt)));
    switch_on(situation, plan, &request(wish, attempt));
}

/// UEFI HTTP boot where firmware, BMC and administrator all make it possible, else PXE; under `Auto` each further attempt takes the other
/// (`facts/metal-peers.md` R48).
fn boot_source(situation: &Situation<'_>, wish: &InstallWish, attempt: i32) -> BootFrom {
    let http_works = situation.wish.uefi && situation.seen.can_boot_http && wish.http_boot_program.is_some();
    let http = match wish.method {
        Method::HttpBoot => true,
        Method::Pxe => false,
        Method::Auto => http_works && attempt % 2 == 1,
    };
    if http {
        BootFrom::Http { uri: wish.http_boot_program.clone() }
    } else {
        BootFrom::Network { uefi: situation.wish.uefi }
    }
}

fn go_on(situation: &Situation<'_>, plan: &mut Plan, wish: &InstallWish, record: &InstallRecord) {
    let age = elapsed(record.requested_at, situation.now);
    if situation.seen.power == Power::Off
        && record.booted_at.is_some()
        && let Some(step) = record.step.after(Trigger::SeenOff, wish.completion)
    {
        return finish(situation, plan, wish, step);
    }
    if age >= wish.timeout {
        return fail(situation, plan, wish, record, Reason::InstallTimedOut, &minutes(wish.timeout));
    }
    match (record.step, situation.seen.power) {
        // `Booting`: some firmware accepts a power-on without acting (Dell r650, `facts/metal-peers.md §4.4`).
        (InstallStep::PoweringOff | InstallStep::Booting, Power::Off) => {
            start(situation, plan, wish, record.attempt);
        }
        (InstallStep::PoweringOff, Power::On | Power::Paused) if !is_same_run(situation) => {
            plan.stuck(Reason::OutcomeUnknown, unwatched(record));
        }
        (InstallStep::PoweringOff, Power::On | Power::Paused) => {
            plan.record.witnessed = true;
            plan.working(Reason::Installing, "the running host is being switched off");
            switch_off(situation, plan, &request(wish, record.attempt), record.attempt == 1);
        }
        (InstallStep::Booting, _) if age >= situation.timings.boot => {
            fail(situation, plan, wish, record, Reason::BootNotSeen, &minutes(situation.timings.boot));
        }
        _ => {
            plan.working(Reason::Installing, record.progress());
            plan.wait(situation.timings.transition);
        }
    }
}

/// Whether a running machine still runs what it ran when it was to be taken down: this process has watched since, or the BMC says that there
/// was no reset since. Else it may long have been installed (an API server restored from an older copy).
fn is_same_run(situation: &Situation<'_>) -> bool {
    let intent = situation.record.intent.as_ref();
    situation.record.witnessed
        || intent.is_some_and(|intent| intent.reset_since(situation.seen) == Some(false))
}

fn unwatched(record: &InstallRecord) -> String {
    format!(
        "attempt {} of installation {:?} went on while nobody watched, and the host is running; it is not reset. If it is installed, leave \
         it and remove spec.install; if not, give spec.install.id a new value",
        record.attempt, record.id
    )
}

fn minutes(limit: Duration) -> String {
    if limit.as_secs() >= 60 {
        format!("{} min", limit.as_secs() / 60)
    } else {
        format!("{} s", limit.as_secs())
    }
}

/// The installer switched the machine off as its proof of completion: it is started from its own disk, unless it is wanted off.
fn finish(situation: &Situation<'_>, plan: &mut Plan, wish: &InstallWish, step: InstallStep) {
    if let Some(record) = &mut plan.record.install {
        record.enter(step, situation.now);
    }
    plan.overall = Finding::fine(Reason::Installed, "the operating system is installed");
    if situation.wish.power != Some(PowerWish::Off) {
        let attempt = plan.record.install.as_ref().map_or(1, |record| record.attempt);
        switch_on_from_disk(situation, plan, &request(wish, attempt));
    }
}

/// The intent stays on record even when the BMC refuses (iDRAC 10 does so for up to 60 s after an off): it is all that says that the host is
/// still to be started.
fn switch_on_from_disk(situation: &Situation<'_>, plan: &mut Plan, request: &str) {
    plan.effects.push(Effect::BootFrom(BootFrom::Disk));
    switch_on(situation, plan, request);
    plan.record.intent = Some(Intent::new(request, Reset::On, situation.seen, situation.now));
}

/// Repeats the start of [`finish`] when it is known not to have happened.
fn start_from_disk(
    situation: &Situation<'_>,
    plan: &mut Plan,
    wish: &InstallWish,
    record: &InstallRecord,
) -> bool {
    let request = request(wish, record.attempt);
    let lost = situation.record.intent.as_ref().is_some_and(|intent| intent.request == request);
    let wanted = lost
        && wish.completion == Completion::PowerOff
        && situation.seen.power == Power::Off
        && situation.wish.power != Some(PowerWish::Off);
    if wanted {
        switch_on_from_disk(situation, plan, &request);
    }
    wanted
}

/// Ends the attempt. Whether another may follow is decided by [`retry`] at the next look.
fn fail(
    situation: &Situation<'_>,
    plan: &mut Plan,
    wish: &InstallWish,
    record: &InstallRecord,
    reason: Reason,
    limit: &str,
) {
    let message = match reason {
        Reason::BootNotSeen => format!(
            "the host was started and did not ask the boot service for its script within {limit}; check its boot order, cable, DHCP \
             and spec.bootMacs"
        ),
        _ => format!(
            "the installer did not report completion within {limit} (spec.install.timeout); last: {}",
            record.progress()
        ),
    };
    if let Some(install) = &mut plan.record.install {
        install.enter(InstallStep::Failed, situation.now);
        install.message = Some(message);
    }
    if let Some(failed) = plan.record.install.clone() {
        retry(situation, plan, wish, &failed);
    }
}

/// After a failed attempt: wait, try again, or give up.
fn retry(situation: &Situation<'_>, plan: &mut Plan, wish: &InstallWish, record: &InstallRecord) {
    let said = record.message.clone().unwrap_or_else(|| "the attempt failed".to_owned());
    if record.attempt > wish.retries {
        let message = format!(
            "all {} attempts failed; mend the cause and give spec.install.id a new value; last: {said}",
            record.attempt
        );
        return plan.stuck(Reason::RetriesExhausted, message);
    }
    if !plan.record.witnessed && situation.seen.power != Power::Off {
        return plan.stuck(Reason::OutcomeUnknown, unwatched(record));
    }
    let attempts = u32::try_from(record.attempt - 1).unwrap_or(0);
    let pause =
        backoff::delay(situation.timings.retry, Duration::from_mins(30), attempts, seed(situation, record));
    let due = record.next_attempt_at.unwrap_or(situation.now + pause);
    if situation.now < due {
        if let Some(install) = &mut plan.record.install {
            install.next_attempt_at = Some(due);
        }
        plan.working(Reason::Retrying, format!("attempt {} failed: {said}", record.attempt));
        return plan.wait(elapsed(situation.now, due));
    }
    match (&wish.ready, situation.seen.power) {
        (Err(failure), _) => plan.held_by(failure, situation.timings),
        (Ok(()), Power::Off) => start(situation, plan, wish, record.attempt + 1),
        (Ok(()), Power::On | Power::Paused) => take_down(situation, plan, wish, record.attempt + 1),
        (Ok(()), power) => {
            plan.working(
                Reason::Retrying,
                format!("attempt {} failed: {said}; the power state is {power}", record.attempt),
            );
            plan.wait(situation.timings.transition);
        }
    }
}

/// A number that differs from host to host, so that those that fail together do not come back together.
fn seed(situation: &Situation<'_>, record: &InstallRecord) -> u64 {
    let hardware = &situation.seen.hardware;
    let name = hardware.uuid.as_ref().or(hardware.serial.as_ref()).unwrap_or(&record.id);
    name.bytes().fold(record.requested_at.as_second().unsigned_abs(), |sum, byte| {
        sum.rotate_left(7) ^ u64::from(byte)
    })
}

impl Plan {
    /// Waits for what an installation needs.
    fn held_by(&mut self, failure: &crate::failure::Failure, timings: &crate::host::Timings) {
        if failure.reason.class() == Class::Person {
            return self.stuck(failure.reason, failure.message.clone());
        }
        self.working(failure.reason, failure.message.clone());
        self.wait(timings.transition);
    }
}
