//! A boot service with everything around it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use prometheus_client::{encoding::text::encode, registry::Registry};
use slipway_core::{
    boot::{
        AnswerFile, AttemptId, BootAnswer, BootEntry, BootPort, ImageState, LocalBoot, Recipe, RecipeBoot,
        Ticket,
    },
    clock::{Clock, SignedDuration, Timestamp},
    host::HostKey,
    secret::Secret,
};
use slipway_netboot::{BootConfig, BootService, TokenKey};
use tempfile::TempDir;
use tokio::time::{Instant, timeout};
use tower::ServiceExt;

use crate::{
    log,
    sink::Sink,
    source::{Source, artifact},
};

pub(crate) const BASE: &str = "http://boot.example.com:8080";
pub(crate) const MAC: &str = "52-54-00-00-00-07";
pub(crate) const UUID: &str = "11223344-5566-7788-99aa-bbccddeeff00";
pub(crate) const KERNEL: &str = "http://mirror.example.com/linux";

/// Longest time that any condition is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct TestClock(Mutex<Timestamp>);

impl TestClock {
    pub(crate) fn forward(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

pub(crate) struct Rig {
    pub service: BootService,
    pub router: Router,
    pub sink: Arc<Sink>,
    pub source: Arc<Source>,
    pub clock: Arc<TestClock>,
    pub registry: Registry,
    pub folder: Arc<TempDir>,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

impl Rig {
    /// A primed service without hosts.
    pub(crate) fn new() -> Self {
        let rig = Self::unprimed();
        rig.service.primed();
        rig
    }

    pub(crate) fn unprimed() -> Self {
        Self::over(Arc::new(TempDir::new().unwrap()), |_| {})
    }

    /// A service over a folder that an earlier one may have used.
    pub(crate) fn over(folder: Arc<TempDir>, configure: impl FnOnce(&mut BootConfig)) -> Self {
        log::listen();
        let (sink, source) = (Arc::new(Sink::new()), Arc::new(Source::new()));
        let clock = Arc::new(TestClock(Mutex::new("2026-11-20T12:00:00Z".parse().unwrap())));
        let mut registry = Registry::default();
        let mut config = BootConfig::new(folder.path().to_owned(), TokenKey::new([7; 32]));
        config.settle_within = PATIENCE;
        config.base_url = Some(BASE.parse().unwrap());
        configure(&mut config);
        let service =
            BootService::new(config, source.clone(), sink.clone(), clock.clone(), &mut registry).unwrap();
        Self { router: service.router(), service, sink, source, clock, registry, folder }
    }

    /// A service that shares nothing with the rig but its folder and key: what is left after a restart.
    pub(crate) fn restarted(&self) -> Self {
        let rig = Self::over(self.folder.clone(), |_| {});
        rig.service.primed();
        rig
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(Method::POST, path, body).await
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", "10.0.2.2:8080");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// The script of the host of [`entry`].
    pub(crate) async fn script(&self) -> String {
        let answer = self.get(&format!("/v1/script?mac={MAC}&uuid={UUID}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    }

    /// Publishes a host that installs, with its images on disk, and answers the path of its token.
    pub(crate) async fn install(&self, attempt: i32) -> String {
        let ticket = ticket(attempt);
        self.publish(ticket).await
    }

    pub(crate) async fn publish(&self, ticket: Ticket) -> String {
        for image in ticket.recipe.boot.artifacts() {
            self.until(|| matches!(self.service.image(image), ImageState::Ready(_))).await;
        }
        self.service.publish(entry(BootAnswer::Install(Arc::new(ticket))));
        token_path(&self.script().await)
    }

    pub(crate) fn publish_local(&self, how: LocalBoot) {
        self.service.publish(entry(BootAnswer::Local(how)));
    }

    /// Waits for a condition that other tasks bring about.
    pub(crate) async fn until(&self, condition: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < end, "the condition was not met in time");
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn metrics(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        text
    }
}

/// Waits for something with a limit.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap()
}

pub(crate) fn host() -> HostKey {
    HostKey {
        namespace: "lab".into(),
        name: "u07".into(),
        uid: "0b0c6b0e-0000-4000-8000-000000000007".into(),
    }
}

pub(crate) fn entry(answer: BootAnswer) -> BootEntry {
    BootEntry {
        host: host(),
        macs: vec![MAC.parse().unwrap()],
        uuid: Some(UUID.into()),
        answer,
        finished: None,
    }
}

pub(crate) fn ticket(attempt: i32) -> Ticket {
    let recipe = Recipe {
        name: "tiny".into(),
        boot: RecipeBoot::Kernel {
            kernel: artifact(KERNEL),
            initrds: vec![artifact("http://mirror.example.com/initrd")],
            arguments: vec!["url={{ answer_url }}".into(), "name={{ values.hostname }}".into()],
        },
        answer_files: vec![AnswerFile {
            name: "answers.txt".into(),
            content_type: "text/x-answers".into(),
            template: "{{ values.hostname }} {{ secrets.password }} {{ callback.done }}\n".into(),
        }],
    };
    Ticket {
        attempt: AttemptId { host: host(), install_id: "1".into(), attempt },
        expires_at: "2026-11-20T12:45:00Z".parse().unwrap(),
        recipe: Arc::new(recipe),
        values: BTreeMap::from([
            ("hostname".to_owned(), "u07.lab".to_owned()),
            ("host.mac".to_owned(), "52:54:00:00:00:07".to_owned()),
        ]),
        secret_values: BTreeMap::from([("password".to_owned(), Secret::new("canary-password"))]),
        local_boot: LocalBoot::Auto,
    }
}

/// The path that all of an attempt's addresses share, from its script.
pub(crate) fn token_path(script: &str) -> String {
    let rest = script.split("/v1/boot/").nth(1).unwrap_or_else(|| panic!("no token in {script}"));
    format!("/v1/boot/{}", rest.split('/').next().unwrap())
}

/// Whether the script installs; every other one boots locally or waits.
pub(crate) fn installs(script: &str) -> bool {
    script.contains("\nkernel ")
}

pub(crate) const LOCAL: &str = "#!ipxe\necho Slipway: boots from its next boot entry\nexit 1\n";
