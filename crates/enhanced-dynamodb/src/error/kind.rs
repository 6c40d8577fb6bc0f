//! What went wrong, as one flat enumeration: the service's errors under their own names, and the client's.

macro_rules! kinds {
    ($( $(#[$meta:meta])* $variant:ident $code:literal $advice:literal; )*) => {
        /// What went wrong.
        ///
        /// The first part lists the client's own failures, the second the errors of the service: the 35 of its
        /// public model and the common ones that every AWS service answers with. Every kind has a
        /// [`code`](ErrorKind::code), the name that the service itself uses where it has one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $( $(#[$meta])* #[doc = concat!("\n\nCode: `", $code, "`.")] $variant, )*
        }

        impl ErrorKind {
            /// Every kind there is, in the order of their declaration.
            pub const ALL: &'static [ErrorKind] = &[ $( ErrorKind::$variant, )* ];

            /// The name of the error: the service's own where it has one, such as
            /// `ConditionalCheckFailedException`.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $( ErrorKind::$variant => $code, )* }
            }

            /// What to do about it, in one sentence; empty where the message says it all.
            #[must_use]
            pub const fn advice(self) -> &'static str {
                match self { $( ErrorKind::$variant => $advice, )* }
            }
        }
    };
}

kinds! {
    // ── the client's own ──────────────────────────────────────────────────────────────────────────────────────
    /// An option or an environment variable does not say anything that the client can use.
    InvalidConfiguration "InvalidConfiguration" "";
    /// The request is one that the service would surely reject; nothing was sent.
    InvalidInput "ValidationException" "";
    /// An item is larger than the 400 KB (409,600 bytes) that the service allows; nothing was sent.
    ItemTooLarge "ValidationException" "Split the item, compress its large attributes, or keep them in S3.";
    /// A cursor is damaged, was signed with another key, or belongs to another table, index or key condition.
    InvalidCursor "InvalidCursor" "Start again from the first page.";
    /// A value cannot be written as a DynamoDB attribute.
    Encode "EncodeError" "";
    /// A response cannot be read into the type that was asked for.
    Decode "DecodeError" "";
    /// No credentials were found, or they could not be refreshed.
    Credentials "CredentialsError" "";
    /// No connection could be made: the name does not resolve, the port is closed, or TLS failed.
    Connect "ConnectionError" "";
    /// No connection was made in the time that `connection_timeout` allows.
    ConnectTimeout "ConnectionTimeout" "Check the network path to the endpoint, or raise connection_timeout.";
    /// All sockets of the pool were busy for as long as the call could wait.
    PoolExhausted "PoolExhausted" "Raise max_sockets, or start fewer calls at a time.";
    /// One attempt took longer than `request_timeout`.
    Timeout "TimeoutError" "Raise request_timeout, or ask for less in one request.";
    /// The connection ended before the whole response was read.
    ConnectionLost "ConnectionLost" "";
    /// A response arrived whose length, checksum or form is wrong.
    CorruptResponse "CorruptResponse" "";
    /// A response is larger than the client accepts.
    ResponseTooLarge "ResponseTooLarge" "Ask for a smaller page.";
    /// The service left a part of a batch undone, again and again.
    BatchIncomplete "BatchIncomplete" "Send less at a time, or raise the table's capacity; then ask for the rest.";
    /// The deadline of the call passed.
    DeadlineExceeded "DeadlineExceeded" "Give the call more time, or ask for less in one call.";
    /// An attempt ended without an answer, and the call is not one that may be sent twice.
    OutcomeUnknown "OutcomeUnknown" "It may or may not have been applied: look, then retry.";
    /// The client was closed.
    Closed "ClientClosed" "Make a new client: Client::shared() builds one after close().";
    /// The node that a tree was to be read from does not exist.
    RootNotFound "RootNotFound" "Check the id, and that the schema's key attribute is the table's key.";
    /// A table exists, but is otherwise than `ensure_table` describes it; the message names each difference.
    TableDiffers "TableDiffers" "Describe the table as it is, change it with update_table, or use another name.";
    /// A node that a write of a tree needs does not exist.
    NodeNotFound "NodeNotFound" "Check the id, the tree's id, and that the schema's key attribute is the table's key.";
    /// A node with this key exists.
    NodeExists "NodeExists" "Choose another key; after a call whose outcome was unknown, it may be this very node.";
    /// The move would put a node below itself, or the nodes above it go round in a circle.
    TreeCycle "TreeCycle" "Choose a parent outside the subtree; verify_tree() finds circles, repair_tree() mends them.";
    /// The node has children, and was to be deleted only if it had none.
    HasChildren "HasChildren" "Delete the subtree with DeletePolicy::All, or let the grandparent adopt the children.";
    /// A table did not reach the state that was waited for in time.
    WaitTimeout "WaitTimeout" "Wait longer, or look at the table's status.";

    // ── the model's 35 ────────────────────────────────────────────────────────────────────────────────────────
    /// Another backup of the table is being made or deleted.
    BackupInUse "BackupInUseException" "Wait for the other backup operation to end.";
    /// The backup does not exist.
    BackupNotFound "BackupNotFoundException" "Check the backup's ARN.";
    /// The condition of a write did not hold.
    ConditionalCheckFailed "ConditionalCheckFailedException" "The item is not as the condition expects: read it and decide again.";
    /// Backups are not enabled for this account or Region.
    ContinuousBackupsUnavailable "ContinuousBackupsUnavailableException" "Enable continuous backups, or wait until they are.";
    /// A PartiQL INSERT names an item that exists.
    DuplicateItem "DuplicateItemException" "Use UPDATE, or another key.";
    /// A different export runs under this client token.
    ExportConflict "ExportConflictException" "Use another client token.";
    /// The export does not exist.
    ExportNotFound "ExportNotFoundException" "Check the export's ARN.";
    /// The global table exists.
    GlobalTableAlreadyExists "GlobalTableAlreadyExistsException" "Use the existing global table, or another name.";
    /// The global table does not exist.
    GlobalTableNotFound "GlobalTableNotFoundException" "Check the global table's name and the Region.";
    /// A client token was used again with other parameters.
    IdempotentParameterMismatch "IdempotentParameterMismatchException" "Use a new client token for a new request.";
    /// A different import runs under this client token.
    ImportConflict "ImportConflictException" "Use another client token.";
    /// The import does not exist.
    ImportNotFound "ImportNotFoundException" "Check the import's ARN.";
    /// The index does not exist.
    IndexNotFound "IndexNotFoundException" "Check the index's name.";
    /// The service failed.
    InternalServerError "InternalServerError" "The service failed: try again, and tell AWS the request id if it lasts.";
    /// The endpoint is not one for this account.
    InvalidEndpoint "InvalidEndpointException" "Let the client resolve the endpoint: unset endpoint overrides.";
    /// The export time lies outside the recovery window.
    InvalidExportTime "InvalidExportTimeException" "Choose a time inside the point-in-time recovery window.";
    /// The restore time lies outside the recovery window.
    InvalidRestoreTime "InvalidRestoreTimeException" "Choose a time inside the point-in-time recovery window.";
    /// An item collection of a table with local indexes would exceed 10 GB.
    ItemCollectionSizeLimitExceeded "ItemCollectionSizeLimitExceededException" "Spread the items over more partition keys.";
    /// Too many control-plane operations, tables or indexes at once.
    LimitExceeded "LimitExceededException" "Run fewer table operations at a time, or ask for a higher quota.";
    /// Point-in-time recovery is not enabled for the table.
    PointInTimeRecoveryUnavailable "PointInTimeRecoveryUnavailableException" "Enable point-in-time recovery on the table.";
    /// The resource has no policy.
    PolicyNotFound "PolicyNotFoundException" "Attach a resource policy first.";
    /// The table, index or partition key has no throughput left.
    ProvisionedThroughputExceeded "ProvisionedThroughputExceededException" "Raise the capacity or use on-demand, spread a hot key, or send less.";
    /// The Region is a replica already.
    ReplicaAlreadyExists "ReplicaAlreadyExistsException" "Leave the Region out of the request.";
    /// The Region is no replica.
    ReplicaNotFound "ReplicaNotFoundException" "Check the Region's name.";
    /// Another Region changes the item in a strongly consistent global table.
    ReplicatedWriteConflict "ReplicatedWriteConflictException" "Try again: another Region wrote the item at the same time.";
    /// The account has no throughput left.
    RequestLimitExceeded "RequestLimitExceeded" "Ask AWS for a higher account quota, or send less.";
    /// The table is in use: being made, changed or deleted.
    ResourceInUse "ResourceInUseException" "Wait until the table is active, or use another name.";
    /// The table or index does not exist, or is not active.
    ResourceNotFound "ResourceNotFoundException" "Create the table, or check its name, the Region and the endpoint.";
    /// The target table exists.
    TableAlreadyExists "TableAlreadyExistsException" "Use another name for the target table.";
    /// The table is in use by another backup or restore.
    TableInUse "TableInUseException" "Wait until the table is active.";
    /// The source table does not exist.
    TableNotFound "TableNotFoundException" "Check the source table's name.";
    /// The service asks for fewer requests.
    Throttling "ThrottlingException" "Send less, or raise the limit that throttling_reasons() names.";
    /// A transaction was cancelled; `cancellation_reasons()` says why, action by action.
    TransactionCanceled "TransactionCanceledException" "Look at cancellation_reasons(): one per action, in the order given.";
    /// A transaction is writing the item.
    TransactionConflict "TransactionConflictException" "Try again: a transaction was writing the item.";
    /// A transaction with this token is still running.
    TransactionInProgress "TransactionInProgressException" "Try again with the same token.";

    // ── common to AWS services, outside the model ─────────────────────────────────────────────────────────────
    /// The request breaks a rule of the service.
    Validation "ValidationException" "Correct the request: the message names the rule.";
    /// The credentials may not do this.
    AccessDenied "AccessDeniedException" "Allow the action on the table's ARN in the function's IAM policy.";
    /// The session token has expired.
    ExpiredToken "ExpiredTokenException" "Get new credentials.";
    /// The access key is not known.
    UnrecognizedClient "UnrecognizedClientException" "Check the access key, the session token and the Region.";
    /// The access key is not known (as STS-backed endpoints say it).
    InvalidClientTokenId "InvalidClientTokenId" "Check the access key and the session token.";
    /// The signature does not match, or the clock is off.
    InvalidSignature "InvalidSignatureException" "Check the secret key, the Region and the machine's clock.";
    /// The signature lacks a part.
    IncompleteSignature "IncompleteSignatureException" "Check what stands between the client and the endpoint: it changed the request.";
    /// The request carries no signature.
    MissingAuthenticationToken "MissingAuthenticationTokenException" "Check what stands between the client and the endpoint: it dropped the signature.";
    /// The signature is not for this time.
    RequestExpired "RequestExpired" "Correct the machine's clock.";
    /// The machine's clock differs too much from the service's.
    RequestTimeTooSkewed "RequestTimeTooSkewed" "Correct the machine's clock.";
    /// The account is not subscribed to the service or Region.
    OptInRequired "OptInRequired" "Enable the Region for the account.";
    /// A KMS key of the table cannot be used.
    KmsAccessDenied "KMSAccessDeniedException" "Allow the role to use the table's KMS key, and check that the key is enabled.";
    /// The request's JSON is not of the operation's form.
    Serialization "SerializationException" "Check the parameters' types against the operation's reference.";
    /// The operation does not exist at this endpoint.
    UnknownOperation "UnknownOperationException" "Check the operation's name, and that the endpoint is DynamoDB's.";
    /// The request is larger than the service accepts.
    RequestEntityTooLarge "RequestEntityTooLarge" "Send less in one request.";
    /// The service is not available.
    ServiceUnavailable "ServiceUnavailable" "The service is not available: try again.";
    /// The service failed (as the common errors name it).
    InternalFailure "InternalFailure" "The service failed: try again, and tell AWS the request id if it lasts.";
    /// The service answered with a name that this client does not know; `code()` has it.
    UnknownService "UnknownServiceError" "";
}

