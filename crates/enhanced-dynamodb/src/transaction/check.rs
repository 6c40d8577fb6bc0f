//! An action of a transaction that only looks: the transaction goes through if its condition holds.

use std::sync::Arc;

use super::action::{Action, TransactAction};
use crate::execute::Core;
use crate::operation::base::{Base, KeyBuffer, WriteSettings};
use crate::operation::settings::{check_settings, key_settings};

/// A condition on an item that a transaction does not write.
///
/// Made by [`Client::condition_check`](crate::Client::condition_check), for [`TransactWrite`](super::TransactWrite). An
/// item that is written has its condition on the put, update or delete.
///
/// ```
/// # async fn example(db: enhanced_dynamodb::Client) -> Result<(), enhanced_dynamodb::Error> {
/// use enhanced_dynamodb::{attr, item};
///
/// db.transact_write()
///     .action(db.condition_check("Users").key("id", "user-1").condition(attr("status").eq("active")))
///     .put("Sessions", &item! { "id": "session-1", "user": "user-1" })
///     .send()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a condition check does nothing until its transaction is sent"]
pub struct ConditionCheck {
    base: Base,
    key: KeyBuffer,
    write: WriteSettings,
}

impl ConditionCheck {
    pub(crate) fn new(core: Arc<Core>, table: String) -> Self {
        ConditionCheck { base: Base::new(core, table), key: KeyBuffer::default(), write: WriteSettings::default() }
    }

    key_settings!();
    check_settings!();
}

impl From<ConditionCheck> for TransactAction {
    fn from(check: ConditionCheck) -> Self {
        TransactAction::new(check.base, &Action::ConditionCheck(check.key), &check.write)
    }
}

crate::operation::settings::debug_without_values!(ConditionCheck, table: base.table);
