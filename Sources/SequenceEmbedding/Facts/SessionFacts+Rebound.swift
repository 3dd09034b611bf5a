extension SessionFacts {
    /// The same facts over another table whose fields have the same dictionaries, entry by entry.
    public func rebound(to table: any EventTable) -> SessionFacts {
        guard let facts = try? SessionFacts(table, plan) else { preconditionFailure("SessionFacts.rebound: a table with other fields") }
        return facts
    }
}
