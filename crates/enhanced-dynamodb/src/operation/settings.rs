//! Settings that builders share, so that each is written and documented once.

/// Settings of the call itself. The builder has `fn options(&mut self) -> &mut CallOptions`.
macro_rules! call_settings {
    () => {
        /// Bounds the whole call, retries and waits included. What is still under way when it ends, ends as
        /// [`ErrorKind::DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded).
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options().timeout = Some(timeout);
            self
        }

        /// The moment by which the whole call must have ended; see [`timeout`](Self::timeout). The earliest of all deadlines
        /// holds: also of [`Client::with_deadline`](crate::Client::with_deadline) and of a
        /// [`deadline::scope`](crate::deadline::scope). No attempt starts with less than 20 ms left.
        pub fn deadline(mut self, deadline: std::time::Instant) -> Self {
            self.options().deadline = Some(deadline);
            self
        }

        /// Bounds one attempt; the client's `request_timeout` (30 s by default) otherwise.
        pub fn request_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options().request_timeout = Some(timeout);
            self
        }

        /// Retries after the first attempt; the client's `max_retries` (3 by default) otherwise.
        pub fn max_retries(mut self, retries: u32) -> Self {
            self.options().max_retries = Some(retries);
            self
        }

        /// Whether the call may be sent again after an attempt of which nobody knows whether it was applied.
        pub fn replay(mut self, replay: crate::Replay) -> Self {
            self.options().replay = replay;
            self
        }
    };
}
pub(crate) use call_settings;

/// What reads have beside the settings of every call. The builder has `fn options(&mut self) -> &mut CallOptions`.
macro_rules! hedge_setting {
    () => {
        /// When the read is sent a second time because it is slow to answer; the client's
        /// [`hedge`](crate::Options::hedge) otherwise.
        pub fn hedge(mut self, hedge: crate::Hedge) -> Self {
            self.options().hedge = Some(hedge);
            self
        }
    };
}
pub(crate) use hedge_setting;

/// The question for capacity units. The builder has `fn options(&mut self) -> &mut CallOptions` and keeps the answer's form
/// in the field named.
macro_rules! capacity_setting {
    ($($field:ident).+) => {
        /// Asks for the capacity units that this consumes, in all its requests.
        pub fn return_consumed_capacity(mut self, capacity: crate::operation::ReturnConsumedCapacity) -> Self {
            self.$($field).+ = Some(capacity);
            self.options().asks_capacity = true;
            self
        }
    };
}
pub(crate) use capacity_setting;

/// What every request on one table has. The builder has a field `base: Base`.
macro_rules! table_settings {
    () => {
        crate::operation::settings::base_settings!();

        /// Sets a parameter of the API by its own name and JSON: for the legacy ones (`Expected`, `AttributesToGet`,
        /// `KeyConditions`, …), which have no method here.
        ///
        /// A parameter that has a method is refused when the request is sent.
        pub fn parameter(mut self, name: &str, value: impl serde::Serialize) -> Self {
            self.base.parameter(name, &value);
            self
        }
    };
}
pub(crate) use table_settings;

/// The call's settings, and what every response on one table may tell. The builder has a field `base: Base`.
macro_rules! base_settings {
    () => {
        crate::operation::settings::call_settings!();

        fn options(&mut self) -> &mut crate::execute::CallOptions {
            &mut self.base.options
        }

        #[allow(dead_code, reason = "rooms above hand a call's limits down; not every operation is used there")]
        pub(crate) fn call_options(&mut self) -> &mut crate::execute::CallOptions {
            &mut self.base.options
        }

        crate::operation::settings::capacity_setting!(base.capacity);
    };
}
pub(crate) use base_settings;

/// The primary key. The builder has a field `key: KeyBuffer`.
macro_rules! key_settings {
    () => {
        /// Adds an attribute of the primary key: once for a table with a partition key alone, twice for one with a
        /// sort key too.
        pub fn key(mut self, name: &str, value: impl serde::Serialize) -> Self {
            self.key.push(&mut self.base, name, &value);
            self
        }

        /// The whole primary key at once: a struct, or what [`key!`](crate::key) makes.
        pub fn key_item(mut self, key: impl serde::Serialize) -> Self {
            self.key.whole(&mut self.base, &key);
            self
        }
    };
}
pub(crate) use key_settings;

/// Which attributes are read. The builder has a field `base: Base`.
macro_rules! projection_settings {
    () => {
        /// Reads only these attributes. What is charged for is the whole item all the same.
        pub fn projection<P: crate::expression::IntoPath>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
            let add = |projection: crate::expression::Projection| {
                paths.into_iter().fold(projection, crate::expression::Projection::and)
            };
            self.base.expressions.projection(add);
            self
        }

        /// A projection as the service's string.
        pub fn projection_expression(mut self, expression: impl AsRef<str>) -> Self {
            self.base.expressions.projection(|projection| projection.and_expression(expression));
            self
        }
    };
}
pub(crate) use projection_settings;

