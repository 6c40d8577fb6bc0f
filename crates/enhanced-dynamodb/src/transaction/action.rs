//! What a transaction does with one item, as it stands in the request.

use std::ops::Range;

use crate::error::Error;
use crate::execute::CallOptions;
use crate::operation::base::{Base, KeyBuffer, WriteSettings, member, string_member};
use crate::operation::size::check_item;
use crate::operation::{DeleteItem, PutItem, ReturnValues, UpdateItem};

/// What is done with an item.
pub(super) enum Action {
    /// The item as the service's JSON.
    Put(Vec<u8>),
    Update(KeyBuffer),
    Delete(KeyBuffer),
    ConditionCheck(KeyBuffer),
}

impl Action {
    /// As the API calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Action::Put(_) => "Put",
            Action::Update(_) => "Update",
            Action::Delete(_) => "Delete",
            Action::ConditionCheck(_) => "ConditionCheck",
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Action::Put(item) => item.len(),
            Action::Update(key) | Action::Delete(key) | Action::ConditionCheck(key) => key.len(),
        }
    }

    /// Appends `{"Put":{…}}`, and says where the item or the key stands in the body.
    ///
    /// # Errors
    /// What a setter could not do; what a transaction has no place for.
    pub(super) fn write(
        &self,
        base: &mut Base,
        settings: &WriteSettings,
        body: &mut Vec<u8>,
    ) -> Result<Range<usize>, Error> {
        base.check()?;
        self.check_transactable(base, settings)?;
        body.extend_from_slice(b"{\"");
        body.extend_from_slice(self.name().as_bytes());
        body.extend_from_slice(b"\":");
        base.open(body);
        let subject = match self {
            Action::Put(item) => {
                check_item(item)?;
                member(body, "Item");
                let start = body.len();
                body.extend_from_slice(item);
                start..body.len()
            }
            Action::Update(key) | Action::Delete(key) | Action::ConditionCheck(key) => {
                member(body, "Key");
                let start = body.len();
                key.write(body)?;
                start..body.len()
            }
        };
        if settings.return_item_on_failure {
            string_member(body, "ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        }
        base.expressions.write(body)?;
        body.extend_from_slice(b"}}");
        Ok(subject)
    }

    fn check_transactable(&self, base: &Base, settings: &WriteSettings) -> Result<(), Error> {
        match settings.return_values {
            None | Some(ReturnValues::None) => {}
            Some(ReturnValues::AllOld | ReturnValues::UpdatedOld | ReturnValues::AllNew | ReturnValues::UpdatedNew) => {
                return Err(Error::invalid_input("transactions return no values")
                    .with_advice("Leave out return_values(), and read the item afterwards."));
            }
        }
        refuse_parameters(base)?;
        match self {
            Action::Update(_) if !base.expressions.has_update() => {
                Err(Error::invalid_input("an update in a transaction must change something, and this one does not")
                    .with_advice("Call set(), remove(), add() or delete() on it; condition_check() only looks."))
            }
            Action::ConditionCheck(_) if !base.expressions.has_condition() => {
                Err(Error::invalid_input("a condition check has no condition")
                    .with_advice("Call condition() or condition_expression() on it."))
            }
            Action::Put(_) | Action::Update(_) | Action::Delete(_) | Action::ConditionCheck(_) => Ok(()),
        }
    }
}

/// # Errors
/// For a legacy parameter: the actions of a transaction have none of them.
pub(super) fn refuse_parameters(base: &Base) -> Result<(), Error> {
    match base.parameter_names().first() {
        None => Ok(()),
        Some(name) => Err(Error::invalid_input(format!("the parameter {name} has no place in a transaction"))
            .with_advice("Say it with condition(), set() and the other methods.")),
    }
}

/// # Errors
/// For settings that belong to the whole transaction, `whole`.
pub(super) fn refuse_call_settings(base: &Base, whole: &str) -> Result<(), Error> {
    if base.capacity.is_some() {
        return Err(of_the_whole("return_consumed_capacity()", whole));
    }
    let CallOptions { deadline, timeout, request_timeout, max_retries, replay, token: _, hedge, asks_capacity: _ } =
        &base.options;
    let set = [
        (deadline.is_some(), "deadline()"),
        (timeout.is_some(), "timeout()"),
        (request_timeout.is_some(), "request_timeout()"),
        (max_retries.is_some(), "max_retries()"),
        (*replay != crate::Replay::default(), "replay()"),
        (hedge.is_some(), "hedge()"),
    ];
    match set.into_iter().find(|(is_set, _)| *is_set) {
        None => Ok(()),
        Some((_, setting)) => Err(of_the_whole(setting, whole)),
    }
}

fn of_the_whole(setting: &str, whole: &str) -> Error {
    Error::invalid_input(format!("{setting} is a matter of the whole transaction, not of one action"))
        .with_advice(format!("Call it on {whole}."))
}

/// One action of a [`TransactWrite`](super::TransactWrite): made of a [`PutItem`], an [`UpdateItem`], a
/// [`DeleteItem`] or a [`ConditionCheck`](super::ConditionCheck), with their conditions and
/// `return_item_on_condition_failure`.
///
/// What those can say and an action cannot (`return_values`, limits of the call, legacy parameters) is an error when the
/// transaction is sent.
#[must_use = "an action does nothing until its transaction is sent"]
pub struct TransactAction {
    pub(super) name: &'static str,
    pub(super) table: String,
    /// As it stands in the request, and where the item or the key stands in it; or why it cannot be sent.
    pub(super) json: Result<(Vec<u8>, Range<usize>), Error>,
}

impl TransactAction {
    pub(super) fn new(mut base: Base, action: &Action, settings: &WriteSettings) -> Self {
        let mut json = Vec::with_capacity(192 + base.table.len() + action.len());
        let written = refuse_call_settings(&base, "transact_write()")
            .and_then(|()| match settings.collection_metrics {
                true => Err(of_the_whole("return_item_collection_metrics()", "transact_write()")),
                false => Ok(()),
            })
            .and_then(|()| action.write(&mut base, settings, &mut json));
        TransactAction { name: action.name(), table: base.table, json: written.map(|subject| (json, subject)) }
    }

    /// Whether the whole item stands in it, rather than its key.
    pub(super) fn is_put(&self) -> bool {
        self.name == "Put"
    }

    /// The item of a put, the key of any other; nothing where it cannot be sent.
    pub(super) fn subject(&self) -> &[u8] {
        match &self.json {
            Ok((json, subject)) => &json[subject.clone()],
            Err(_) => &[],
        }
    }
}

impl From<PutItem> for TransactAction {
    fn from(put: PutItem) -> Self {
        TransactAction::new(put.base, &Action::Put(put.item), &put.write)
    }
}

impl From<UpdateItem> for TransactAction {
    fn from(update: UpdateItem) -> Self {
        TransactAction::new(update.base, &Action::Update(update.key), &update.write)
    }
}

impl From<DeleteItem> for TransactAction {
    fn from(delete: DeleteItem) -> Self {
        TransactAction::new(delete.base, &Action::Delete(delete.key), &delete.write)
    }
}

crate::operation::settings::debug_without_values!(TransactAction, name: name, table: table);
