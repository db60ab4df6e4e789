//! Bodies within limits: unread until there is room for them, unpacked no further than allowed.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::http::{HeaderMap, StatusCode};
use flate2::read::MultiGzDecoder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::StreamExt;

use super::answer::Refusal;

/// Room is counted in pieces of this size.
const PIECE_BYTES: usize = 16 << 10;
/// How long a request waits for room before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(20);
/// Of a body that is too large.
const MOST_DRAINED_BYTES: usize = 16 << 20;
/// How long a client may take to send a body.
const SLOWEST: Duration = Duration::from_secs(300);

/// Memory for bodies that are worked on at the same time.
#[derive(Clone)]
pub struct Room {
    pieces: Arc<Semaphore>,
    total: usize,
}

/// A body and the room that it takes until it is dropped.
pub struct Held {
    pub bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

impl Room {
    pub fn new(bytes: usize) -> Self {
        let total = (bytes / PIECE_BYTES).max(1);
        Self {
            pieces: Arc::new(Semaphore::new(total)),
            total,
        }
    }

    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let pieces = bytes.div_ceil(PIECE_BYTES).clamp(1, self.total);
        let pieces = u32::try_from(pieces).unwrap_or(u32::MAX);
        let room = self.pieces.clone().acquire_many_owned(pieces);
        match tokio::time::timeout(PATIENCE, room).await {
            Ok(Ok(room)) => Ok(room),
            _ => Err(Refusal::passing(
                "the server has more to do than it has room for; try again in a moment",
            )),
        }
    }
}

/// The whole body, unpacked where it is gzip.
pub async fn read(
    room: &Room,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<Held, Refusal> {
    let too_large = || {
        let text = format!("the body is larger than the limit of {limit} bytes");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text)
    };
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let announced = text(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        // Who is cut off while sending never sees why.
        drain(body, MOST_DRAINED_BYTES).await;
        return Err(too_large());
    }
    let is_gzip = text(CONTENT_ENCODING).is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
    // What is packed, or of unknown length, may become as large as the limit.
    let expected = match is_gzip {
        true => announced.unwrap_or(limit).saturating_mul(8).min(limit),
        false => announced.unwrap_or(limit.min(1 << 20)),
    };
    let held = room.take(expected).await?;
    let bytes = tokio::time::timeout(SLOWEST, axum::body::to_bytes(body, limit)).await;
    let bytes = match bytes {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(problem)) if is_too_large(&problem) => return Err(too_large()),
        Ok(Err(problem)) => {
            let text = format!("the body ended early: {problem}");
            return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
        }
        Err(_) => {
            let text = "the body took too long to arrive; send it again";
            return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, text));
        }
    };
    let bytes = match is_gzip {
        true => unpack(&bytes, limit)?,
        false => bytes,
    };
    Ok(Held { bytes, _room: held })
}

/// Reads what nobody wants, so far as that is cheap.
async fn drain(body: Body, limit: usize) {
    let mut chunks = body.into_data_stream();
    let mut left = limit;
    let reading = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    // Slower than this is cut off after all.
    let _ = tokio::time::timeout(PATIENCE, reading).await;
}

fn is_too_large(problem: &axum::Error) -> bool {
    let mut source = std::error::Error::source(problem);
    while let Some(cause) = source {
        if cause.to_string().contains("length limit") {
            return true;
        }
        source = cause.source();
    }
    problem.to_string().contains("length limit")
}

fn unpack(packed: &[u8], limit: usize) -> Result<Bytes, Refusal> {
    let mut unpacked = Vec::new();
    let mut reader = MultiGzDecoder::new(packed).take(limit as u64 + 1);
    if let Err(problem) = reader.read_to_end(&mut unpacked) {
        let text = format!("the body is not gzip, though it says so: {problem}");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
    }
    if unpacked.len() > limit {
        let text = format!("unpacked the body is larger than the limit of {limit} bytes");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    Ok(unpacked.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_gzip_bomb_is_unpacked_no_further_than_the_limit() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![b' '; 8 << 20]).unwrap();
        let bomb = packer.finish().unwrap();
        assert!(bomb.len() < 32 << 10);
        let refused = unpack(&bomb, 1 << 20).unwrap_err();
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(unpack(&bomb, 8 << 20).unwrap().len(), 8 << 20);
        assert_eq!(
            unpack(b"no gzip", 100).unwrap_err().status,
            StatusCode::BAD_REQUEST
        );
    }
}
