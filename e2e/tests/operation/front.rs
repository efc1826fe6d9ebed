//! One address before several: a Service before its Pods, or a network that can be cut.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Hands each connection to the next of those behind that takes it. It ends when it is dropped.
pub(crate) struct Front {
    address: SocketAddr,
    shared: Arc<Shared>,
    _listening: JoinSet<()>,
}

struct Shared {
    behind: Vec<SocketAddr>,
    turn: AtomicUsize,
    is_cut: AtomicBool,
    connections: Mutex<JoinSet<()>>,
}

impl Front {
    pub(crate) async fn before(behind: &[SocketAddr]) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            behind: behind.to_vec(),
            turn: AtomicUsize::default(),
            is_cut: AtomicBool::default(),
            connections: Mutex::default(),
        });
        let mut listening = JoinSet::new();
        listening.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, _listening: listening })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections, and each new one at once.
    pub(crate) fn cut(&self) {
        self.shared.is_cut.store(true, Ordering::SeqCst);
        self.shared.connections.lock().unwrap().abort_all();
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        self.shared.is_cut.store(false, Ordering::SeqCst);
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let served = serve(stream, Arc::clone(&shared));
        let mut connections = shared.connections.lock().unwrap();
        // Looked at under the lock: a cut ends every connection that is there, and those after it are none.
        if !shared.is_cut.load(Ordering::SeqCst) {
            connections.spawn(served);
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    for _ in &shared.behind {
        let turn = shared.turn.fetch_add(1, Ordering::SeqCst) % shared.behind.len();
        if let Ok(mut other) = TcpStream::connect(shared.behind[turn]).await {
            let _cut_or_gone = copy_bidirectional(&mut stream, &mut other).await;
            return;
        }
    }
}
