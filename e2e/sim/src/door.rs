//! A listening socket that can be shut and opened again on the same address.

use std::future::Future;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Handle of a listening socket. Shut, connections are refused and open ones are cut.
#[derive(Debug)]
pub(crate) struct Door {
    wanted: watch::Sender<bool>,
    actual: watch::Receiver<bool>,
}

impl Door {
    /// Opens or shuts, and returns when it is so.
    pub(crate) async fn set_open(&self, open: bool) {
        self.wanted.send_replace(open);
        let mut actual = self.actual.clone();
        // An error means that the fleet is gone, and with it the socket.
        let _ = actual.wait_for(|state| *state == open).await;
    }
}

/// Makes the handle and the task that accepts connections until it is dropped.
pub(crate) fn door<F, C>(
    listener: TcpListener,
    address: SocketAddr,
    serve: F,
) -> (Door, impl Future<Output = ()>)
where
    F: Fn(TcpStream) -> C + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let (wanted, wanted_receiver) = watch::channel(true);
    let (actual_sender, actual) = watch::channel(true);
    (Door { wanted, actual }, attend(listener, address, wanted_receiver, actual_sender, serve))
}

async fn attend<F, C>(
    listener: TcpListener,
    address: SocketAddr,
    mut wanted: watch::Receiver<bool>,
    actual: watch::Sender<bool>,
    serve: F,
) where
    F: Fn(TcpStream) -> C + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let mut listener = Some(listener);
    loop {
        if let Some(listener) = listener.take() {
            accept(&listener, &mut wanted, &serve).await;
        }
        actual.send_replace(false);
        if wanted.wait_for(|open| *open).await.is_err() {
            return;
        }
        match TcpListener::bind(address).await {
            Ok(reopened) => listener = Some(reopened),
            Err(error) => {
                tracing::error!(%address, %error, "listening socket cannot be opened again");
                return;
            }
        }
        actual.send_replace(true);
    }
}

/// Accepts until the door is to be shut; its connections end with it.
async fn accept<F, C>(listener: &TcpListener, wanted: &mut watch::Receiver<bool>, serve: &F)
where
    F: Fn(TcpStream) -> C,
    C: Future<Output = ()> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            shut = wanted.wait_for(|open| !*open) => { drop(shut); break }
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(serve(stream)); }
                Err(error) => tracing::warn!(%error, "connection not accepted"),
            },
            Some(_) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}
