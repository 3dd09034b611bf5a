extension VendorFormat {
    /// The format of sampled lines and the member that holds it: the line itself, or one of its objects, as queues and warehouses wrap
    /// events. Nil for none that is known.
    static func detect(_ samples: [ColumnSample]) -> (format: VendorFormat, member: String)? {
        for member in members(samples) {
            let columns = VendorColumns(samples, in: member)
            if let format = allCases.first(where: { $0.fits(columns) }) { return (format, member) }
        }
        return nil
    }

    /// The member in which sampled lines hold this format; the line itself where none does.
    func member(_ samples: [ColumnSample]) -> String {
        Self.members(samples).first { fits(VendorColumns(samples, in: $0)) } ?? ""
    }

    /// The line itself, then its objects in the order of their appearance.
    private static func members(_ samples: [ColumnSample]) -> [String] {
        var members = [""]
        for sample in samples {
            guard let dot = sample.name.firstIndex(of: "."), !sample.name[..<dot].contains("[") else { continue }
            let member = String(sample.name[..<dot])
            if !member.isEmpty, !members.contains(member) { members.append(member) }
            if members.count > 50 { break }
        }
        return members
    }

    /// The mapping for a file of this format, and why it is so.
    /// - Parameter isAsked: whether the format was asked for, not found.
    func guess(_ samples: [ColumnSample], in member: String, isAsked: Bool = false) -> MappingGuess {
        let columns = VendorColumns(samples, in: member)
        var mapping = self.mapping
        let place = member.isEmpty ? "" : " within `\(member)`"
        var reasons = ["format: \(rawValue), \(title), \(isAsked ? "as asked" : "told by its members")\(place)", "rules: \(rule)"]
        correctUnits(&mapping, columns, &reasons)
        keepFreeMembers(&mapping, samples, columns, &reasons)
        mapping.customer = mapping.customer
        return MappingGuess(mapping: mapping.enveloped(in: member), reasons: reasons, vendor: self)
    }

    /// Pipelines write milliseconds where the vendor writes seconds: the unit that fits the size counts.
    private func correctUnits(_ mapping: inout ExportMapping, _ columns: VendorColumns, _ reasons: inout [String]) {
        func correct(_ time: inout ExportMapping.Time) {
            guard let unit = time.unit, unit != .iso8601, let name = time.column, let column = columns[name] else { return }
            guard case .epoch(let fitting) = TimeGuess.epochUnit(column), fitting != unit else { return }
            time.unit = fitting
            reasons.append("time: `\(name)` is documented in \(unit.rawValue), but the values are \(fitting.rawValue) by their size")
        }
        // OTTO's times stand within its lists, which the sample shows as text.
        if var time = mapping.time {
            correct(&time)
            mapping.time = time
        }
        for index in mapping.timeAlternatives.indices { correct(&mapping.timeAlternatives[index]) }
    }

    private func keepFreeMembers(
        _ mapping: inout ExportMapping, _ samples: [ColumnSample], _ columns: VendorColumns, _ reasons: inout [String]
    ) {
        var used = mapping.usedColumns
        // Told by a field of the mapping already, or of no use.
        used.formUnion(Self.superfluous)
        var names = Set(mapping.fields.map(\.name))
        let prefix = columns.member.isEmpty ? "" : columns.member + "."
        var kept = 0
        for sample in samples where sample.name.hasPrefix(prefix) {
            let name = String(sample.name.dropFirst(prefix.count))
            guard let free = freeMembers.first(where: { name.hasPrefix($0) }), !used.contains(name), kept < 200 else { continue }
            guard !RoleGuess.isIdentity(sample), !sample.lastKey.contains("email"), !sample.lastKey.contains("phone") else {
                reasons.append("`\(name)` is left out: it tells who somebody is")
                continue
            }
            let own = String(name.dropFirst(free.count).prefix { $0 != "]" })
            let unique = names.contains(own) ? name : own
            guard !own.isEmpty, unique != ExportMapping.customerField, names.insert(unique).inserted,
                let kind = FieldGuess(column: sample).kindAsText
            else { continue }
            mapping.fields.append(.init(name: unique, column: name, kind: kind))
            kept += 1
        }
        if kept > 0 { reasons.append("\(kept) members for free use are kept under their own names") }
    }

    private static let superfluous: Set<String> = [
        "event_params[ga_session_id]", "event_params[ga_session_number]", "event_params[batch_page_id]",
        "event_params[batch_ordering_id]", "event_params[batch_event_index]", "properties.$insert_id", "properties.time",
        "properties.mp_processing_time_ms", "properties.token",
    ]
}

extension FieldGuess {
    /// The kind where numbers are to stay texts; nil for what is nested or empty.
    var kindAsText: ExportMapping.Kind? {
        guard case .success(let guess) = kind else { return nil }
        return guess.kind == .numeric ? .categorical : guess.kind
    }
}
