//! Counts requests to the Kubernetes API under client-go's name, so that public dashboards show them
//! (`facts/reliability-ux.md §4.1`).

use std::task::{Context, Poll};

use axum::http::{Request, Response};
use kube::client::Body;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use tower::{Layer, Service};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    code: String,
    method: String,
}

/// Wraps the client's transport.
#[derive(Debug, Clone)]
pub(crate) struct CountRequests {
    requests: Family<Labels, Counter>,
}

impl CountRequests {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let requests = Family::default();
        registry.register("rest_client_requests", "Requests to the Kubernetes API", Family::clone(&requests));
        Self { requests }
    }
}

impl<S> Layer<S> for CountRequests {
    type Service = Counting<S>;

    fn layer(&self, inner: S) -> Counting<S> {
        Counting { inner, requests: self.requests.clone() }
    }
}

/// A transport that counts.
#[derive(Debug, Clone)]
pub(crate) struct Counting<S> {
    inner: S,
    requests: Family<Labels, Counter>,
}

impl<S, B> Service<Request<Body>> for Counting<S>
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Send,
    B: Send,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let method = request.method().to_string();
        let requests = self.requests.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            let code = answer
                .as_ref()
                .map_or_else(|_| "<error>".to_owned(), |answer| answer.status().as_u16().to_string());
            requests.get_or_create(&Labels { code, method }).inc();
            answer
        })
    }
}
