//! Bodies of answers: whole, without end, or cut in the middle.

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;

/// Told to hyper as an error, it drops the connection without another byte.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("connection cut on purpose")]
pub(crate) struct Cut;

/// Body of any answer.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

pub(crate) fn whole(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Sends the first half and cuts the connection. The caller announces the whole length.
pub(crate) fn cut(content: &Bytes) -> Body {
    let half = content.slice(..content.len() / 2);
    let first = stream::iter([Ok(Frame::data(half))]);
    // Hyper drops what it has not written yet at an error; it writes when the body has nothing ready.
    let then = stream::once(async {
        tokio::task::yield_now().await;
        Err(Cut)
    });
    StreamBody::new(first.chain(then)).boxed_unsync()
}

const CHUNK: usize = 64 << 10;

/// A JSON string of this many bytes, never held in memory at once.
pub(crate) fn endless(bytes: u64) -> Body {
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    let frames = stream::unfold((0, bytes), move |(sent, left)| {
        let chunk = chunk.clone();
        async move {
            if left == 0 {
                return None;
            }
            let piece = if sent == 0 {
                Bytes::from_static(b"\"")
            } else {
                chunk.slice(..usize::try_from(left).unwrap_or(CHUNK).min(CHUNK))
            };
            let length = piece.len() as u64;
            Some((Ok(Frame::data(piece)), (sent + length, left - length)))
        }
    });
    StreamBody::new(frames).boxed_unsync()
}
