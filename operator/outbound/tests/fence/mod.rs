//! What a process that no longer leads may still send: nothing.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use slipway_core::{
    failure::{Effect, Failure},
    fence::Fence,
    reason::Reason,
    trust::Trust,
};
use slipway_outbound::{Connector, Method, Peer, Plaintext, Request};
use url::Url;

use crate::{
    DEADLINE, OK, loopback,
    server::{Conduct, Identity, Server},
};

/// Open as often as it is said, then closed.
struct Openings(AtomicUsize);

impl Openings {
    fn new(count: usize) -> Arc<Self> {
        Arc::new(Self(AtomicUsize::new(count)))
    }

    fn close(&self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

impl Fence for Openings {
    fn is_open(&self) -> bool {
        self.0.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

async fn peer(server: &Server, fence: &Arc<Openings>) -> Peer {
    let connector = Connector::new(loopback()).fenced(fence.clone());
    let trusted = connector.trust(&Trust::FirstUse).unwrap();
    let url = Url::parse(&format!("https://{}", server.address)).unwrap();
    connector.open(&url, &trusted, Plaintext::IfInsecureAllowed).await.unwrap()
}

async fn post(peer: &Peer) -> Result<u16, Failure> {
    let answer = peer.send(Request::new(Method::POST, "/reset", DEADLINE)).await;
    answer.map(|answer| answer.status.as_u16())
}

async fn server() -> Server {
    Server::start(Some(&Identity::self_signed("127.0.0.1", false)), Conduct::Answer(OK)).await
}

#[tokio::test]
async fn nothing_is_sent_by_who_does_not_lead() {
    let server = server().await;
    let failure = post(&peer(&server, &Openings::new(0)).await).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Internal, Effect::None), "{failure}");
    assert!(failure.message.contains("does not lead"), "{failure}");
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn a_lead_lost_while_connecting_is_noticed_before_the_request() {
    let server = server().await;
    let failure = post(&peer(&server, &Openings::new(1)).await).await.unwrap_err();
    assert_eq!(failure.effect, Effect::None, "{failure}");
    assert_eq!(server.requests(), 0, "{failure}");
}

#[tokio::test]
async fn an_open_connection_is_of_no_use_to_who_does_not_lead_any_more() {
    let (server, fence) = (server().await, Openings::new(usize::MAX));
    let peer = peer(&server, &fence).await;
    assert_eq!(post(&peer).await.unwrap(), 200);
    fence.close();
    assert_eq!(post(&peer).await.unwrap_err().effect, Effect::None);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn nobody_is_greeted_by_who_does_not_lead() {
    let server = server().await;
    let connector = Connector::new(loopback()).fenced(Openings::new(0));
    let trusted = connector.trust(&Trust::FirstUse).unwrap();
    let url = Url::parse(&format!("https://{}", server.address)).unwrap();
    assert_eq!(connector.greet(&url, &trusted).await.unwrap_err().reason, Reason::Internal);
}
