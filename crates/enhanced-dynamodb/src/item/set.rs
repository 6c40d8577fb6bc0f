//! The service's sets.

use std::collections::{BTreeSet, btree_set};
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Binary, Number};
use crate::codec::token;

macro_rules! set {
    ($(#[$meta:meta])* $name:ident of $element:ident, $descriptor:literal, $token:ident, $visitor:ident) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq, Hash)]
        pub struct $name(BTreeSet<$element>);

        impl $name {
            /// A set without elements.
            #[must_use]
            pub fn new() -> Self {
                $name::default()
            }

            /// Adds an element; says whether it was not there before.
            pub fn insert(&mut self, element: impl Into<$element>) -> bool {
                self.0.insert(element.into())
            }

            /// The set of the standard library.
            #[must_use]
            pub fn into_inner(self) -> BTreeSet<$element> {
                self.0
            }
        }

        impl Deref for $name {
            type Target = BTreeSet<$element>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl<T: Into<$element>> FromIterator<T> for $name {
            fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
                $name(elements.into_iter().map(Into::into).collect())
            }
        }

        impl<T: Into<$element>> Extend<T> for $name {
            fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
                self.0.extend(elements.into_iter().map(Into::into));
            }
        }

        impl<T: Into<$element>, const N: usize> From<[T; N]> for $name {
            fn from(elements: [T; N]) -> Self {
                elements.into_iter().collect()
            }
        }

        impl From<BTreeSet<$element>> for $name {
            fn from(elements: BTreeSet<$element>) -> Self {
                $name(elements)
            }
        }

        impl IntoIterator for $name {
            type Item = $element;
            type IntoIter = btree_set::IntoIter<$element>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.into_iter()
            }
        }

        impl<'a> IntoIterator for &'a $name {
            type Item = &'a $element;
            type IntoIter = btree_set::Iter<'a, $element>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.iter()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct(token::$token, &self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_newtype_struct(token::$token, $visitor)
            }
        }

        struct $visitor;

        impl<'de> Visitor<'de> for $visitor {
            type Value = $name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($descriptor)
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<$name, D::Error> {
                deserializer.deserialize_seq(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<$name, A::Error> {
                let mut set = BTreeSet::new();
                while let Some(element) = elements.next_element()? {
                    if !set.insert(element) {
                        return Err(A::Error::custom("a set must not hold the same element twice"));
                    }
                }
                Ok($name(set))
            }
        }
    };
}

set! {
    /// A set of strings: the service's SS. It must not be empty when it is stored.
    ///
    /// ```
    /// use enhanced_dynamodb::item::StringSet;
    ///
    /// let tags = StringSet::from(["rust", "serverless"]);
    /// assert!(tags.contains("rust"));
    /// ```
    StringSet of String, "SS", STRING_SET, StringSetVisitor
}

set! {
    /// A set of numbers: the service's NS. It must not be empty when it is stored; 1 and 1.0 are the same element.
    ///
    /// ```
    /// use enhanced_dynamodb::item::{Number, NumberSet};
    ///
    /// let scores = NumberSet::from([7, 21]);
    /// assert!(scores.contains(&Number::from(7)));
    /// ```
    NumberSet of Number, "NS", NUMBER_SET, NumberSetVisitor
}

set! {
    /// A set of byte strings: the service's BS. It must not be empty when it is stored.
    ///
    /// ```
    /// use enhanced_dynamodb::item::BinarySet;
    ///
    /// let digests = BinarySet::from([b"ab", b"cd"]);
    /// assert!(digests.contains(&b"ab"[..]));
    /// ```
    BinarySet of Binary, "BS", BINARY_SET, BinarySetVisitor
}