/// Placeholders of the user's own. The builder has a field `base: Base`.
macro_rules! placeholder_settings {
    () => {
        /// Defines a `#name` of an expression given as a string.
        pub fn expression_name(mut self, placeholder: &str, name: &str) -> Self {
            self.base.expressions.name(placeholder, name);
            self
        }

        /// Defines a `:value` of an expression given as a string.
        pub fn expression_value(mut self, placeholder: &str, value: impl serde::Serialize) -> Self {
            self.base.expressions.value(placeholder, &value);
            self
        }
    };
}
pub(crate) use placeholder_settings;

/// The condition of a write, and what comes back. The builder has the fields `base: Base` and `write: WriteSettings`.
macro_rules! write_settings {
    () => {
        crate::operation::settings::condition_settings!();

        /// Which values of the item come back; read them with
        /// [`attributes`](crate::operation::WriteOutput::attributes).
        pub fn return_values(mut self, values: crate::operation::ReturnValues) -> Self {
            self.write.return_values = Some(values);
            self
        }
    };
}
pub(crate) use write_settings;

/// The condition of a write, and what is told beside the item's values. The builder has the fields `base: Base` and
/// `write: WriteSettings`.
macro_rules! condition_settings {
    () => {
        crate::operation::settings::check_settings!();

        /// Asks for the size of the item collection (tables with local secondary indexes only).
        pub fn return_item_collection_metrics(mut self) -> Self {
            self.write.collection_metrics = true;
            self
        }
    };
}
pub(crate) use condition_settings;

/// A condition on one item. The builder has the fields `base: Base` and `write: WriteSettings`.
macro_rules! check_settings {
    () => {
        /// The write happens only if this holds; several are joined by AND.
        ///
        /// Otherwise the call fails as
        /// [`ErrorKind::ConditionalCheckFailed`](crate::ErrorKind::ConditionalCheckFailed).
        pub fn condition(mut self, condition: crate::expression::Condition) -> Self {
            self.base.expressions.condition(condition);
            self
        }

        /// A condition as the service's string; see [`condition`](Self::condition).
        pub fn condition_expression(mut self, expression: impl AsRef<str>) -> Self {
            self.base.expressions.condition(crate::expression::Condition::expression(expression));
            self
        }

        crate::operation::settings::placeholder_settings!();

        /// Asks for the item that stood in the way when the condition fails; read it with
        /// [`Error::item`](crate::Error::item). It costs no capacity.
        pub fn return_item_on_condition_failure(mut self) -> Self {
            self.write.return_item_on_failure = true;
            self
        }
    };
}
pub(crate) use check_settings;

