//! The boot service.

use std::{
    fmt, fs, io,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use prometheus_client::registry::Registry;
use slipway_core::{
    boot::{Artifact, BootEntry, BootPort, ImageState, Recipe, ReportSink, Ticket},
    clock::Clock,
    failure::Failure,
    host::HostKey,
    mac_address::MacAddress,
};
use tokio::{net::TcpListener, runtime::Handle, sync::oneshot, time::sleep};
use url::Url;

use crate::{
    config::BootConfig,
    http_api,
    image::{ImageSource, Images},
    index::Index,
    metrics::Metrics,
    render::{self, BaseUrl},
    stranger::{Strangers, UnknownMachine},
};

/// How long open answers may take once the service is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Scripts, answer files, images and callbacks, behind [`BootPort`]. Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct BootService {
    shared: Arc<Shared>,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder for images cannot be used.
    #[error("the folder for images under {folder} cannot be used")]
    Folder {
        /// `data_dir`.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The EFI boot program cannot be read.
    #[error("the EFI boot program {file} cannot be read")]
    Program {
        /// `efi_program`.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address for hosts cannot go into a script.
    #[error("the boot service's address {0} has to be http or https, without user, query and fragment")]
    Address(Url),
    /// There is no runtime to fetch images on.
    #[error("the boot service has to be made within a tokio runtime")]
    Runtime,
}

/// What every request sees.
pub(crate) struct Shared {
    pub(crate) base: Option<BaseUrl>,
    pub(crate) program: Option<Bytes>,
    pub(crate) settle_within: Duration,
    pub(crate) sink: Arc<dyn ReportSink>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) images: Arc<Images>,
    pub(crate) metrics: Metrics,
    index: RwLock<Index>,
    strangers: Strangers,
}

impl BootService {
    /// Opens the store of images below `config.data_dir` and registers the metrics `slipway_boot_*` and `slipway_image_*`. To be
    /// called within a tokio runtime, on which images are fetched.
    ///
    /// Errors: [`StartError`].
    pub fn new(
        config: BootConfig,
        source: Arc<dyn ImageSource>,
        sink: Arc<dyn ReportSink>,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> Result<Self, StartError> {
        let base = config
            .base_url
            .map(|url| BaseUrl::configured(&url).ok_or(StartError::Address(url)))
            .transpose()?;
        let program = match config.efi_program {
            Some(file) => {
                Some(fs::read(&file).map_err(|source| StartError::Program { file, source })?.into())
            }
            None => None,
        };
        let runtime = Handle::try_current().map_err(|_| StartError::Runtime)?;
        let metrics = Metrics::registered(registry);
        let images = Images::open(&config.data_dir, source, clock.clone(), runtime, metrics.clone())
            .map_err(|source| StartError::Folder { folder: config.data_dir, source })?;
        let shared = Shared {
            base,
            program,
            settle_within: config.settle_within,
            sink,
            clock,
            images: Arc::new(images),
            metrics,
            index: RwLock::new(Index::new(config.token_key)),
            strangers: Strangers::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// All routes, for a server of one's own.
    pub fn router(&self) -> Router {
        http_api::router(self.shared.clone())
    }

    /// Serves until `shutdown` completes, then lets open answers end for up to ten seconds.
    ///
    /// Errors: what the listener fails with.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (stopping, stopped) = oneshot::channel();
        let stop = async move {
            shutdown.await;
            stopping.send(()).ok();
        };
        let drained = async move {
            if stopped.await.is_ok() {
                sleep(DRAIN).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        let server = axum::serve(listener, self.router()).with_graceful_shutdown(stop);
        tokio::select! {
            result = server => result,
            () = drained => Ok(()),
        }
    }

    /// Machines that lately asked for a script and were not served one of their own, the last first; at most 256.
    #[must_use]
    pub fn unknown_machines(&self) -> Vec<UnknownMachine> {
        self.shared.strangers.list()
    }
}

impl fmt::Debug for BootService {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BootService").finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a machine that gets no script of its own.
    pub(crate) fn stranger(&self, mac: Option<MacAddress>, why: &str) {
        let is_news = self.strangers.note(mac, why, self.clock.now());
        self.metrics.unknown_machines(self.strangers.count());
        if is_news {
            let mac_text = mac.map(|mac| mac.to_string()).unwrap_or_default();
            tracing::warn!(machine.mac = mac_text, "A machine was told to boot locally: it {why}");
            self.sink.unknown_machine(mac, why);
        }
    }
}

impl BootPort for BootService {
    fn publish(&self, entry: BootEntry) {
        self.shared.strangers.forget(&entry.macs);
        self.shared.metrics.unknown_machines(self.shared.strangers.count());
        self.shared.index_mut().publish(entry);
    }

    fn withdraw(&self, host: &HostKey) {
        self.shared.index_mut().withdraw(host);
    }

    fn primed(&self) {
        self.shared.index_mut().primed();
    }

    fn check(&self, ticket: &Ticket) -> Result<(), Failure> {
        render::check(ticket)
    }

    fn image(&self, artifact: &Artifact) -> ImageState {
        self.shared.images.ask(artifact)
    }

    fn http_boot_program(&self) -> Option<Url> {
        let (base, _) = self.shared.base.as_ref().zip(self.shared.program.as_ref())?;
        format!("{}/ipxe.efi", base.as_str()).parse().ok()
    }

    fn check_recipe(&self, recipe: &Recipe) -> Result<(), Failure> {
        render::check_recipe(recipe)
    }
}
