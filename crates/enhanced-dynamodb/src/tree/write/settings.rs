//! Settings that the builders of tree writes share.

/// The schema, the tree and the call's limits. The builder has a field `write: Write`.
macro_rules! tree_write_settings {
    () => {
        crate::operation::settings::call_settings!();

        fn options(&mut self) -> &mut crate::execute::CallOptions {
            &mut self.write.options
        }

        /// How the tree lies in its table; by default as [`TreeSchema::default`](crate::tree::TreeSchema) says.
        pub fn schema(mut self, schema: crate::tree::TreeSchema) -> Self {
            self.write.schema = schema;
            self
        }

        /// The tree's id, where the schema has one: [`partitioned_by`](crate::tree::TreeSchema::partitioned_by) or
        /// [`tree_id`](crate::tree::TreeSchema::tree_id).
        pub fn tree(mut self, id: impl serde::Serialize) -> Self {
            self.write.tree = Some(crate::item::to_value(&id));
            self
        }
    };
}
pub(in crate::tree) use tree_write_settings;
