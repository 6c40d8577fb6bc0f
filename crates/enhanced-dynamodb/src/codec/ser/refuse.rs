//! The part of a serializer that says no.

/// Implements serializer methods that refuse: each asks `self.refusal(found)` for the error.
macro_rules! refuse {
    (= bool) => { refuse!(@ serialize_bool(bool) "a boolean"); };
    (= integers) => {
        refuse!(@ serialize_i8(i8) "a number");
        refuse!(@ serialize_i16(i16) "a number");
        refuse!(@ serialize_i32(i32) "a number");
        refuse!(@ serialize_i64(i64) "a number");
        refuse!(@ serialize_i128(i128) "a number");
        refuse!(@ serialize_u8(u8) "a number");
        refuse!(@ serialize_u16(u16) "a number");
        refuse!(@ serialize_u32(u32) "a number");
        refuse!(@ serialize_u64(u64) "a number");
        refuse!(@ serialize_u128(u128) "a number");
    };
    (= floats) => {
        refuse!(@ serialize_f32(f32) "a number");
        refuse!(@ serialize_f64(f64) "a number");
    };
    (= text) => {
        refuse!(@ serialize_char(char) "a character");
        refuse!(@ serialize_str(&str) "a string");
    };
    (= bytes) => { refuse!(@ serialize_bytes(&[u8]) "bytes"); };
    (= none) => { refuse!(@ serialize_none() "nothing (`None`)"); };
    (= unit) => {
        refuse!(@ serialize_unit() "nothing (`()`)");
        refuse!(@ serialize_unit_struct(&'static str) "a struct without fields");
    };
    (= unit_variant) => {
        refuse!(@ serialize_unit_variant(&'static str, u32, &'static str) "an enum variant without data");
    };
    (= newtype_variant) => {
        fn serialize_newtype_variant<T: serde::ser::Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> std::result::Result<Self::Ok, Self::Error> {
            Err(self.refusal("an enum variant with data"))
        }
    };
    (= sequences) => {
        refuse!(@ SerializeSeq serialize_seq(Option<usize>) "a list");
        refuse!(@ SerializeTuple serialize_tuple(usize) "a tuple");
        refuse!(@ SerializeTupleStruct serialize_tuple_struct(&'static str, usize) "a tuple");
    };
    (= maps) => {
        refuse!(@ SerializeMap serialize_map(Option<usize>) "a map");
        refuse!(@ SerializeStruct serialize_struct(&'static str, usize) "a struct");
    };
    (= compound_variants) => {
        refuse!(@ SerializeTupleVariant serialize_tuple_variant(&'static str, u32, &'static str, usize)
            "an enum variant with data");
        refuse!(@ SerializeStructVariant serialize_struct_variant(&'static str, u32, &'static str, usize)
            "an enum variant with data");
    };
    (@ $method:ident($($type:ty),*) $found:literal) => {
        fn $method(self, $(_: $type),*) -> std::result::Result<Self::Ok, Self::Error> {
            Err(self.refusal($found))
        }
    };
    (@ $compound:ident $method:ident($($type:ty),*) $found:literal) => {
        type $compound = serde::ser::Impossible<Self::Ok, Self::Error>;
        fn $method(self, $(_: $type),*) -> std::result::Result<Self::$compound, Self::Error> {
            Err(self.refusal($found))
        }
    };
    ($($shape:ident)*) => { $( refuse!(= $shape); )* };
}

pub(super) use refuse;