/// What queries and scans share. The builder has the fields `base: Base` and `read: ReadSettings`.
macro_rules! read_settings {
    () => {
        crate::operation::settings::table_settings!();
        crate::operation::settings::hedge_setting!();
        crate::operation::settings::placeholder_settings!();
        crate::operation::settings::projection_settings!();

        /// Reads a secondary index instead of the table.
        pub fn index(mut self, index: impl Into<String>) -> Self {
            self.read.index = Some(index.into());
            self
        }

        /// Reads what the last acknowledged writes left, at twice the capacity; not possible on a global secondary
        /// index.
        pub fn consistent_read(mut self, consistent: bool) -> Self {
            self.read.consistent_read = Some(consistent);
            self
        }

        /// Returns only items for which this holds; several are joined by AND. The service filters after it has read:
        /// what is charged for are the items read.
        pub fn filter(mut self, filter: crate::expression::Condition) -> Self {
            self.base.expressions.filter(filter);
            self.read.filtered = true;
            self
        }

        /// A filter as the service's string; see [`filter`](Self::filter).
        pub fn filter_expression(self, expression: impl AsRef<str>) -> Self {
            self.filter(crate::expression::Condition::expression(expression))
        }

        /// Leaves out items once the time in this attribute has come, although the service has not deleted them yet.
        ///
        /// The time is a number of seconds since 1970, as for Time to Live; DynamoDB deletes what has expired within a few
        /// days. An item without the attribute, or with something else in it, does not expire, nor does one that would have
        /// more than five years ago: the service does not delete it either. It is a [`filter`](Self::filter), for the time
        /// at which the request was made; so the attribute must not be a part of the key.
        pub fn hide_expired(self, attribute: impl AsRef<str>) -> Self {
            let now = self.base.core.time().wall();
            self.filter(crate::operation::view::not_expired(attribute.as_ref(), now))
        }

        /// Which attributes come back.
        pub fn select(mut self, select: crate::operation::Select) -> Self {
            self.read.select = Some(select);
            self
        }

        /// How many items are returned in all, over as many pages as it takes. (The API's own `Limit`, which counts
        /// the items that a page reads, is [`page_size`](Self::page_size).)
        pub fn limit(mut self, items: u64) -> Self {
            self.read.limit = Some(items);
            self
        }

        /// How many items a page reads at most, before the filter; a page also ends at 1 MB.
        pub fn page_size(mut self, items: u32) -> Self {
            self.read.page_size = Some(items);
            self
        }

        /// Begins behind this key: the [`last_evaluated_key`](crate::operation::Page::last_evaluated_key) of a page.
        #[doc(alias = "exclusive_start_key")]
        #[doc(alias = "ExclusiveStartKey")]
        pub fn start_key(mut self, key: impl serde::Serialize) -> Self {
            let mut bytes = Vec::new();
            match crate::codec::encode_item(&mut bytes, &key, self.base.encode_options()) {
                Ok(()) => self.read.start = crate::operation::read::Start::Key(bytes.into()),
                Err(error) => self.base.fail(error.into()),
            }
            self
        }

        /// Begins where this cursor says: one that [`Page::cursor`](crate::operation::Page::cursor) or
        /// [`Items::cursor`](crate::operation::Items::cursor) gave for the same table, index and key condition.
        pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
            self.read.start = crate::operation::read::Start::Cursor(cursor.into());
            self
        }

        /// Signs the cursors given, and refuses others: for cursors that pass through the hands of users.
        pub fn cursor_key(mut self, secret: impl AsRef<[u8]>) -> Self {
            match crate::expression::CursorKey::new(secret.as_ref()) {
                Ok(key) => self.read.cursor_key = Some(key),
                Err(error) => self.base.fail(error),
            }
            self
        }

        /// For rooms above: what the request is of.
        pub(crate) fn core_and_table(&self) -> (std::sync::Arc<crate::execute::Core>, &str) {
            (std::sync::Arc::clone(&self.base.core), &self.base.table)
        }

        /// For rooms above: the same request, for these attributes alone.
        ///
        /// # Errors
        /// If it says itself which attributes it reads.
        pub(crate) fn of_attributes(self, names: &[String]) -> Result<Self, crate::Error> {
            let says = self.base.expressions.has_projection()
                || self.base.has_parameter("AttributesToGet")
                || self.read.select.is_some();
            if says {
                return Err(crate::Error::invalid_input(
                    "only the keys of the items are read, and the request asks for others",
                )
                .with_advice("Leave out projection and select."));
            }
            Ok(self.projection(names))
        }

        /// One page.
        ///
        /// With a [`limit`](Self::limit) the page ends there at the latest.
        ///
        /// # Errors
        /// Those of the service; [`ErrorKind::Decode`](crate::ErrorKind::Decode), with the item inside, if an item is
        /// no `T`; [`ErrorKind::InvalidCursor`](crate::ErrorKind::InvalidCursor), also where a limit ends a filtered
        /// page in its middle and the projection left out the key that the next page would begin at.
        pub async fn send<T: serde::de::DeserializeOwned>(self) -> Result<crate::operation::Page<T>, crate::Error> {
            self.pages_of()?.first_page().await
        }

        /// All pages, one after the other.
        pub fn pages<T: serde::de::DeserializeOwned>(self) -> crate::operation::Pages<T> {
            crate::operation::Pages::new(self.pages_of())
        }

        /// The items of all pages, one after the other.
        pub fn items<T: serde::de::DeserializeOwned>(self) -> crate::operation::Items<T> {
            crate::operation::Items::new(self.pages_of())
        }

        /// How many items there are, over all pages; none is sent.
        ///
        /// # Errors
        /// Those of the service.
        pub async fn count(self) -> Result<u64, crate::Error> {
            let limit = self.read.limit;
            let mut pages = self.select(crate::operation::Select::Count).pages::<serde::de::IgnoredAny>();
            let mut count = 0;
            while let Some(page) = pages.next().await {
                count += page?.count;
            }
            Ok(limit.map_or(count, |limit| count.min(limit)))
        }
    };
}
pub(crate) use read_settings;

/// `Debug` of a request or a stream: what it is for, and no value that it carries.
macro_rules! debug_without_values {
    ($type:ident $(<$($life:lifetime,)? $item:ident>)? $(, $name:ident: $($path:ident).+)*) => {
        impl $(<$item>)? std::fmt::Debug for $type $(<$($life,)? $item>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type))$(.field(stringify!($name), &self.$($path).+))*.finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use debug_without_values;