impl ErrorKind {
    /// The kind with this code: the service's name, with or without a namespace (`com.amazonaws.dynamodb.v20120810#…`)
    /// or a trailing URI (`…:http://…`), as the service's protocol allows.
    ///
    /// ```
    /// use enhanced_dynamodb::ErrorKind;
    /// assert_eq!(ErrorKind::from_code("com.amazonaws.dynamodb.v20120810#ValidationException"), ErrorKind::Validation);
    /// assert_eq!(ErrorKind::from_code("NobodyKnowsException"), ErrorKind::UnknownService);
    /// ```
    #[must_use]
    pub fn from_code(code: &str) -> ErrorKind {
        let name = bare_code(code);
        // Names under which the same error is also seen on the wire.
        let name = match name {
            "ThrottledException"
            | "Throttling"
            | "TooManyRequestsException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "SlowDown" => "ThrottlingException",
            "ProvisionedThroughputExceeded" => "ProvisionedThroughputExceededException",
            "RequestLimitExceededException" => "RequestLimitExceeded",
            "InternalServerErrorException" | "InternalServerException" => "InternalServerError",
            "InternalFailureException" | "InternalError" => "InternalFailure",
            "ServiceUnavailableException" => "ServiceUnavailable",
            "ExpiredToken" => "ExpiredTokenException",
            "AccessDenied" => "AccessDeniedException",
            "InvalidClientTokenIdException" => "InvalidClientTokenId",
            "SignatureDoesNotMatch" => "InvalidSignatureException",
            "IncompleteSignature" => "IncompleteSignatureException",
            "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
            "RequestExpiredException" => "RequestExpired",
            "ValidationError" => "ValidationException",
            "DuplicateItem" => "DuplicateItemException",
            other => other,
        };
        ErrorKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.is_service() && kind.code() == name)
            .unwrap_or(ErrorKind::UnknownService)
    }

    /// Whether the service answered with this error (as opposed to a failure on this side of the wire).
    #[must_use]
    pub fn is_service(self) -> bool {
        self as u16 >= ErrorKind::BackupInUse as u16
    }
}

/// `namespace#Name:uri` → `Name`.
pub(crate) fn bare_code(code: &str) -> &str {
    let name = code.rsplit_once('#').map_or(code, |(_, name)| name);
    name.split_once(':').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests;
