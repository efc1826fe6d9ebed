//! Records that are gone or broken.

use slipway_core::{infrastructure::ConnectionState, reason::Reason};

use crate::scene::{DAY, Scene, assert_idle};
use ConnectionState::{Connected, Reject};

#[test]
fn nothing_is_done_about_a_record_that_is_gone_or_has_failed() {
    for (word, reason) in
        [("DELETED", Reason::InfrastructureDeleted), ("FAILED", Reason::InfrastructureFailed)]
    {
        for state in [Reject, Connected] {
            let mut scene = Scene::new(state).refresh_id("a").after(DAY);
            scene.seen.lifecycle_state = word.to_owned();
            scene.seen.lifecycle_details = Some("the disk is full".to_owned());
            let plan = scene.look();
            assert_idle(&plan, reason);
            assert_eq!(plan.overall.message.contains("the disk is full"), word == "FAILED");
            assert_eq!(scene.plan().record, scene.record, "at rest");
        }
    }
}

#[test]
fn other_words_do_not_matter() {
    for word in ["ACTIVE", "NEEDS_ATTENTION", "SOMETHING_NEW"] {
        let mut scene = Scene::new(Connected);
        scene.seen.lifecycle_state = word.to_owned();
        assert_idle(&scene.plan(), Reason::Connected);
    }
}
