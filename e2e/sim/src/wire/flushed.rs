//! A connection that tells when an answer has left.

use crate::guarded::Guarded;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What waits for an answer to leave.
type Waiting = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Slip {
    waiting: Option<Waiting>,
    written: bool,
}

/// Where the one who answers leaves word.
#[derive(Clone, Default)]
pub(crate) struct Departure(Arc<Guarded<Slip>>);

impl Departure {
    /// Runs this when what is written from now on has been flushed.
    pub(crate) fn then(&self, run: impl FnOnce() + Send + 'static) {
        *self.0.lock() = Slip { waiting: Some(Box::new(run)), written: false };
    }

    fn wrote(&self) {
        self.0.lock().written = true;
    }

    fn flushed(&self) {
        let mut slip = self.0.lock();
        let run = if slip.written { slip.waiting.take() } else { None };
        drop(slip);
        if let Some(run) = run {
            run();
        }
    }
}

/// A stream whose flushes are told.
pub(crate) struct Flushed<S> {
    inner: S,
    departure: Departure,
}

impl<S> Flushed<S> {
    pub(crate) fn new(inner: S, departure: Departure) -> Self {
        Self { inner, departure }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Flushed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Flushed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        if matches!(polled, Poll::Ready(Ok(_))) {
            self.departure.wrote();
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.inner).poll_flush(context);
        if matches!(polled, Poll::Ready(Ok(()))) {
            self.departure.flushed();
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
