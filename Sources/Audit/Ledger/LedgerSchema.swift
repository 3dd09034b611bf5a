/// The tables of a ledger.
///
/// Every table refuses updates and deletions, and insertions that would take another row's place. That stops mistakes; against intent
/// stand the chain and the signatures.
enum LedgerSchema {
    static let format = StoreFormat(
        name: "prediction ledger", applicationID: 0x5453_4C47, version: 1, statements: tables + indexes + triggers)

    private static let tables = [
        """
        CREATE TABLE ledger (
            identity BLOB NOT NULL,
            created INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE entries (
            seq INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            purpose TEXT NOT NULL,
            actor TEXT NOT NULL,
            subject BLOB NOT NULL,
            model BLOB NOT NULL,
            taxonomy BLOB NOT NULL,
            software TEXT NOT NULL,
            consent INTEGER NOT NULL,
            input_digest BLOB NOT NULL,
            sealed_input BLOB,
            output BLOB NOT NULL,
            evidence BLOB NOT NULL,
            previous BLOB NOT NULL,
            hash BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE heads (
            seq INTEGER PRIMARY KEY,
            time INTEGER NOT NULL,
            hash BLOB NOT NULL,
            previous BLOB NOT NULL,
            key BLOB NOT NULL,
            signature BLOB NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE keys (
            since INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            public BLOB NOT NULL
        ) STRICT
        """,
    ]

    private static let indexes = [
        // Subjects come in no order, so each commit writes to as many pages of this index as it has entries: they are kept few.
        "CREATE INDEX entries_by_subject ON entries (substr(subject, 1, 8))",
        "CREATE INDEX entries_by_model ON entries (model)",
        "CREATE INDEX entries_by_time ON entries (time)",
        "CREATE INDEX entries_by_kind ON entries (kind) WHERE kind <> 1",
    ]

    private static let triggers: [String] =
        ["ledger", "entries", "heads", "keys"].flatMap { table in
            ["UPDATE", "DELETE"].map { change in
                """
                CREATE TRIGGER \(table)_no_\(change.lowercased()) BEFORE \(change) ON \(table)
                BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
                """
            }
        } + [
            // Without these INSERT OR REPLACE would delete past the triggers above.
            """
            CREATE TRIGGER entries_next BEFORE INSERT ON entries
            WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
            BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
            """,
            """
            CREATE TRIGGER heads_next BEFORE INSERT ON heads
            WHEN NEW.seq IS NOT (SELECT max(seq) FROM entries) OR NEW.seq <= (SELECT max(seq) FROM heads)
            BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
            """,
            """
            CREATE TRIGGER keys_next BEFORE INSERT ON keys
            WHEN NEW.since <= (SELECT max(since) FROM keys)
            BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
            """,
            """
            CREATE TRIGGER ledger_once BEFORE INSERT ON ledger
            WHEN EXISTS (SELECT 1 FROM ledger)
            BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END
            """,
        ]

    /// What the first entry stands on: the digest of what identifies the ledger.
    static func origin(identity: [UInt8], created: Int64) -> [UInt8] {
        var fields = FieldBytes("tessera ledger 1")
        fields.add(identity)
        fields.add(created)
        return fields.digest
    }
}
