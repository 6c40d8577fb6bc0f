//! A whole response: status, headers and a body whose length and checksum are right.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{DATE, HeaderMap, HeaderName, HeaderValue};

use super::date::http_date;
use super::failure::FailureKind;

const CRC32: HeaderName = HeaderName::from_static("x-amz-crc32");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const RETRY_AFTER: HeaderName = HeaderName::from_static("x-amz-retry-after");

/// What the service answered. Headers are looked at when somebody asks.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// Whether the socket had rested in the pool before.
    pub(crate) reused: bool,
    request_id: Option<HeaderValue>,
    /// Empty after [`Response::spare_headers`].
    headers: HeaderMap,
}

impl Response {
    /// # Errors
    /// If the body is not the one that its checksum was computed over.
    pub(crate) fn new(
        status: u16,
        headers: HeaderMap,
        body: Bytes,
        reused: bool,
    ) -> Result<Self, (FailureKind, String)> {
        if let Some(expected) = headers.get(CRC32) {
            let found = crc32fast::hash(&body);
            let expected = expected.to_str().ok().and_then(|text| text.trim().parse::<u32>().ok());
            if expected != Some(found) {
                return Err((
                    FailureKind::ChecksumMismatch,
                    format!("the response's {} bytes do not have the checksum that x-amz-crc32 promises", body.len()),
                ));
            }
        }
        let request_id = headers.get(REQUEST_ID).cloned();
        Ok(Response { status, body, reused, request_id, headers })
    }

    /// Gives the map of a success's headers, cleared, to the next request: of a success nobody wants to know more than
    /// its request id, and a new map costs two allocations.
    pub(crate) fn spare_headers(&mut self) -> Option<HeaderMap> {
        (self.status == 200).then(|| {
            let mut headers = std::mem::take(&mut self.headers);
            headers.clear();
            headers
        })
    }

    /// The response as it came.
    #[cfg(feature = "sdk")]
    pub(crate) fn into_http(self) -> Result<http::Response<Bytes>, http::Error> {
        let mut response = http::Response::builder().status(self.status).body(self.body)?;
        *response.headers_mut() = self.headers;
        Ok(response)
    }

    /// Whether the body had a checksum (which was right, or there would be no response).
    pub(crate) fn is_proven(&self) -> bool {
        self.headers.contains_key(CRC32)
    }

    /// Whether the body has the outline of a JSON object, as every answer of the service has.
    pub(crate) fn is_object(&self) -> bool {
        let body = self.body.trim_ascii();
        body.first() == Some(&b'{') && body.last() == Some(&b'}')
    }

    /// What the service calls this request; to be told to AWS when something is wrong.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref()?.to_str().ok()
    }

    /// The error's name, where the body does not say it.
    pub(crate) fn error_type(&self) -> Option<&str> {
        self.text(&ERROR_TYPE)
    }

    /// How long the service asks to wait before the next attempt.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.text(&RETRY_AFTER)?.trim().parse().ok().map(Duration::from_millis)
    }

    /// The service's clock when it answered.
    pub(crate) fn date(&self) -> Option<SystemTime> {
        http_date(self.text(&DATE)?)
    }

    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("request_id", &self.request_id())
            .field("reused", &self.reused)
            .finish()
    }
}
