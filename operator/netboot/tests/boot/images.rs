//! Images: fetched once, checked, shared, served in parts.

use std::fs;

use axum::body::Body;
use http::{Method, Request};
use slipway_core::{
    boot::{Artifact, BootPort, ImageState},
    clock::SignedDuration,
    failure::Failure,
    reason::Reason,
};

use crate::{
    rig::{Answer, KERNEL, Rig},
    source::{Serving, artifact, sha256},
};

async fn ready(rig: &Rig, image: &Artifact) -> u64 {
    rig.until(|| matches!(rig.service.image(image), ImageState::Ready(_))).await;
    let ImageState::Ready(length) = rig.service.image(image) else { panic!("lost") };
    length
}

async fn failed(rig: &Rig, image: &Artifact) -> Failure {
    rig.until(|| matches!(rig.service.image(image), ImageState::Failed(_))).await;
    let ImageState::Failed(failure) = rig.service.image(image) else { panic!("tried again") };
    failure
}

fn files(rig: &Rig) -> Vec<String> {
    let folder = rig.folder.path().join("images/sha256");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

async fn ask(rig: &Rig, image: &Artifact, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().uri(format!("/images/sha256/{}", image.sha256));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    rig.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn an_image_is_fetched_once_however_often_it_is_asked_for() {
    let rig = Rig::new();
    let image = artifact(KERNEL);
    rig.source.gate.send_replace(false);
    assert_eq!(rig.service.image(&image), ImageState::Fetching(0));
    assert_eq!(rig.service.image(&image), ImageState::Fetching(0));
    assert_eq!(ask(&rig, &image, &[]).await.status.as_u16(), 503);
    rig.source.gate.send_replace(true);
    assert_eq!(ready(&rig, &image).await, KERNEL.len() as u64);
    assert_eq!(rig.source.opened(), 1);
    assert_eq!(files(&rig), [image.sha256.as_str()]);
    let metrics = rig.metrics();
    assert!(metrics.contains(&format!("slipway_image_bytes {}", KERNEL.len())), "{metrics}");
    assert!(metrics.contains("slipway_image_fetches_total{result=\"ok\"} 1"), "{metrics}");
}

#[tokio::test]
async fn four_images_are_fetched_at_a_time() {
    let rig = Rig::new();
    rig.source.gate.send_replace(false);
    let images: Vec<Artifact> =
        (0..6).map(|number| artifact(&format!("http://mirror.example.com/{number}"))).collect();
    for image in &images {
        rig.service.image(image);
    }
    let mut under_way = rig.source.under_way.subscribe();
    crate::rig::soon(under_way.wait_for(|count| *count == 4)).await.unwrap();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.source.opened(), 4);
    rig.source.gate.send_replace(true);
    for image in &images {
        ready(&rig, image).await;
    }
    assert_eq!(rig.source.opened(), 6);
}

#[tokio::test]
async fn an_image_that_is_not_what_its_digest_says_is_neither_kept_nor_served() {
    let rig = Rig::new();
    let image = artifact(KERNEL);
    rig.source.serve(KERNEL, Serving::Content("something else"));
    let failure = failed(&rig, &image).await;
    assert_eq!(failure.reason, Reason::ImageDigestMismatch);
    assert!(
        failure.message.contains(&image.sha256) && failure.message.contains(&sha256("something else")),
        "{failure}"
    );
    assert!(files(&rig).is_empty());
    assert_eq!(ask(&rig, &image, &[]).await.status.as_u16(), 503);
}

#[tokio::test]
async fn an_image_that_ends_early_is_neither_kept_nor_served() {
    let rig = Rig::new();
    rig.source.serve(KERNEL, Serving::CutOff);
    let failure = failed(&rig, &artifact(KERNEL)).await;
    assert_eq!(failure.reason, Reason::ImageUnavailable);
    assert!(files(&rig).is_empty());
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again_after_growing_pauses() {
    let rig = Rig::new();
    let image = artifact(KERNEL);
    rig.source.serve(KERNEL, Serving::Down(Reason::ConnectionRefused));
    let failure = failed(&rig, &image).await;
    assert_eq!(failure.reason, Reason::ImageUnavailable);
    assert!(failure.message.contains(KERNEL) && failure.message.contains("the server is down"), "{failure}");
    assert_eq!(rig.source.opened(), 1);
    rig.clock.forward(SignedDuration::from_secs(7));
    assert_eq!(rig.service.image(&image), ImageState::Fetching(0));
    failed(&rig, &image).await;
    rig.clock.forward(SignedDuration::from_secs(7));
    assert!(matches!(rig.service.image(&image), ImageState::Failed(_)), "the second pause is longer");
    assert_eq!(rig.source.opened(), 2);
    rig.source.serve(KERNEL, Serving::Content(KERNEL));
    rig.clock.forward(SignedDuration::from_secs(7));
    ready(&rig, &image).await;
}

#[tokio::test]
async fn what_only_a_person_can_mend_keeps_its_reason() {
    let rig = Rig::new();
    rig.source.serve(KERNEL, Serving::Down(Reason::AddressDenied));
    assert_eq!(failed(&rig, &artifact(KERNEL)).await.reason, Reason::AddressDenied);
}

#[tokio::test]
async fn a_corrected_url_is_tried_at_once() {
    let rig = Rig::new();
    rig.source.serve("http://mirror.example.com/wrong", Serving::Down(Reason::Unreachable));
    let wrong = Artifact { url: "http://mirror.example.com/wrong".parse().unwrap(), ..artifact(KERNEL) };
    failed(&rig, &wrong).await;
    ready(&rig, &artifact(KERNEL)).await;
}

#[tokio::test]
async fn a_restart_finds_whole_images_and_removes_unfinished_ones() {
    let rig = Rig::new();
    let image = artifact(KERNEL);
    ready(&rig, &image).await;
    let folder = rig.folder.path().join("images/sha256");
    fs::write(folder.join(".fetch-abc"), "half").unwrap();
    let restarted = rig.restarted();
    assert_eq!(restarted.service.image(&image), ImageState::Ready(KERNEL.len() as u64));
    assert_eq!(restarted.source.opened(), 0);
    assert_eq!(files(&restarted), [image.sha256.as_str()]);
    assert_eq!(ask(&restarted, &image, &[]).await.body, KERNEL);
}

#[tokio::test]
async fn an_image_whose_file_has_gone_is_fetched_again() {
    let rig = Rig::new();
    let image = artifact(KERNEL);
    ready(&rig, &image).await;
    fs::remove_file(rig.folder.path().join("images/sha256").join(&image.sha256)).unwrap();
    assert_eq!(ask(&rig, &image, &[]).await.status.as_u16(), 503);
    ready(&rig, &image).await;
    assert_eq!(ask(&rig, &image, &[]).await.body, KERNEL);
}

#[tokio::test]
async fn a_digest_that_is_a_path_reaches_no_file() {
    let rig = Rig::new();
    fs::write(rig.folder.path().join("secret"), "canary").unwrap();
    for name in ["..%2f..%2fsecret", "%2e%2e", ".fetch-abc", "secret"] {
        assert_eq!(rig.get(&format!("/images/sha256/{name}")).await.status.as_u16(), 404, "{name}");
    }
    let image = Artifact { sha256: "../../secret".into(), ..artifact(KERNEL) };
    assert!(
        matches!(rig.service.image(&image), ImageState::Failed(failure) if failure.reason == Reason::ProfileInvalid)
    );
}

#[tokio::test]
async fn images_are_served_whole_and_in_parts() {
    let rig = Rig::new();
    let image = artifact(KERNEL);
    ready(&rig, &image).await;
    let tag = format!("\"{}\"", image.sha256);
    let whole = ask(&rig, &image, &[]).await;
    assert_eq!((whole.status.as_u16(), whole.body.as_str()), (200, KERNEL));
    assert_eq!((whole.header("etag"), whole.header("accept-ranges")), (tag.as_str(), "bytes"));
    assert_eq!(whole.header("content-length"), KERNEL.len().to_string());
    assert_eq!(rig.get(&format!("/images/sha256/{}/vmlinuz", image.sha256)).await.body, KERNEL);

    let head = rig.ask(Method::HEAD, &format!("/images/sha256/{}", image.sha256), "").await;
    assert_eq!((head.header("content-length"), head.body.as_str()), (KERNEL.len().to_string().as_str(), ""));

    let part = ask(&rig, &image, &[("range", "bytes=7-12")]).await;
    assert_eq!((part.status.as_u16(), part.body.as_str()), (206, &KERNEL[7..13]));
    assert_eq!(part.header("content-range"), format!("bytes 7-12/{}", KERNEL.len()));
    assert_eq!(part.header("content-length"), "6");
    assert_eq!(ask(&rig, &image, &[("range", "bytes=-5")]).await.body, "linux");

    let beyond = ask(&rig, &image, &[("range", "bytes=999-")]).await;
    assert_eq!(
        (beyond.status.as_u16(), beyond.header("content-range")),
        (416, format!("bytes */{}", KERNEL.len()).as_str())
    );

    let same = ask(&rig, &image, &[("range", "bytes=0-3"), ("if-range", &tag)]).await;
    assert_eq!((same.status.as_u16(), same.body.as_str()), (206, "http"));
    let other = ask(&rig, &image, &[("range", "bytes=0-3"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status.as_u16(), other.body.as_str()), (200, KERNEL));

    let known = ask(&rig, &image, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (304, ""));
    assert_eq!(rig.get(&format!("/images/sha256/{}", "0".repeat(64))).await.status.as_u16(), 404);
}
