//! Images through the guarded connector, from a real server.

use std::sync::Arc;

use axum::{Router, response::Redirect, routing::get};
use futures::StreamExt;
use slipway_core::{failure::Failure, reason::Reason};
use slipway_netboot::{ImageSource, OutboundImages};
use slipway_outbound::{Connector, Policy};
use tokio::net::TcpListener;

use crate::rig::soon;

/// Answers the URL of a server that lives as long as the test's runtime.
async fn server() -> String {
    let routes = Router::new()
        .route("/image", get(async || "an image"))
        .route("/moved", get(async || Redirect::temporary("/image")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

fn images(policy: Policy, most_bytes: usize) -> OutboundImages {
    OutboundImages::new(Arc::new(Connector::new(policy)), most_bytes)
}

fn local() -> Policy {
    Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() }
}

async fn read(images: &OutboundImages, url: &str) -> Result<String, Failure> {
    let mut stream = images.open(&url.parse().unwrap()).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = stream.pieces.next().await {
        bytes.extend_from_slice(&piece?);
    }
    assert_eq!(stream.length, Some(bytes.len() as u64));
    Ok(String::from_utf8(bytes).unwrap())
}

#[tokio::test]
async fn an_image_comes_over_plain_http_because_its_digest_is_checked() {
    let server = server().await;
    assert_eq!(soon(read(&images(local(), 100), &format!("{server}/image"))).await, Ok("an image".into()));
}

#[tokio::test]
async fn what_is_no_image_is_a_failure() {
    let server = server().await;
    for (path, most, reason, words) in [
        ("/gone", 100, Reason::ImageUnavailable, "404"),
        ("/moved", 100, Reason::ImageUnavailable, "307"),
        ("/image", 4, Reason::AnswerTooLarge, ""),
    ] {
        let failure = soon(read(&images(local(), most), &format!("{server}{path}"))).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{failure}");
        assert!(failure.message.contains(words), "{failure}");
    }
    let denied = images(Policy::default(), 100);
    let failure = soon(read(&denied, &format!("{server}/image"))).await.unwrap_err();
    assert_eq!(failure.reason, Reason::AddressDenied, "{failure}");
}
