//! Every status of a record, for a cluster that is installed and one that is not (`facts/ocm.md §2.6`).

use slipway_core::{
    reason::{Class, Reason},
    subscription::{Effect, Look, RemoteStatus},
};

use crate::scene::{Scene, WORDS, assert_idle};

/// Status, what is said of a cluster that is not installed, and of one that is.
const TABLE: [(&str, Reason, Reason); 7] = [
    ("Reserved", Reason::Reserved, Reason::Synchronizing),
    ("Active", Reason::ActivatedElsewhere, Reason::Active),
    ("Stale", Reason::ActivatedElsewhere, Reason::Stale),
    ("Archived", Reason::SubscriptionArchived, Reason::SubscriptionArchived),
    ("Disconnected", Reason::SubscriptionDisconnected, Reason::SubscriptionDisconnected),
    ("Deprovisioned", Reason::Reserving, Reason::SubscriptionLost),
    ("Suspended", Reason::SubscriptionStatusUnknown, Reason::SubscriptionStatusUnknown),
];

#[test]
fn every_row_says_what_the_table_says() {
    assert_eq!(TABLE.map(|(word, _, _)| word), WORDS);
    for (word, absent, installed) in TABLE {
        for (is_installed, reason) in [(false, absent), (true, installed)] {
            let plan = Scene::at_rest(word, is_installed).plan();
            assert_eq!(plan.overall.reason, reason, "{word}, installed: {is_installed}");
            let is_quiet = !matches!((word, is_installed), ("Reserved", true) | ("Deprovisioned", false));
            assert_eq!(plan.effect.is_none(), is_quiet, "{word}, installed: {is_installed}");
        }
    }
}

#[test]
fn the_two_effects_of_the_table() {
    let plan = Scene::at_rest("Reserved", true).plan();
    assert_eq!(plan.effect, Some(Effect::Activate { id: "s1".into() }));
    assert!(matches!(Scene::at_rest("Deprovisioned", false).plan().effect, Some(Effect::Reserve(_))));
}

#[test]
fn what_others_put_away_is_not_touched_whatever_differs() {
    for word in ["Archived", "Disconnected", "Suspended"] {
        for is_installed in [false, true] {
            let mut scene = Scene::at_rest(word, is_installed).renamed("theirs");
            scene.record().labels.clear();
            scene.record().external_cluster_id = None;
            let plan = scene.plan();
            assert_eq!((plan.effect, plan.synced), (None, None), "{word}");
            assert!(plan.overall.message.contains(word), "{}", plan.overall.message);
        }
    }
}

#[test]
fn what_is_remembered_of_differences_outlives_a_rest() {
    let mut scene = Scene::at_rest("Active", true).renamed("theirs");
    let drift = scene.look().drift;
    assert_eq!(drift.len(), 1);
    scene.record().status = RemoteStatus::Archived;
    assert_eq!(scene.look().drift, drift);
}

#[test]
fn telemetry_that_comes_back_makes_it_active_without_us() {
    for word in ["Stale", "Archived", "Disconnected"] {
        let mut scene = Scene::at_rest(word, true);
        assert_eq!(scene.look().effect, None, "{word}");
        scene.record().status = RemoteStatus::Active;
        assert_idle(&scene.look(), Reason::Active);
    }
}

#[test]
fn a_reserved_record_is_looked_at_sooner_while_its_cluster_is_on_its_way() {
    assert_eq!(Scene::at_rest("Reserved", false).plan().look, Look::Soon);
    let mut declared = Scene::at_rest("Reserved", false);
    declared.wish.follows_cluster = false;
    assert_eq!(declared.plan().look, Look::AtRest, "a declaration changes with the spec only");
    assert_eq!(Scene::at_rest("Reserved", false).unreachable().plan().look, Look::Soon);
    assert_eq!(Scene::at_rest("Active", true).plan().look, Look::AtRest);
    assert_eq!(Scene::at_rest("Suspended", true).plan().look, Look::Soon);
    assert_eq!(Reason::SubscriptionStatusUnknown.class(), Class::Waiting);
}

#[test]
fn words_go_there_and_come_back() {
    for word in WORDS {
        assert_eq!(RemoteStatus::from(word).to_string(), word);
    }
    assert_eq!(RemoteStatus::from("active"), RemoteStatus::Other("active".into()));
    let living = WORDS.map(|word| RemoteStatus::from(word).is_live());
    assert_eq!(living, [true, true, true, true, true, false, true]);
}
