/// What is checked of session keys, rows left out and repetitions.
extension ExportMapping {
    func validate(_ columns: Columns, _ entry: String) throws(ExportError) {
        guard !columns.names.isEmpty, !columns.names.contains("") else {
            throw refuse(entry, "the column name is empty", "name the column or remove the line")
        }
        let twice = repeated(columns.names)
        guard twice.isEmpty else {
            throw refuse(entry, "\(twice.joined(separator: ", ")) named twice", "name each column once")
        }
        // Many columns would make every row slow.
        guard columns.names.count <= 100 else { throw refuse(entry, "more than 100 columns", "name those that matter") }
    }

    func validateSelection() throws(ExportError) {
        if format == .items {
            guard skip.isEmpty, duplicates.isEmpty, !orderOptional, rows == nil else {
                throw refuse("format", "an item sequence has no columns for `skip`, `duplicates` and `rows`", "remove these entries")
            }
            return
        }
        if let rows {
            guard format == .jsonl, !rows.isEmpty, !rows.contains("[") else {
                throw refuse("rows", "it is the path of a list in JSON Lines", "write `format: jsonl`, and the path without brackets")
            }
        }
        guard !orderOptional || !order.isEmpty else {
            throw refuse("order_optional", "there is no order", "name the columns under `order`, or remove it")
        }
        if let session {
            guard !session.parts.isEmpty else {
                throw refuse("session", "the list of columns is empty", "name the column or remove the line")
            }
            for part in session.parts {
                try validate(part.column, "session")
                guard part.between.map({ $0.count == 2 && !$0[0].isEmpty && !$0[1].isEmpty }) ?? true else {
                    throw refuse("session", "`between` needs two texts that are not empty", "write for instance `between: [s, $]`")
                }
            }
        }
        for rule in skip {
            guard !rule.reason.isEmpty, rule.reason.utf8.count <= 100, !rule.reason.utf8.contains(where: { $0 < 0x20 }) else {
                throw refuse("skip", "a reason is empty, too long or holds a line end", "name the rule by one or two words")
            }
            try validate(rule.column, "skip: \(rule.reason)")
            guard !rule.texts.isEmpty else {
                throw refuse("skip: \(rule.reason)", "it names no texts", "list the texts; an empty one stands for no value")
            }
        }
        for columns in duplicates { try validate(columns, "duplicates") }
    }
}
