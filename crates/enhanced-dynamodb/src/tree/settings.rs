//! Settings that all reads of trees share, so that each is written and documented once.

/// What every read of a tree has. The builder has a field `draft: Draft`.
macro_rules! tree_settings {
    () => {
        crate::operation::settings::call_settings!();
        crate::operation::settings::hedge_setting!();

        fn options(&mut self) -> &mut crate::execute::CallOptions {
            &mut self.draft.plan.options
        }

        /// How the tree lies in its table; by default as [`TreeSchema::default`](crate::tree::TreeSchema) says.
        pub fn schema(mut self, schema: crate::tree::TreeSchema) -> Self {
            self.draft.plan.schema = schema;
            self
        }

        /// The tree's id, for schemas whose nodes have one ([`partitioned_by`](crate::tree::TreeSchema::partitioned_by),
        /// [`tree_id`](crate::tree::TreeSchema::tree_id)).
        pub fn tree(mut self, id: impl serde::Serialize) -> Self {
            self.draft.plan.tree = Some(self.draft.key(&id));
            self
        }

        /// Reads only these attributes of the nodes. What the tree is made by is read all the same, and taken out again.
        /// What is charged for is the whole item.
        pub fn projection<P: crate::expression::IntoPath>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
            self.draft.select(paths);
            self
        }

        crate::operation::settings::capacity_setting!(draft.plan.capacity);
    };
}
pub(crate) use tree_settings;

/// How far a read goes. The builder has a field `draft: Draft`.
macro_rules! limit_settings {
    () => {
        /// Reads the depths 0 (the root) to `depth`; all by default. What lies below is left out, and
        /// [`TreeMetadata::truncated`](crate::tree::TreeMetadata::truncated) says whether anything does.
        #[doc(alias = "maxDepth")]
        pub fn max_depth(mut self, depth: u32) -> Self {
            self.draft.plan.max_depth = Some(depth);
            self
        }

        /// Reads so many nodes at most; 100,000 by default. Which nodes are left out is not said, except that none is
        /// there without its parent.
        pub fn max_nodes(mut self, nodes: usize) -> Self {
            self.draft.plan.max_nodes = nodes;
            self
        }

        /// Which way the tree is read; by default as the schema allows.
        pub fn strategy(mut self, strategy: crate::tree::Strategy) -> Self {
            self.strategy = strategy;
            self
        }

        /// Reads what the last acknowledged writes left, as far as the layout gives it: a
        /// [collection in a table](crate::tree::TreeSchema::partitioned_by), which is read so by default (`false` halves
        /// the cost); children by a local index; and the root. A global index is always eventually consistent.
        pub fn consistent_read(mut self, consistent: bool) -> Self {
            self.draft.plan.consistent = Some(consistent);
            self
        }

        /// Reads only nodes for which this holds, and what hangs together with the root through them; several are joined
        /// by AND. How many were kept out is reported ([`TreeMetadata::pruned`](crate::tree::TreeMetadata::pruned)). The
        /// root is always read.
        pub fn filter(mut self, filter: crate::expression::Condition) -> Self {
            let before = self.draft.plan.filter.take();
            self.draft.plan.filter = Some(match before {
                Some(before) => before.and(filter),
                None => filter,
            });
            self
        }
    };
}
pub(crate) use limit_settings;
