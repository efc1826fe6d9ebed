//! Images from disk.

use std::{io, io::SeekFrom, path::Path as FilePath, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
        IF_RANGE, RANGE,
    },
};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};
use tokio_util::io::ReaderStream;

use super::{
    range::{Part, part},
    reply,
};
use crate::service::Shared;

/// Bytes read from disk at a time.
const PIECE: usize = 256 << 10;

pub(crate) async fn image(
    State(shared): State<Arc<Shared>>,
    Path(sha256): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    serve(&shared, &sha256, &method, &headers).await
}

/// The name is for the machine only.
pub(crate) async fn named_image(
    State(shared): State<Arc<Shared>>,
    Path((sha256, _name)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    serve(&shared, &sha256, &method, &headers).await
}

async fn serve(shared: &Shared, sha256: &str, method: &Method, headers: &HeaderMap) -> Response {
    let Some((path, length)) = shared.images.ready(sha256) else {
        return if shared.images.is_awaited(sha256) {
            reply::later("the image is being fetched")
        } else {
            reply::short(StatusCode::NOT_FOUND, "no such image")
        };
    };
    let tag = format!("\"{sha256}\"");
    if header(headers, &IF_NONE_MATCH).is_some_and(|known| known == "*" || known.contains(&tag)) {
        return (StatusCode::NOT_MODIFIED, described(&tag)).into_response();
    }
    let is_same = header(headers, &IF_RANGE).is_none_or(|known| known == tag);
    let wanted = if is_same { part(header(headers, &RANGE), length) } else { Part::Whole };
    let (status, first, count) = match wanted {
        Part::Whole => (StatusCode::OK, 0, length),
        Part::Slice { first, length } => (StatusCode::PARTIAL_CONTENT, first, length),
        Part::Unsatisfiable => {
            let mut response = reply::short(StatusCode::RANGE_NOT_SATISFIABLE, "no such part of the image");
            insert(&mut response, CONTENT_RANGE, &format!("bytes */{length}"));
            return response;
        }
    };
    let body = if method == Method::HEAD { Ok(Body::empty()) } else { read(&path, first, count).await };
    let body = match body {
        Ok(body) => body,
        Err(error) => return unread(shared, sha256, &error),
    };
    let mut response = (status, described(&tag), body).into_response();
    insert(&mut response, CONTENT_LENGTH, &count.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        insert(&mut response, CONTENT_RANGE, &format!("bytes {first}-{}/{length}", first + count - 1));
    }
    response
}

fn unread(shared: &Shared, sha256: &str, error: &io::Error) -> Response {
    tracing::warn!(image.sha256 = sha256, "Image could not be read: {error}");
    if error.kind() == io::ErrorKind::NotFound {
        shared.images.lost(sha256);
    }
    reply::later("the image cannot be read")
}

fn described(tag: &str) -> HeaderMap {
    let fixed = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        // Its name is its digest.
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    let tag = HeaderValue::from_str(tag).ok().map(|tag| (ETAG, tag));
    fixed.into_iter().chain(tag).collect()
}

async fn read(path: &FilePath, first: u64, count: u64) -> io::Result<Body> {
    let mut file = File::open(path).await?;
    file.seek(SeekFrom::Start(first)).await?;
    Ok(Body::from_stream(ReaderStream::with_capacity(file.take(count), PIECE)))
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
