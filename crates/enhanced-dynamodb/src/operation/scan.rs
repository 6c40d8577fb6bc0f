//! Scan.

use std::sync::Arc;

use super::base::{Base, number_member};
use super::capacity::ReturnConsumedCapacity;
use super::page::PageRequest;
use super::read::{ReadSettings, Start};
use super::segments::{Division, MOST_SEGMENTS};
use super::settings::read_settings;
use crate::error::Error;
use crate::execute::{Core, Operation};
use crate::expression::{CursorBinding, Position, decode_checkpoint};

static SCAN: Operation = Operation::data("Scan", "DynamoDB_20120810.Scan");

/// Reads a whole table or index, in no particular order.
///
/// Made by [`Client::scan`](crate::Client::scan). [`items`](Scan::items) and [`pages`](Scan::pages) read all pages,
/// [`send`](Scan::send) one.
#[must_use = "a request does nothing until it is sent"]
pub struct Scan {
    base: Base,
    read: ReadSettings,
    segment: Option<(u32, u32)>,
    segments: Option<u32>,
    /// Read units a second.
    rate: Option<f64>,
}

impl Scan {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        Scan { base: Base::new(core, table), read: ReadSettings::default(), segment: None, segments: None, rate: None }
    }

    read_settings!();

    /// Cuts the table into so many segments (1 to 1,000,000) and reads them together, as one stream of
    /// [`items`](Self::items) or [`pages`](Self::pages), in no particular order.
    ///
    /// There are no more pages under way than the client has sockets. [`limit`](Self::limit), [`count`](Self::count)
    /// and cursors work as for any scan: a cursor tells where each segment stands, and belongs to a scan of the same
    /// table or index in as many segments.
    ///
    /// ```
    /// # async fn example(db: enhanced_dynamodb::Client, cursor: Option<String>) -> Result<(), enhanced_dynamodb::Error> {
    /// use enhanced_dynamodb::Item;
    ///
    /// let scan = db.scan("Messages").segments(8).max_read_units_per_second(500.0);
    /// let mut items = match cursor {
    ///     Some(cursor) => scan.cursor(cursor),
    ///     None => scan,
    /// }
    /// .items::<Item>();
    /// while let Some(item) = items.next().await {
    ///     println!("{} attributes", item?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn segments(mut self, total: u32) -> Self {
        self.segments = Some(total);
        self
    }

    /// Reads no faster than so many capacity units a second, all segments together.
    ///
    /// What each page consumed, as the service tells it, is waited for before the next one is asked for; a page is up
    /// to 1 MB, 128 units (256 if the read is [consistent](Self::consistent_read)), unless
    /// [`page_size`](Self::page_size) makes it less. Where the service does not tell, the size of the answer stands in.
    pub fn max_read_units_per_second(mut self, units: f64) -> Self {
        self.rate = Some(units);
        self
    }

    /// Reads segment number `segment` (from 0) of `total` that the table is cut into, so that several scans read it
    /// together: in other processes, for example. In one, [`segments`](Self::segments) does it.
    pub fn segment(mut self, segment: u32, total: u32) -> Self {
        self.segment = Some((segment, total));
        self
    }

    pub(crate) fn pages_of(self) -> Result<PageRequest, Error> {
        self.check().map_err(|error| self.base.refuse(&SCAN, error))?;
        let Scan { mut base, mut read, segment, segments, rate } = self;
        if rate.is_some() && base.capacity.is_none_or(|capacity| capacity == ReturnConsumedCapacity::None) {
            base.capacity = Some(ReturnConsumedCapacity::Total);
            base.options.asks_capacity = true;
        }
        // The position of one segment is not that of all.
        let start = if segments.is_some() { std::mem::take(&mut read.start) } else { Start::Beginning };
        let more = |body: &mut Vec<u8>| {
            if let Some((segment, total)) = segment {
                number_member(body, "Segment", segment);
                number_member(body, "TotalSegments", total);
            }
        };
        let mut request = read.into_pages(base, &SCAN, more, |base, index| {
            Ok(match segments {
                Some(total) => CursorBinding::segments(&base.table, index, total),
                None => CursorBinding::scan(&base.table, index, segment),
            })
        })?;
        request.division = match segments {
            Some(total) => Some(Division { segments, rate, start: positions(&request, start, total)? }),
            None => rate.map(|_| Division {
                segments,
                rate,
                start: vec![request.start.clone().map_or(Position::Beginning, Position::Behind)],
            }),
        };
        Ok(request)
    }

    fn check(&self) -> Result<(), Error> {
        if let Some((segment, total)) = self.segment
            && segment >= total
        {
            return Err(Error::invalid_input(format!(
                "there is no segment {segment} among {total}: they are counted from 0"
            )));
        }
        if let Some(total) = self.segments {
            if total == 0 || total > MOST_SEGMENTS {
                return Err(Error::invalid_input(format!(
                    "a scan is cut into 1 to {MOST_SEGMENTS} segments, not into {total}"
                )));
            }
            if self.segment.is_some() {
                return Err(Error::invalid_input(
                    "segment() reads one segment and segments() all of them; use one of both",
                ));
            }
        }
        match self.rate {
            Some(rate) if !rate.is_finite() || rate <= 0.0 => {
                Err(Error::invalid_input(format!("the rate must be above 0 units a second, and it is {rate}")))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Where each segment begins.
fn positions(request: &PageRequest, start: Start, total: u32) -> Result<Vec<Position>, Error> {
    let positions = match start {
        Start::Beginning => Ok(vec![Position::Beginning; total as usize]),
        Start::Cursor(text) => decode_checkpoint(&text, total, request.binding, request.cursor_key.as_ref()),
        Start::Key(_) => {
            Err(Error::invalid_input("a start key is a position in one segment, and this scan has several")
                .with_advice("Use the cursor of a scan in as many segments."))
        }
    };
    positions.map_err(|error| request.core.refuse(SCAN.name.clone(), Some(&request.table), error))
}

crate::operation::settings::debug_without_values!(Scan, table: base.table);
