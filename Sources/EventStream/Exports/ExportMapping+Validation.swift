extension ExportMapping {
    /// Checks that the mapping does not contradict itself. Throws an ``ExportError`` that names the entry.
    public func validate() throws(ExportError) {
        try validateDialect()
        try validateRoles()
        try validateFields()
        for time in times { try validate(time) }
        guard time != nil || timeAlternatives.isEmpty else {
            throw refuse("time", "there are other times and no first one", "put the preferred time first")
        }
        try validateSelection()
        try validatePings()
        try validateDwell()
        try validateLookups()
    }

    func refuse(_ entry: String, _ reason: String, _ remedy: String) -> ExportError {
        ExportError(.badMapping, place: "mapping, `\(entry)`", reason: reason, remedy: remedy)
    }

    private func validateDialect() throws(ExportError) {
        for (entry, value, mayBeEmpty) in [("delimiter", delimiter, false), ("quote", quote, true), ("escape", escape, true)] {
            guard let value, !(mayBeEmpty && value.isEmpty) else { continue }
            guard value.utf8.count == 1, let byte = value.utf8.first, byte != 0, byte != 0x0A, byte != 0x0D else {
                throw refuse(entry, "it must be one ASCII character other than a line end", "write for instance `\(entry): \"\\t\"`")
            }
        }
        if let delimiter, delimiter == quote || delimiter == escape {
            throw refuse("delimiter", "it is also the quote or the escape", "give them different characters")
        }
        if let escape, !escape.isEmpty, escape == quote ?? "\"" {
            throw refuse("escape", "it is also the quote", "remove it: a doubled quote is understood without it")
        }
        if let columns {
            let twice = repeated(columns)
            guard twice.isEmpty else {
                throw refuse("columns", "\(twice.joined(separator: ", ")) named twice", "give every column its own name")
            }
        }
    }

    private func validateRoles() throws(ExportError) {
        if format == .items {
            guard visitor == nil, session == nil, customer == nil, time == nil, order.isEmpty else {
                throw refuse(
                    "format", "an item sequence has neither visitor, session, customer, time nor order columns", "remove these entries")
            }
            guard fields.isEmpty || (fields.count == 1 && fields[0].kind == .categorical) else {
                throw refuse("fields", "an item sequence has one categorical field", "leave `fields` out or name just the item")
            }
            return
        }
        guard format == .auto || visitor != nil || session != nil else {
            throw refuse("visitor", "neither visitor nor session is named", "name the column that tells who did it, `visitor: COLUMN`")
        }
        for (entry, value) in [("visitor", visitor), ("customer", customer)] { if let value { try validate(value, entry) } }
        for columns in visitorRest { try validate(columns, "visitor_rest") }
        guard visitorRest.isEmpty || visitor != nil else {
            throw refuse("visitor_rest", "there is no `visitor`", "name the first part under `visitor`")
        }
        let twice = repeated(order)
        guard twice.isEmpty else {
            throw refuse("order", "\(twice.joined(separator: ", ")) named twice", "name each order column once")
        }
    }

    private func validateFields() throws(ExportError) {
        let identities = fields.filter { $0.kind == .identity }
        guard identities.isEmpty || (identities.count == 1 && identities[0].name == Self.customerField) else {
            throw refuse("fields", "`kind: identity` is not for fields", "write `customer: COLUMN` beside `visitor`")
        }
        guard identities.isEmpty || fields.count(where: { $0.name == Self.customerField }) == 1 else {
            throw refuse(
                "fields: \(Self.customerField)", "that is the name of the field `customer: COLUMN` makes", "give the field another name")
        }
        for field in fields {
            guard !field.name.isEmpty, !field.column.names.contains("") else {
                throw refuse("fields", "a field has an empty name or column", "give every field a name")
            }
            try validate(field.column, "fields: \(field.name)")
            guard field.outcome == nil || field.kind == .outcome else {
                throw refuse("fields: \(field.name)", "`outcome` goes with `kind: outcome` only", "remove it or change the kind")
            }
            try validateDerivation(of: field)
            if let separator = field.separator {
                guard format == .items || format == .auto || field.kind == .text else {
                    throw refuse(
                        "fields: \(field.name)", "`separator` is for item sequences and for texts that hold several values",
                        "remove it, or write `kind: text`")
                }
                guard separator.utf8.count == 1, let byte = separator.utf8.first, byte != 0, byte != 0x0A, byte != 0x0D, byte != 0x09 else {
                    throw refuse(
                        "fields: \(field.name)", "the separator must be one ASCII character other than tab and line end",
                        "write for instance `separator: \" \"`")
                }
            }
        }
        let twice = repeated(fields.map(\.name))
        guard twice.isEmpty else {
            throw refuse("fields", "\(twice.joined(separator: ", ")) named twice", "give every field its own name")
        }
    }

    private func validateDerivation(of field: Field) throws(ExportError) {
        let place = "fields: \(field.name)"
        guard format != .items || (field.when == nil && field.listed == nil) else {
            throw refuse(place, "an item sequence has no columns for `when` and `listed`", "remove these entries")
        }
        if let when = field.when {
            guard !when.column.isEmpty else {
                throw refuse(place, "`when` names no column", "name the column that decides, `when: { column: COLUMN, is: [TEXT] }`")
            }
            guard !when.texts.isEmpty else {
                throw refuse(
                    place, "`is` is empty, so no row would have the field", "list the texts of the rows that have it, or remove `when`")
            }
        }
        guard let listed = field.listed else { return }
        guard field.isNumeric else {
            throw refuse(
                place, "`listed` gives a number", "write `kind: numeric`, or `kind: outcome` with `outcome: numeric`")
        }
        guard field.separator == nil else {
            throw refuse(place, "`separator` stands beside `listed`", "write it within: `listed: { separator: \"|\" }`")
        }
        guard !listed.list.isEmpty, listed.values != "" else {
            throw refuse(place, "`listed` names a column without a name", "name the columns that hold the lists")
        }
        let give = listed.give.rawValue
        guard listed.values != nil || !listed.give.needsValues else {
            throw refuse(place, "`give: \(give)` needs the numbers of a second list", "name its column, `values: COLUMN`")
        }
        guard listed.values == nil || listed.give.needsValues else {
            throw refuse(place, "`give: \(give)` does not look at `values`", "remove `values`, or give value, rank or ratio")
        }
        guard listed.separator.utf8.count == 1, let byte = listed.separator.utf8.first, byte != 0, byte != 0x0A, byte != 0x0D else {
            throw refuse(
                place, "the separator of `listed` must be one ASCII character other than a line end",
                "write for instance `separator: \"|\"`")
        }
    }

    private func validate(_ time: Time) throws(ExportError) {
        if let zone = time.zone, TimeZoneOffset(zone) == nil {
            throw refuse(
                "time: zone", "`\(zone)` is not a fixed offset from UTC; named zones are not read",
                "write `UTC` or an offset such as `+02:00`, or have the export write times with their zone")
        }
        guard (time.sent == nil) == (time.received == nil), time.sent == nil || time.column != nil, time.sent != "", time.received != ""
        else {
            throw refuse("time", "`sent` and `received` go together with `column`", "give both, or remove them")
        }
        switch (time.column, time.compose) {
        case (nil, nil):
            throw refuse("time", "neither `column` nor `compose` is given", "write `time: { column: COLUMN, unit: s }`")
        case (.some, .some):
            throw refuse("time", "both `column` and `compose` are given", "keep one of them")
        case (.some, nil):
            guard time.unit != nil else {
                throw refuse("time: unit", "the unit is not given", "write `unit: s`, `ms`, `us` or `iso8601`")
            }
            guard time.pattern == nil else { throw refuse("time: pattern", "it goes with `compose` only", "remove it") }
        case (nil, .some(let columns)):
            try validateComposition(of: time, columns: columns)
        }
    }

    private func validateComposition(of time: Time, columns: [String]) throws(ExportError) {
        guard time.unit == nil else { throw refuse("time: unit", "a composed time has no unit", "remove it") }
        guard time.zone != nil else {
            throw refuse(
                "time: zone", "a composed time is local to a zone and none is given", "write `zone: UTC` or an offset such as `+02:00`")
        }
        let parts = time.parts
        guard parts.count == columns.count else {
            throw refuse(
                "time: pattern", "\(parts.count) parts for \(columns.count) columns",
                "name one part a column, of \(Time.Part.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let day: Set<Time.Part> = [.year, .month, .day]
        let hasDate = parts.contains(.date)
        let hasTime = parts.contains(.time)
        guard Set(parts).count == parts.count,
            hasDate ? day.isDisjoint(with: parts) : day.isSubset(of: parts),
            !hasTime || Set([.hour, .minute, .second]).isDisjoint(with: parts),
            !parts.contains(.second) || parts.contains(.minute), !parts.contains(.minute) || parts.contains(.hour)
        else {
            throw refuse(
                "time: pattern", "the parts do not make one time",
                "give year, month and day, or date; then hour, minute and second as far as known, or time")
        }
    }

    func repeated(_ names: [String]) -> [String] {
        var seen = Set<String>()
        return names.filter { !seen.insert($0).inserted }
    }
}

extension ExportMapping.Time {
    /// The parts in the order of ``compose``: as given, or the usual order from the year down.
    var parts: [Part] { pattern ?? Array(Part.allCases.prefix(6).prefix(compose?.count ?? 0)) }
}
