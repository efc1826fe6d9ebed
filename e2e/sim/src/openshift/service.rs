//! What an API server answers (Kubernetes API conventions; facts/ocm.md §9.2).

use super::kubeconfig::{ADMINISTRATOR, ROBOT};
use super::{Console, Inner, OpenShiftCall, Version};
use crate::wire::{Asked, Reply, Service, Station};
use http::Method;
use serde_json::{Value, json};
use std::sync::Arc;

const CLUSTER_VERSION: &str = "/apis/config.openshift.io/v1/clusterversions/version";
const CONSOLE: &str = "/apis/config.openshift.io/v1/consoles/cluster";

/// The service for users with a client certificate, or for all others.
pub(super) struct Entrance {
    inner: Arc<Inner>,
    certified: bool,
}

impl Entrance {
    pub(super) fn new(inner: Arc<Inner>, certified: bool) -> Self {
        Self { inner, certified }
    }

    fn user(&self, asked: &Asked) -> Option<&'static str> {
        if self.certified {
            return Some(ADMINISTRATOR);
        }
        let shown = asked.header("authorization")?.strip_prefix("Bearer ")?;
        (shown == self.inner.holder.token()).then_some(ROBOT)
    }
}

impl Service for Entrance {
    fn station(&self) -> &Station {
        &self.inner.station
    }

    fn begin(&self, asked: &Asked) -> u64 {
        let call = OpenShiftCall {
            method: asked.method.to_string(),
            path: asked.target.clone(),
            user: self.user(asked).map(str::to_owned),
            status: None,
        };
        let mut state = self.inner.state.lock();
        state.calls.push(call);
        state.calls.len() as u64
    }

    fn handle(&self, _: u64, asked: &Asked) -> Reply {
        let Some(user) = self.user(asked) else {
            return status(401, "Unauthorized", "Unauthorized");
        };
        let state = self.inner.state.lock();
        if state.denied {
            let message =
                format!("User \"{user}\" cannot get resource at the cluster scope: {}", asked.path());
            return status(403, "Forbidden", &message);
        }
        if asked.method != Method::GET {
            return status(405, "MethodNotAllowed", "the server does not allow this method");
        }
        match (asked.path(), &state.version, &state.console) {
            (CLUSTER_VERSION, Some(version), _) => Reply::json(200, &cluster_version(version)),
            (CONSOLE, _, Console::At(url)) => Reply::json(200, &console(url)),
            (CONSOLE, _, Console::Unaddressed) => Reply::json(200, &console("")),
            (CONSOLE, Some(_), Console::Absent) => {
                status(404, "NotFound", "consoles.config.openshift.io \"cluster\" not found")
            }
            // A group of APIs that is not served is a path like any other.
            _ => Reply::text(404, "text/plain; charset=utf-8", "404 page not found\n"),
        }
    }

    fn dress(&self, _: &Asked, reply: Reply) -> Reply {
        self.inner.station.dated(reply)
    }

    fn error(&self, _: &Asked, code: u16, reason: &str, message: &str) -> Reply {
        status(code, reason, message)
    }

    fn finish(&self, number: u64, status: Option<u16>) {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let mut state = self.inner.state.lock();
        if let Some(call) = index.and_then(|index| state.calls.get_mut(index)) {
            call.status = status;
        }
    }
}

/// A `Status` (Kubernetes API conventions, "Response Status Kind").
fn status(code: u16, reason: &str, message: &str) -> Reply {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    Reply::json(code, &body)
}

fn cluster_version(version: &Version) -> Value {
    let installed = if version.completed { "True" } else { "False" };
    let state = if version.completed { "Completed" } else { "Partial" };
    let completed = version.completed.then_some("2026-11-20T11:00:00Z");
    json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ClusterVersion",
        "metadata": {"name": "version", "generation": 2, "resourceVersion": "24680"},
        "spec": {"channel": "stable-4.20", "clusterID": version.cluster_id},
        "status": {
            "desired": {"version": "4.20.3"},
            "history": [{
                "state": state, "startedTime": "2026-11-20T10:00:00Z", "completionTime": completed,
                "version": "4.20.3", "verified": false,
            }],
            "conditions": [
                {"type": "Available", "status": installed, "lastTransitionTime": "2026-11-20T11:00:00Z"},
                {"type": "Progressing", "status": if version.completed { "False" } else { "True" }},
            ],
            "observedGeneration": 2,
        },
    })
}

fn console(url: &str) -> Value {
    json!({
        "apiVersion": "config.openshift.io/v1", "kind": "Console",
        "metadata": {"name": "cluster", "resourceVersion": "13579"},
        "spec": {"authentication": {"logoutRedirect": ""}},
        "status": {"consoleURL": url},
    })
}
