//! What a request consumed, and the enumerations that requests and responses share.

use std::collections::BTreeMap;

use serde::Deserialize;

macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $( $(#[$doc:meta])* $variant:ident = $wire:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $( $(#[$doc])* $variant, )* }

        impl $name {
            /// As the API spells it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $wire, )* }
            }
        }
    };
}

wire_enum! {
    /// Which of an item's values a write gives back.
    ReturnValues {
        /// Nothing: the default.
        None = "NONE",
        /// All attributes as they were before.
        AllOld = "ALL_OLD",
        /// The updated attributes as they were before; updates only.
        UpdatedOld = "UPDATED_OLD",
        /// All attributes as they are now; updates only.
        AllNew = "ALL_NEW",
        /// The updated attributes as they are now; updates only.
        UpdatedNew = "UPDATED_NEW",
    }
}

wire_enum! {
    /// How much a response tells about the capacity that the request consumed.
    ReturnConsumedCapacity {
        /// The table's and each index's.
        Indexes = "INDEXES",
        /// The sum.
        Total = "TOTAL",
        /// Nothing: the default.
        None = "NONE",
    }
}

wire_enum! {
    /// Which attributes a query or scan gives.
    Select {
        /// All; from an index that does not project all, fetched from the table.
        AllAttributes = "ALL_ATTRIBUTES",
        /// All that the index projects.
        AllProjectedAttributes = "ALL_PROJECTED_ATTRIBUTES",
        /// Those of the projection.
        SpecificAttributes = "SPECIFIC_ATTRIBUTES",
        /// None: only the counts.
        Count = "COUNT",
    }
}

/// Capacity units consumed by one request on one table.
///
/// A strongly consistent read takes one read unit per 4 KB, an eventually consistent one half of that; a write takes
/// one write unit per 1 KB (DynamoDB developer guide, "Read and write operations").
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ConsumedCapacity {
    /// The table.
    pub table_name: String,
    /// Units in all.
    pub capacity_units: f64,
    /// Read units, where they are told apart.
    pub read_capacity_units: Option<f64>,
    /// Write units, where they are told apart.
    pub write_capacity_units: Option<f64>,
    /// The table's own part, with [`ReturnConsumedCapacity::Indexes`].
    pub table: Option<Capacity>,
    /// The local secondary indexes' parts, by index name.
    pub local_secondary_indexes: BTreeMap<String, Capacity>,
    /// The global secondary indexes' parts, by index name.
    pub global_secondary_indexes: BTreeMap<String, Capacity>,
}

impl ConsumedCapacity {
    /// Adds what another request on the same table consumed.
    pub(crate) fn add(&mut self, other: &ConsumedCapacity) {
        self.capacity_units += other.capacity_units;
        add_units(&mut self.read_capacity_units, other.read_capacity_units);
        add_units(&mut self.write_capacity_units, other.write_capacity_units);
        if let Some(table) = &other.table {
            self.table.get_or_insert_default().add(table);
        }
        for (sum, parts) in [
            (&mut self.local_secondary_indexes, &other.local_secondary_indexes),
            (&mut self.global_secondary_indexes, &other.global_secondary_indexes),
        ] {
            for (index, capacity) in parts {
                sum.entry(index.clone()).or_default().add(capacity);
            }
        }
    }

    /// Adds what a request consumed to the sums by table.
    pub(crate) fn add_to(self, sums: &mut Vec<ConsumedCapacity>) {
        match sums.iter_mut().find(|sum| sum.table_name == self.table_name) {
            Some(sum) => sum.add(&self),
            None => sums.push(self),
        }
    }
}

fn add_units(sum: &mut Option<f64>, units: Option<f64>) {
    if let Some(units) = units {
        *sum.get_or_insert(0.0) += units;
    }
}

/// Capacity units of a table or an index.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Capacity {
    /// Units in all.
    pub capacity_units: f64,
    /// Read units, where they are told apart.
    pub read_capacity_units: Option<f64>,
    /// Write units, where they are told apart.
    pub write_capacity_units: Option<f64>,
}

impl Capacity {
    /// Adds the units of another request.
    pub(crate) fn add(&mut self, other: &Capacity) {
        self.capacity_units += other.capacity_units;
        add_units(&mut self.read_capacity_units, other.read_capacity_units);
        add_units(&mut self.write_capacity_units, other.write_capacity_units);
    }
}

/// The size of the item collection that a write went to (tables with local secondary indexes only).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ItemCollectionMetrics {
    /// The partition key of the collection.
    pub item_collection_key: crate::item::Item,
    /// Lower and upper bound of its size, in gigabytes; 10 is the limit.
    pub size_estimate_range_gb: Vec<f64>,
}
