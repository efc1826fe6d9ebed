//! What installers say, and what becomes of it.

use std::{sync::Arc, time::Duration};

use http::Method;
use slipway_core::{
    boot::{BootAnswer, BootEntry, BootPort, LocalBoot, Step},
    clock::SignedDuration,
};
use tempfile::TempDir;

use crate::{
    rig::{LOCAL, Rig, entry, installs, soon, ticket},
    sink::Recording,
};

#[tokio::test]
async fn done_is_recorded_before_the_installer_is_told_so_and_the_host_boots_locally() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let answer = rig.post(&format!("{path}/done"), "").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "recorded\n"));
    assert_eq!(rig.sink.settled(), [(Step::Done, 1)]);
    assert_eq!(rig.script().await, LOCAL);
    let again = rig.get(&format!("{path}/done")).await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (200, "already recorded\n"));
    assert_eq!(rig.sink.settled().len(), 1);
    for used in ["progress", "log", "failed", "error", "answers/answers.txt"] {
        assert_eq!(rig.get(&format!("{path}/{used}")).await.status.as_u16(), 410, "{used}");
    }
}

#[tokio::test]
async fn done_stays_answered_when_the_controllers_publish_the_host_as_installed() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.post(&format!("{path}/done"), "").await;
    rig.publish_local(LocalBoot::Auto);
    assert_eq!(rig.post(&format!("{path}/done"), "").await.body, "already recorded\n");
    assert_eq!(rig.post(&format!("{path}/failed"), "").await.status.as_u16(), 410);
}

#[tokio::test]
async fn done_whose_answer_was_lost_in_a_restart_is_answered_again_and_nothing_else_is() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let restarted = rig.restarted();
    let finished = Some(ticket(1).attempt);
    restarted.service.publish(BootEntry { finished, ..entry(BootAnswer::Local(LocalBoot::Auto)) });
    let again = restarted.post(&format!("{path}/done"), "").await;
    assert_eq!((again.status.as_u16(), again.body.as_str()), (200, "already recorded\n"));
    for used in ["progress", "failed", "answers/answers.txt"] {
        assert_eq!(restarted.get(&format!("{path}/{used}")).await.status.as_u16(), 410, "{used}");
    }
    restarted.publish_local(LocalBoot::Auto);
    assert_eq!(restarted.post(&format!("{path}/done"), "").await.status.as_u16(), 403);
    assert!(restarted.sink.settled().is_empty());
}

#[tokio::test]
async fn while_done_is_being_recorded_the_host_boots_locally_already() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.sink.recording.send_replace(Recording::Hangs);
    let mut settling = rig.sink.settling.subscribe();
    let done_path = path_of(&path, "done");
    let done = rig.post(&done_path, "");
    let look = async {
        settling.wait_for(|count| *count == 1).await.unwrap();
        let script = rig.script().await;
        rig.sink.recording.send_replace(Recording::Works);
        script
    };
    let (answer, script) = soon(async { tokio::join!(done, look) }).await;
    assert_eq!(script, LOCAL);
    assert_eq!(answer.body, "recorded\n");
}

fn path_of(path: &str, callback: &str) -> String {
    format!("{path}/{callback}")
}

#[tokio::test]
async fn done_that_cannot_be_recorded_is_asked_for_again_and_the_host_boots_locally() {
    for recording in [Recording::Fails, Recording::Hangs] {
        let rig = Rig::over(Arc::new(TempDir::new().unwrap()), |config| {
            config.settle_within = Duration::from_millis(50);
        });
        rig.service.primed();
        let path = rig.install(1).await;
        rig.sink.recording.send_replace(recording);
        let answer = rig.post(&format!("{path}/done"), "").await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "5"), "{recording:?}");
        assert_eq!(rig.script().await, LOCAL);
        rig.sink.recording.send_replace(Recording::Works);
        // However long it took, and whatever the controllers have published since.
        rig.clock.forward(SignedDuration::from_hours(2));
        rig.publish_local(LocalBoot::Auto);
        assert_eq!(rig.post(&format!("{path}/done"), "").await.body, "recorded\n");
        assert_eq!(rig.sink.settled(), [(Step::Done, 1)]);
    }
}

#[tokio::test]
async fn an_installer_that_hangs_up_has_said_it_all_the_same() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.sink.recording.send_replace(Recording::Hangs);
    let mut settling = rig.sink.settling.subscribe();
    {
        let done_path = path_of(&path, "done");
        let mut done = Box::pin(rig.post(&done_path, ""));
        tokio::select! {
            _ = &mut done => panic!("answered before it was recorded"),
            asked = soon(settling.wait_for(|count| *count == 1)) => drop(asked.unwrap()),
        }
    }
    rig.sink.recording.send_replace(Recording::Works);
    rig.until(|| rig.sink.settled() == [(Step::Done, 1)]).await;
    assert_eq!(rig.script().await, LOCAL);
}

