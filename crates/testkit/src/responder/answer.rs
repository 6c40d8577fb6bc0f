//! From an action to the bytes of an answer.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use super::action::{Action, Reach, Told};
use super::{Seen, body, forward};
use crate::http1::Exchange;

const JSON: &str = "application/x-amz-json-1.0";
const CRC: HeaderName = HeaderName::from_static("x-amz-crc32");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

pub(super) async fn answer(upstream: Option<&str>, seen: &Seen, action: &Action) -> io::Result<Response<Full<Bytes>>> {
    let truth = reach(upstream, seen, action.reach).await?;
    let told = match &action.told {
        Told::Truth => truth,
        Told::Json { status, body } => made_up(*status, JSON, Bytes::from(body.to_string()))?,
        Told::Raw { status, content_type, body } => made_up(*status, content_type, body.clone())?,
        Told::Cancelled { code, message, at } => {
            made_up(400, JSON, Bytes::from(body::cancelled(&seen.body, code, message, at).to_string()))?
        }
        Told::Padded(bytes) => padded(truth, *bytes)?,
    };
    tokio::time::sleep(action.delay).await;
    finish(told, seen, action)
}

/// Brings the request as far as it is to come; the answer is the engine's, or an empty one if it does not get there.
async fn reach(upstream: Option<&str>, seen: &Seen, reach: Reach) -> io::Result<Exchange> {
    match (reach, upstream) {
        (Reach::Nowhere, _) => made_up(200, JSON, Bytes::from_static(b"{}")),
        (Reach::Engine, None) => made_up(200, JSON, Bytes::from_static(b"{}")),
        (Reach::Engine, Some(upstream)) => forward(upstream, seen, seen.bytes.clone()).await,
        (Reach::Part(applied), upstream) => {
            let (first, left) = body::split_batch(&seen.body, applied);
            let answer = match (first, upstream) {
                (Some(first), Some(upstream)) => {
                    let answer = forward(upstream, seen, Bytes::from(first.to_string())).await?;
                    if answer.status != StatusCode::OK {
                        return Ok(answer);
                    }
                    serde_json::from_slice(&answer.body)?
                }
                _ => body::nothing_applied(&seen.operation),
            };
            let answer = body::with_leftovers(&seen.operation, answer, left);
            made_up(200, JSON, Bytes::from(answer.to_string()))
        }
    }
}

fn made_up(status: u16, content_type: &str, body: Bytes) -> io::Result<Exchange> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(content_type).map_err(io::Error::other)?);
    Ok(Exchange { status: StatusCode::from_u16(status).map_err(io::Error::other)?, headers, body })
}

fn padded(truth: Exchange, bytes: usize) -> io::Result<Exchange> {
    let mut body: Value = serde_json::from_slice(&truth.body)?;
    body["Padding"] = json!("x".repeat(bytes));
    made_up(truth.status.as_u16(), JSON, Bytes::from(body.to_string()))
}

/// The headers that every answer of the service has, then those of the action.
fn finish(told: Exchange, seen: &Seen, action: &Action) -> io::Result<Response<Full<Bytes>>> {
    let mut headers = told.headers;
    headers.remove(CONTENT_LENGTH);
    headers.remove(TRANSFER_ENCODING);
    let crc = crc32fast::hash(&told.body);
    headers.insert(CRC, HeaderValue::from(if action.wrong_crc { !crc } else { crc }));
    if !headers.contains_key(&REQUEST_ID) {
        let id = format!("RESPONDER{:043}", seen.number);
        headers.insert(REQUEST_ID, HeaderValue::from_str(&id).map_err(io::Error::other)?);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let date = http_date(now.saturating_add_signed(action.skew));
    headers.insert(DATE, HeaderValue::from_str(&date).map_err(io::Error::other)?);
    for (name, value) in &action.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
        headers.insert(name, HeaderValue::from_str(value).map_err(io::Error::other)?);
    }
    let mut response = Response::new(Full::new(told.body));
    *response.status_mut() = told.status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Seconds since 1970 as the `Date` header has them (RFC 9110, 5.6.7).
fn http_date(seconds: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let weekday = DAYS[(days % 7) as usize];
    let (mut year, mut day) = (1970, days);
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT", day + 1, MONTHS[month])
}

#[cfg(test)]
mod tests {
    use super::http_date;

    #[test]
    fn a_date_is_written_as_http_wants_it() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        // The example of RFC 9110.
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(1_709_164_799), "Wed, 28 Feb 2024 23:59:59 GMT");
        assert_eq!(http_date(1_709_164_800), "Thu, 29 Feb 2024 00:00:00 GMT");
    }
}
