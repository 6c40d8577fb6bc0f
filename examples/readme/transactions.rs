//! Transactions: several writes, all of them or none.

use enhanced_dynamodb::{Client, Error, attr};
use serde::Serialize;

/// A session of a user.
#[derive(Debug, Serialize)]
pub struct Session {
    /// The table's key.
    pub id: String,
    /// What it is doing.
    pub status: String,
}

/// Opens a session and counts it, with the strings of the original.
///
/// # Errors
/// Those of the service: the transaction is cancelled if the user has no `sessionCount` to raise.
pub async fn with_strings(db: &Client) -> Result<(), Error> {
    let session = Session { id: "session-1".to_owned(), status: "active".to_owned() };
    db.transact_write()
        .put("Sessions", &session)
        .action(
            db.update("Users")
                .key("id", "user-1")
                .update_expression("SET #sessionCount = #sessionCount + :inc")
                .expression_name("#sessionCount", "sessionCount")
                .expression_value(":inc", 1),
        )
        .send()
        .await?;
    Ok(())
}

/// The same with typed expressions; and a session that is there already is not overwritten.
///
/// # Errors
/// Those of the service, `TransactionCanceled` with a reason for each action among them.
pub async fn run(db: &Client) -> Result<(), Error> {
    let session = Session { id: "session-1".to_owned(), status: "active".to_owned() };
    db.transact_write()
        .action(db.put("Sessions", &session).condition(attr("id").not_exists()))
        .action(db.update("Users").key("id", "user-1").set("sessionCount", attr("sessionCount").if_not_exists(0) + 1))
        .send()
        .await?;
    Ok(())
}
