//! The upgrade schedule: found, made, corrected and attached.

use slipway_core::{
    clock::Timestamp,
    finding::Finding,
    infrastructure::{
        Change, ConnectionState, Effect, Etag, Look, Schedule, ScheduleSight, ScheduleWish, UpgradeEvent,
    },
    reason::Reason,
};

use crate::scene::{DAY, MINUTE, Scene, assert_idle, assert_rejects};
use ConnectionState::{Connected, Disconnected};

fn event(description: &str) -> UpgradeEvent {
    UpgradeEvent {
        description: description.to_owned(),
        time_start: Timestamp::UNIX_EPOCH,
        duration: DAY * 2,
        recurrence: None,
    }
}

/// A connected rack whose schedule is kept as written.
fn kept(events: &[UpgradeEvent], schedule: ScheduleSight) -> Scene {
    let mut scene = Scene::new(Connected);
    scene.wish.schedule =
        Some(ScheduleWish::Kept { display_name: "quarterly".to_owned(), events: events.to_vec() });
    scene.schedule = schedule;
    scene
}

fn found(events: &[UpgradeEvent]) -> ScheduleSight {
    ScheduleSight::Found(Schedule {
        id: "s1".to_owned(),
        display_name: "quarterly".to_owned(),
        events: events.to_vec(),
        infrastructure_ids: Vec::new(),
        freeform_tags: std::collections::BTreeMap::default(),
        etag: Some(Etag("s-v1".to_owned())),
    })
}

#[track_caller]
fn assert_attaches(scene: &Scene, id: &str) {
    let Some(Effect::Change { change, etag, .. }) = scene.plan().effect else { panic!("{:?}", scene.plan()) };
    assert_eq!(change, Change { upgrade_schedule_id: Some(id.to_owned()), ..Change::default() });
    assert_eq!(etag, scene.seen.etag);
    assert_eq!(scene.plan().overall.reason, Reason::Scheduling, "not ready before it is attached");
}

#[test]
fn one_that_exists_is_attached_once() {
    let mut scene = Scene::new(Connected);
    scene.wish.schedule = Some(ScheduleWish::Existing("s0".to_owned()));
    assert_attaches(&scene, "s0");
    scene.seen.upgrade_schedule_id = Some("other".to_owned());
    assert_attaches(&scene, "s0");
    scene.seen.upgrade_schedule_id = Some("s0".to_owned());
    assert_idle(&scene.plan(), Reason::Connected);
}

#[test]
fn one_that_is_written_in_the_spec_is_made_attached_and_corrected() {
    let events = [event("a"), event("b")];
    let Some(Effect::CreateSchedule(creation)) = kept(&events, ScheduleSight::Absent).plan().effect else {
        panic!("it is not made")
    };
    assert_eq!((creation.display_name.as_str(), creation.events.as_slice()), ("quarterly", &events[..]));
    assert_eq!(creation.owner, "default/rack1");
    let mut scene = kept(&events, found(&[event("b"), event("a")]));
    assert_attaches(&scene, "s1");
    scene.seen.upgrade_schedule_id = Some("s1".to_owned());
    assert_idle(&scene.plan(), Reason::Connected);
    for drift in [&events[..1], &[event("a"), event("c")], &[event("a"), event("a")], &[]] {
        let plan = kept(&events, found(drift)).plan();
        let etag = Some(Etag("s-v1".to_owned()));
        let expected = Effect::ChangeSchedule { id: "s1".to_owned(), etag, events: events.to_vec() };
        assert_eq!(plan.effect, Some(expected), "{drift:?}");
    }
}

#[test]
fn events_that_were_written_twice_are_not_taken_for_others() {
    let plan = kept(&[event("a"), event("a")], found(&[event("a"), event("b")])).plan();
    assert!(matches!(plan.effect, Some(Effect::ChangeSchedule { .. })), "{plan:?}");
}

#[test]
fn two_racks_make_it_under_one_token() {
    let token = |scene: Scene| match scene.plan().effect {
        Some(Effect::CreateSchedule(creation)) => creation.retry_token,
        other => panic!("{other:?}"),
    };
    let ours = kept(&[event("a")], ScheduleSight::Absent);
    let mut theirs = ours.clone();
    theirs.seen.id = "ocid1.cccinfrastructure.oc1..rack2".to_owned();
    assert_eq!(token(ours.clone()), token(theirs.clone()));
    theirs.seen.compartment_id = "another".to_owned();
    assert_ne!(token(ours), token(theirs));
}

#[test]
fn one_that_was_not_looked_at_is_left_alone() {
    assert_idle(&kept(&[event("a")], ScheduleSight::NotLooked).plan(), Reason::Connected);
}

#[test]
fn a_refused_one_is_said_when_the_connection_is_fine() {
    let refused = ScheduleSight::Refused(Finding::new(Reason::NameTaken, "of somebody else"));
    let scene = kept(&[event("a")], refused);
    assert_idle(&scene.plan(), Reason::NameTaken);
    let mut lost = Scene { wish: scene.wish, schedule: scene.schedule, ..Scene::new(Disconnected) };
    assert_idle(&lost.look(), Reason::Disconnected);
}

#[test]
fn the_connection_goes_first_and_there_is_another_look_soon() {
    let scene = kept(&[event("a")], ScheduleSight::Absent);
    assert_eq!(scene.plan().look, Look::Soon);
    let lost = Scene { wish: scene.wish, schedule: scene.schedule, ..Scene::new(Disconnected) };
    assert_rejects(&lost.after(MINUTE * 15).plan(), Reason::Connecting);
}