#[tokio::test]
async fn failed_is_recorded_with_its_words_and_ends_the_attempt() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let answer = rig.post(&format!("{path}/failed"), "no disk\nat /dev/sda\u{7}\r\n").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "recorded\n"));
    assert_eq!(rig.sink.settled(), [(Step::Failed("no disk at /dev/sda".into()), 1)]);
    assert_eq!(rig.script().await, LOCAL);
    assert_eq!(rig.post(&format!("{path}/failed"), "again").await.body, "already recorded\n");
    assert_eq!(rig.post(&format!("{path}/done"), "").await.status.as_u16(), 410);
}

#[tokio::test]
async fn progress_is_bounded_and_the_same_words_are_reported_once() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    for _ in 0..2 {
        assert_eq!(rig.post(&format!("{path}/progress"), "partitioning").await.status.as_u16(), 200);
    }
    rig.get(&format!("{path}/progress?message=50%25+a%0ab")).await;
    rig.post(&format!("{path}/progress"), r#"{"name": "subiquity", "description": "installing packages"}"#)
        .await;
    rig.post(&format!("{path}/progress"), &"ä".repeat(9000)).await;
    let expected = [
        Step::ScriptServed,
        Step::Progress("partitioning".into()),
        Step::Progress("50%+a b".into()),
        Step::Progress("installing packages".into()),
        Step::Progress("ä".repeat(256)),
    ];
    assert_eq!(rig.sink.noted(), expected);
    assert_eq!(rig.post(&format!("{path}/progress"), &"x".repeat(70_000)).await.status.as_u16(), 413);
}

#[tokio::test]
async fn a_head_says_nothing() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    for callback in ["progress", "log", "done", "failed"] {
        let answer = rig.ask(Method::HEAD, &format!("{path}/{callback}?message=x"), "").await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{callback}");
    }
    assert!(rig.sink.settled().is_empty());
    assert_eq!(rig.sink.noted(), [Step::ScriptServed]);
    assert!(installs(&rig.script().await));
}

#[tokio::test]
async fn nothing_counts_after_the_attempt_has_expired() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.clock.forward(SignedDuration::from_mins(45));
    for callback in ["progress", "log", "done", "failed", "error", "answers/answers.txt"] {
        assert_eq!(rig.get(&format!("{path}/{callback}")).await.status.as_u16(), 410, "{callback}");
    }
    assert!(rig.sink.settled().is_empty());
}

#[tokio::test]
async fn answer_files_are_rendered_served_as_often_as_asked_and_reported_once() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    let url = format!("{path}/answers/answers.txt");
    let head = rig.ask(Method::HEAD, &url, "").await;
    assert_eq!(rig.sink.noted(), [Step::ScriptServed], "a HEAD is not reported");
    let answer = rig.get(&url).await;
    assert_eq!(answer.body, format!("u07.lab canary-password http://boot.example.com:8080{path}/done\n"));
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("text/x-answers", "no-store")
    );
    assert_eq!(head.header("content-length"), answer.body.len().to_string());
    assert_eq!(rig.get(&url).await.body, answer.body);
    assert_eq!(rig.sink.noted(), [Step::ScriptServed, Step::AnswerServed]);
    assert_eq!(rig.get(&format!("{path}/answers/other")).await.status.as_u16(), 404);
}

#[tokio::test]
async fn files_stay_when_an_installation_counts_as_complete_while_it_runs() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.publish_local(LocalBoot::Auto);
    assert_eq!(rig.script().await, LOCAL);
    assert_eq!(rig.get(&format!("{path}/answers/answers.txt")).await.status.as_u16(), 200);
    assert_eq!(
        rig.post(&format!("{path}/done"), "").await.status.as_u16(),
        410,
        "the controllers have decided"
    );
    rig.clock.forward(SignedDuration::from_mins(45));
    assert_eq!(rig.get(&format!("{path}/answers/answers.txt")).await.status.as_u16(), 410);
}

#[tokio::test]
async fn an_attempt_published_again_remembers_what_it_has_seen() {
    let rig = Rig::new();
    let path = rig.install(1).await;
    rig.post(&format!("{path}/done"), "").await;
    rig.publish_local(LocalBoot::Auto);
    rig.service.publish(entry(BootAnswer::Install(Arc::new(ticket(1)))));
    assert_eq!(rig.script().await, LOCAL, "done stays done");
    assert_eq!(rig.sink.noted(), [Step::ScriptServed]);
}
