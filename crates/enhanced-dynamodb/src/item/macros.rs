//! `item!` and `key!`.

/// An [`Item`](crate::Item) in the notation of JSON.
///
/// A value is `null`, a list, a map, or any expression that is `Into<AttributeValue>`. A name is a string literal, or
/// an expression in parentheses. A float that the service has no number for (NaN, for one) is an error when the item is
/// written.
///
/// ```
/// use enhanced_dynamodb::item;
/// use enhanced_dynamodb::item::StringSet;
///
/// let id = String::from("m1");
/// let message = item! {
///     "id": id,
///     "count": 3,
///     "price": 9.99,
///     "tags": ["new", 1, null],
///     "author": { "name": "Ada", "roles": StringSet::from(["admin"]) },
///     "parent": null,
/// };
/// assert_eq!(message["tags"][1].as_n(), Some(1.into()));
/// assert_eq!(
///     message.to_dynamodb_json()?,
///     r#"{"author":{"M":{"name":{"S":"Ada"},"roles":{"SS":["admin"]}}},"count":{"N":"3"},"id":{"S":"m1"},"parent":{"NULL":true},"price":{"N":"9.99"},"tags":{"L":[{"S":"new"},{"N":"1"},{"NULL":true}]}}"#
/// );
/// # Ok::<(), enhanced_dynamodb::Error>(())
/// ```
#[macro_export]
macro_rules! item {
    ($($members:tt)*) => {{
        #[allow(unused_mut)]
        let mut item = $crate::Item::new();
        $crate::__members!(item $($members)*);
        item
    }};
}

/// The key of an item: [`item!`](crate::item!) by the name that says what it is for.
///
/// ```
/// use enhanced_dynamodb::key;
///
/// let key = key! { "tenant": "t1", "order": 42 };
/// assert_eq!(key.get_s("tenant"), Some("t1"));
/// ```
#[macro_export]
macro_rules! key {
    ($($members:tt)*) => { $crate::item! { $($members)* } };
}

/// Inserts `"name": value` pairs.
#[doc(hidden)]
#[macro_export]
macro_rules! __members {
    ($item:ident) => {};
    ($item:ident $name:literal : $($rest:tt)*) => { $crate::__member!($item ($name) $($rest)*); };
    ($item:ident ($name:expr) : $($rest:tt)*) => { $crate::__member!($item ($name) $($rest)*); };
}

/// Inserts one value under its name, and goes on with the rest.
#[doc(hidden)]
#[macro_export]
macro_rules! __member {
    ($item:ident ($name:expr) null $(, $($rest:tt)*)?) => {
        $item.insert($name, $crate::AttributeValue::Null);
        $( $crate::__members!($item $($rest)*); )?
    };
    ($item:ident ($name:expr) { $($members:tt)* } $(, $($rest:tt)*)?) => {
        $item.insert($name, $crate::item! { $($members)* });
        $( $crate::__members!($item $($rest)*); )?
    };
    ($item:ident ($name:expr) [ $($elements:tt)* ] $(, $($rest:tt)*)?) => {
        $item.insert($name, $crate::__list!([] $($elements)*));
        $( $crate::__members!($item $($rest)*); )?
    };
    ($item:ident ($name:expr) $value:expr $(, $($rest:tt)*)?) => {
        $item.insert($name, $value);
        $( $crate::__members!($item $($rest)*); )?
    };
}

/// A list: the values done so far stand in the brackets.
#[doc(hidden)]
#[macro_export]
macro_rules! __list {
    ([$($done:expr),* $(,)?]) => {
        $crate::AttributeValue::L(::std::vec![$($done),*])
    };
    ([$($done:expr),* $(,)?] null $(, $($rest:tt)*)?) => {
        $crate::__list!([$($done,)* $crate::AttributeValue::Null] $($($rest)*)?)
    };
    ([$($done:expr),* $(,)?] { $($members:tt)* } $(, $($rest:tt)*)?) => {
        $crate::__list!([$($done,)* $crate::AttributeValue::M($crate::item! { $($members)* })] $($($rest)*)?)
    };
    ([$($done:expr),* $(,)?] [ $($elements:tt)* ] $(, $($rest:tt)*)?) => {
        $crate::__list!([$($done,)* $crate::__list!([] $($elements)*)] $($($rest)*)?)
    };
    ([$($done:expr),* $(,)?] $value:expr $(, $($rest:tt)*)?) => {
        $crate::__list!([$($done,)* $crate::AttributeValue::from($value)] $($($rest)*)?)
    };
}
