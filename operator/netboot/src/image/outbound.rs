//! Images through the guarded connector.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::stream;
use slipway_core::{failure::Failure, reason::Reason, trust::Trust};
use slipway_outbound::{Connector, Method, Plaintext, Request, StatusCode};
use url::Url;

use super::{ImageSource, ImageStream};

/// The longest a server may pause between two pieces.
const PAUSE: Duration = Duration::from_mins(1);

/// Time up to the first byte of the image.
const FIRST_BYTE: Duration = Duration::from_secs(30);

/// Images over HTTP and HTTPS. Plain HTTP will do, because each image is checked against its digest
/// (`facts/boot.md` D2 item 14).
#[derive(Debug)]
pub struct OutboundImages {
    connector: Arc<Connector>,
    most_bytes: usize,
}

impl OutboundImages {
    /// Fetches through this connector, at most so many bytes an image.
    #[must_use]
    pub fn new(connector: Arc<Connector>, most_bytes: usize) -> Self {
        Self { connector, most_bytes }
    }
}

#[async_trait]
impl ImageSource for OutboundImages {
    async fn open(&self, url: &Url) -> Result<ImageStream, Failure> {
        let trusted = self.connector.trust(&Trust::System)?;
        let peer = self.connector.open(url, &trusted, Plaintext::Allowed).await?;
        let target = url.as_str().to_owned();
        let request = Request { cap: self.most_bytes, ..Request::new(Method::GET, target, FIRST_BYTE) };
        let download = peer.download(request, PAUSE).await?;
        if download.status() != StatusCode::OK {
            let why =
                format!("{} answered {} for an image; correct its URL", peer.label(), download.status());
            return Err(Failure::new(Reason::ImageUnavailable, why));
        }
        let header = download.headers().get(http::header::CONTENT_LENGTH);
        let length = header.and_then(|length| length.to_str().ok()?.parse().ok());
        let pieces = stream::try_unfold((download, peer), |(mut download, peer)| async {
            Ok(download.chunk().await?.map(|piece| (piece, (download, peer))))
        });
        Ok(ImageStream { length, pieces: Box::pin(pieces) })
    }
}
