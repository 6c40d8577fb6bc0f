//! Scan.

use std::sync::Arc;

use super::base::{Base, number_member};
use super::page::PageRequest;
use super::read::ReadSettings;
use super::settings::read_settings;
use crate::error::Error;
use crate::execute::{Core, Operation};
use crate::expression::CursorBinding;

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
}

impl Scan {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        Scan { base: Base::new(core, table), read: ReadSettings::default(), segment: None }
    }

    read_settings!();

    /// Reads segment number `segment` (from 0) of `total` that the table is cut into, so that several scans read it
    /// together.
    pub fn segment(mut self, segment: u32, total: u32) -> Self {
        self.segment = Some((segment, total));
        self
    }

    pub(crate) fn pages_of(self) -> Result<PageRequest, Error> {
        let Scan { base, read, segment } = self;
        let more = |body: &mut Vec<u8>| {
            if let Some((segment, total)) = segment {
                number_member(body, "Segment", segment);
                number_member(body, "TotalSegments", total);
            }
        };
        read.into_pages(base, &SCAN, more, |base, index| {
            if let Some((segment, total)) = segment
                && segment >= total
            {
                return Err(Error::invalid_input(format!(
                    "there is no segment {segment} among {total}: they are counted from 0"
                )));
            }
            Ok(CursorBinding::scan(&base.table, index, segment))
        })
    }
}

crate::operation::settings::debug_without_values!(Scan, table: base.table);
