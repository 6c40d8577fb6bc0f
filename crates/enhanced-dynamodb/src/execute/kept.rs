//! What rooms above remember for as long as the client lives.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One value of each type: a room keeps what it has learnt (a table's description) under a type of its own.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Kept {
    /// The value of this type, made on first use.
    pub(crate) fn of<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = kept.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default());
        // The type is the key, so the value is of that type; were it not, a new one is as good.
        Arc::clone(value).downcast().unwrap_or_default()
    }
}
