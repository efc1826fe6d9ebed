//! A boot service of a few lines: scripts as told, an answer file, callbacks counted.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, Uri};
use axum::routing::{get, post};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the service answers and what it has seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// Script of `boot.ipxe`.
    pub(crate) script: String,
    /// Kernel arguments; `BASE` stands for the service's URL.
    pub(crate) arguments: String,
    /// Query of each request for the machine's own script.
    pub(crate) queries: Vec<String>,
    /// Callbacks as `name`.
    pub(crate) callbacks: Vec<String>,
    /// After a done callback the machine boots from disk.
    pub(crate) done: bool,
    /// Other files by path, with their status.
    pub(crate) files: BTreeMap<String, (u16, String)>,
}

/// A running stub; dropping it stops it.
pub(crate) struct BootService {
    pub(crate) url: String,
    pub(crate) seen: Arc<Mutex<Seen>>,
    task: JoinHandle<()>,
}

const BOOTSTRAP: &str = "#!ipxe\n\
    :retry\n\
    chain script?mac=${net0/mac:hexhyp}&uuid=${uuid}&serial=${serial:uristring}&p=${platform} || goto failed\n\
    exit 1\n\
    :failed\n\
    echo no script ${errno}\n\
    exit 1\n";

struct Site {
    url: String,
    seen: Arc<Mutex<Seen>>,
}

impl BootService {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Seen {
            script: BOOTSTRAP.to_owned(),
            arguments: "console=ttyS0 inst.ks=BASE/v1/boot/t0/ks.cfg".to_owned(),
            ..Seen::default()
        }));
        let site = Arc::new(Site { url: url.clone(), seen: Arc::clone(&seen) });
        let app = Router::new()
            .route("/boot.ipxe", get(bootstrap))
            .route("/script", get(script))
            .route("/kernel", get(|| async { "kernel" }))
            .route("/initrd", get(|| async { "initrd" }))
            .route("/v1/boot/t0/ks.cfg", get(answer_file))
            .route("/v1/boot/t0/{callback}", post(callback))
            .fallback(get(file))
            .with_state(site);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, seen, task }
    }

    pub(crate) fn edit(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap());
    }

    pub(crate) fn callbacks(&self) -> Vec<String> {
        self.seen.lock().unwrap().callbacks.clone()
    }
}

impl Drop for BootService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn bootstrap(State(site): State<Arc<Site>>) -> String {
    site.seen.lock().unwrap().script.clone()
}

async fn script(State(site): State<Arc<Site>>, RawQuery(query): RawQuery) -> String {
    let mut seen = site.seen.lock().unwrap();
    seen.queries.push(query.unwrap_or_default());
    if seen.done {
        return "#!ipxe\nsanboot --no-describe --drive 0x80 || exit 1\n".to_owned();
    }
    let arguments = seen.arguments.replace("BASE", &site.url);
    format!("#!ipxe\nkernel {}/kernel initrd=main {arguments}\ninitrd --name main initrd\nboot\n", site.url)
}

async fn answer_file(State(site): State<Arc<Site>>) -> String {
    let base = format!("{}/v1/boot/t0", site.url);
    format!(
        "%post\ncurl -X POST {base}/progress\ncurl -X POST \"{base}/done\"\ncurl '{base}/failed'; curl {base}/log\n"
    )
}

async fn callback(State(site): State<Arc<Site>>, Path(name): Path<String>, _body: Bytes) -> StatusCode {
    let mut seen = site.seen.lock().unwrap();
    seen.done |= name == "done";
    seen.callbacks.push(name);
    StatusCode::OK
}

async fn file(State(site): State<Arc<Site>>, uri: Uri) -> (StatusCode, String) {
    let seen = site.seen.lock().unwrap();
    let (status, text) = seen.files.get(uri.path()).cloned().unwrap_or((404, String::new()));
    (StatusCode::from_u16(status).unwrap(), text)
}
