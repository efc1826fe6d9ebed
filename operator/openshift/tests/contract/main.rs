//! The cluster port against a simulated cluster.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answers;
mod facts;
mod hostile;
mod reach;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use slipway_core::{
    failure::Failure,
    secret::Secret,
    subscription::{ClusterAccess, ClusterFacts, ClusterPort},
};
use slipway_openshift::Clusters;
use slipway_outbound::{Connector, Observer, Policy};

const ID: &str = "5117a9e0-0c0d-4e0f-8a0b-0000000000aa";
const CONSOLE: &str = "https://console-openshift-console.apps.edge-7.example";

/// Remembers what it is told, without the time.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Observer for Told {
    fn request(&self, system: &'static str, op: &'static str, code_class: &'static str, seconds: f64) {
        assert!(seconds >= 0.0);
        self.0.lock().unwrap().push(format!("{system} {op} {code_class}"));
    }
}

fn loopback() -> Policy {
    Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], ..Policy::default() }
}

struct Port {
    clusters: Clusters,
    told: Arc<Told>,
}

impl Port {
    fn under(policy: Policy) -> Self {
        let told = Arc::<Told>::default();
        let clusters = Clusters::new(Arc::new(Connector::new(policy)), told.clone());
        Self { clusters, told }
    }

    fn hasty(self) -> Self {
        Self { clusters: self.clusters.with_deadline(Duration::from_millis(300)), ..self }
    }

    async fn facts(&self, kubeconfig: &str) -> Result<ClusterFacts, Failure> {
        let access = ClusterAccess {
            kubeconfig: Secret::new(kubeconfig),
            secret_name: "edge-7-kubeconfig".to_owned(),
            field: "spec.cluster.kubeconfigRef".to_owned(),
        };
        let outcome = self.clusters.facts(&access).await;
        if let Err(failure) = &outcome {
            let begin = "`spec.cluster.kubeconfigRef` (Secret edge-7-kubeconfig): ";
            assert!(failure.message.starts_with(begin), "{failure}");
            assert_eq!(failure.message.matches(begin).count(), 1, "{failure}");
        }
        outcome
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.0.lock().unwrap())
    }
}
