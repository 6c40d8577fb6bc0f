//! Reads a value whose type the caller leaves to the data: buffered values (`flatten`, untagged and internally tagged
//! enums), `serde_json::Value` and the like.

use serde::de::Visitor;

use super::{Descriptor, Reader, Result, number, read_bytes, read_list, read_map, visit_text};

pub(super) fn read<'de, V: Visitor<'de>>(reader: &mut Reader<'de>, found: Descriptor, visitor: V) -> Result<V::Value> {
    match found {
        Descriptor::S => visit_text(reader.string()?, visitor),
        Descriptor::N => number::any(&reader.string()?, visitor),
        Descriptor::B => visitor.visit_byte_buf(read_bytes(reader)?),
        Descriptor::Bool => visitor.visit_bool(reader.bool()?),
        Descriptor::Null => {
            reader.bool()?;
            visitor.visit_unit()
        }
        Descriptor::M => read_map(reader, visitor),
        Descriptor::L | Descriptor::Ss | Descriptor::Ns | Descriptor::Bs => read_list(reader, found, visitor),
    }
}
