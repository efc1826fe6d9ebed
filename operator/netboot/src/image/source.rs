//! Where images come from.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use slipway_core::failure::Failure;
use url::Url;

/// The way to an image's server.
#[async_trait]
pub trait ImageSource: Send + Sync {
    /// Asks for the image. Answers when the server has agreed to send it; another status than 200 is a failure with
    /// [`slipway_core::reason::Reason::ImageUnavailable`].
    async fn open(&self, url: &Url) -> Result<ImageStream, Failure>;
}

/// An image on its way.
pub struct ImageStream {
    /// Length in bytes, where the server says so.
    pub length: Option<u64>,
    /// Its pieces. A server that pauses too long ends the stream with a failure.
    pub pieces: BoxStream<'static, Result<Bytes, Failure>>,
}

impl std::fmt::Debug for ImageStream {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ImageStream").field("length", &self.length).finish_non_exhaustive()
    }
}
