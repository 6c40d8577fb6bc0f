//! The service's data type descriptors: the `S` of `{"S":"m1"}`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected};

/// The type of an attribute value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Descriptor {
    S,
    N,
    B,
    Bool,
    Null,
    M,
    L,
    Ss,
    Ns,
    Bs,
}

impl Descriptor {
    const ALL: [Descriptor; 10] = [
        Descriptor::S,
        Descriptor::N,
        Descriptor::B,
        Descriptor::Bool,
        Descriptor::Null,
        Descriptor::M,
        Descriptor::L,
        Descriptor::Ss,
        Descriptor::Ns,
        Descriptor::Bs,
    ];

    /// The descriptor as it stands in JSON.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Descriptor::S => "S",
            Descriptor::N => "N",
            Descriptor::B => "B",
            Descriptor::Bool => "BOOL",
            Descriptor::Null => "NULL",
            Descriptor::M => "M",
            Descriptor::L => "L",
            Descriptor::Ss => "SS",
            Descriptor::Ns => "NS",
            Descriptor::Bs => "BS",
        }
    }

    /// What stands between the quotes at the beginning of `bytes`, up to and with the closing quote.
    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Option<(Descriptor, usize)> {
        match bytes {
            [b'S', b'"', ..] => Some((Descriptor::S, 2)),
            [b'N', b'"', ..] => Some((Descriptor::N, 2)),
            [b'M', b'"', ..] => Some((Descriptor::M, 2)),
            [b'L', b'"', ..] => Some((Descriptor::L, 2)),
            [b'B', b'"', ..] => Some((Descriptor::B, 2)),
            [b'B', b'O', b'O', b'L', b'"', ..] => Some((Descriptor::Bool, 5)),
            [b'N', b'U', b'L', b'L', b'"', ..] => Some((Descriptor::Null, 5)),
            [b'S', b'S', b'"', ..] => Some((Descriptor::Ss, 3)),
            [b'N', b'S', b'"', ..] => Some((Descriptor::Ns, 3)),
            [b'B', b'S', b'"', ..] => Some((Descriptor::Bs, 3)),
            _ => None,
        }
    }

    /// The descriptor of a set's elements.
    pub(super) const fn of_elements(self) -> Option<Descriptor> {
        match self {
            Descriptor::Ss => Some(Descriptor::S),
            Descriptor::Ns => Some(Descriptor::N),
            Descriptor::Bs => Some(Descriptor::B),
            Descriptor::S
            | Descriptor::N
            | Descriptor::B
            | Descriptor::Bool
            | Descriptor::Null
            | Descriptor::M
            | Descriptor::L => None,
        }
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the codec hands the type of a value to `AttributeValue`: as its position in the declaration.
impl<'de> Deserialize<'de> for Descriptor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let position = u8::deserialize(deserializer)?;
        let found = Descriptor::ALL.get(usize::from(position)).copied();
        found.ok_or_else(|| D::Error::invalid_value(Unexpected::Unsigned(position.into()), &"a data type descriptor"))
    }
}
