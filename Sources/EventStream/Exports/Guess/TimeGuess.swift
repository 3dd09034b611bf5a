/// Finds the time among the columns, or refuses with the line that would settle it.
struct TimeGuess {
    let path: String
    let columns: [ColumnSample]

    static let names: Set<String> = [
        "timestamp", "time", "ts", "eventtime", "eventtimestamp", "datetime", "date", "eventdate", "createdat", "occurredat", "servertime",
        "hittime", "clienttime", "logtime", "accesstime", "visittime", "clicktime", "epoch", "unixtime", "eventtimemillis",
        "collectortstamp",
    ]

    enum Form: Equatable {
        case epoch(ExportMapping.Time.Unit)
        case iso8601, local, dateOnly, timeOfDay, unclearNumber, other
    }

    /// The time and why, or nil when no column is named like one.
    func find() throws(ExportError) -> (time: ExportMapping.Time, reason: String)? {
        let parts = ["year", "month", "day", "hour", "minute", "second"].map { part in columns.first { $0.key == part } }
        let composed = parts.prefix { $0 != nil }.compactMap { $0?.name }
        var candidates = columns.filter { Self.names.contains($0.key) }
        if candidates.isEmpty, composed.count < 3 { candidates = columns.filter { Self.names.contains($0.lastKey) } }
        var forms: [(column: ColumnSample, form: Form)] = candidates.map { ($0, self.form(of: $0)) }.filter { $0.1 != .other }
        // A mere day beside a full time says nothing more.
        if forms.contains(where: { $0.form != .dateOnly && $0.form != .timeOfDay }) {
            forms.removeAll { $0.form == .dateOnly || $0.form == .timeOfDay }
        }
        if forms.count == 2, let date = forms.first(where: { $0.form == .dateOnly }),
            let time = forms.first(where: { $0.form == .timeOfDay })
        {
            throw localTime("time: { compose: [\(quoted(date.column)), \(quoted(time.column))], pattern: [date, time], zone: UTC }")
        }
        forms.removeAll { $0.form == .timeOfDay }
        if forms.isEmpty, composed.count >= 3 {
            throw localTime("time: { compose: [\(composed.joined(separator: ", "))], zone: UTC }")
        }
        guard !forms.isEmpty else {
            guard let first = candidates.first else { return nil }
            throw refuse(
                "the column `\(first.name)` is named like a time but its values are none that are read",
                "write `time: { column: COLUMN, unit: s }` with the column and the unit (s, ms, us, iso8601) into a mapping file")
        }
        guard forms.count == 1, composed.count < 3 else {
            let names = forms.map { "`\($0.column.name)`" } + (composed.count < 3 ? [] : ["`\(composed.joined(separator: "`, `"))`"])
            throw refuse(
                "\(names.joined(separator: " and ")) could each be the time",
                "write `time: { column: \(quoted(forms[0].column)), unit: \(unit(forms[0].form)) }`, or the other, into a mapping file")
        }
        let (column, form) = forms[0]
        switch form {
        case .epoch(let unit):
            return (.init(column: column.name, unit: unit), "time: `\(column.name)` is a common name, and the unit follows from the size")
        case .iso8601:
            return (.init(column: column.name, unit: .iso8601), "time: `\(column.name)` is a common name, and its values name their zone")
        case .local, .dateOnly:
            throw localTime("time: { column: \(quoted(column)), unit: iso8601, zone: UTC }")
        default:
            throw refuse(
                "the unit of the numbers in `\(column.name)` cannot be told from their size",
                "write `time: { column: \(quoted(column)), unit: s }` with the unit (s, ms, us) into a mapping file")
        }
    }

    private func form(of column: ColumnSample) -> Form {
        let present = column.present
        guard !present.isEmpty else { return .other }
        let isDay = column.share { text in
            guard text.trimmed.count == 8 || text.trimmed.count == 10, text.trimmed.bytes[0] != 0x2D else { return false }
            return EventTime.readISO8601(text.trimmed, nil) == .fault(.localTime)
        }
        if isDay > 0.95 { return .dateOnly }
        if column.share(where: { decimalNumber($0) != nil }) > 0.95 { return Self.epochUnit(column) }
        var zoned = 0
        var local = 0
        for value in present {
            value.withUnsafeBufferPointer { bytes in
                switch EventTime.readISO8601(TextSlice(bytes.baseAddress!, bytes.count).trimmed, nil) {
                case .fault(.localTime): local += 1
                case .microseconds: zoned += 1
                default: break
                }
            }
        }
        if zoned * 100 >= present.count * 95 { return .iso8601 }
        if (zoned + local) * 100 >= present.count * 95 { return .local }
        let isClock = column.share { text in
            if case .microseconds = EventTime.readComposed([.time], 0, { _ in text }) { return true }
            return false
        }
        return isClock > 0.95 ? .timeOfDay : .other
    }

    /// A unit fits when most of the times lie between 1990 and 2100; at most one does, as the units are a thousandfold apart.
    static func epochUnit(_ column: ColumnSample) -> Form {
        for (unit, perSecond) in [(ExportMapping.Time.Unit.seconds, 1.0), (.milliseconds, 1e3), (.microseconds, 1e6)] {
            let fitting = column.share { text in
                guard let value = decimalNumber(text) else { return false }
                return (631_152_000...4_102_444_800).contains(value / perSecond)
            }
            if fitting > 0.9 { return .epoch(unit) }
        }
        return .unclearNumber
    }

    private func unit(_ form: Form) -> String {
        if case .epoch(let unit) = form { return unit.rawValue }
        return form == .unclearNumber ? "s" : "iso8601"
    }

    private func quoted(_ column: ColumnSample) -> String {
        column.name.contains { ",:[]{}#\"'".contains($0) } ? "\"\(column.name)\"" : column.name
    }

    private func localTime(_ line: String) -> ExportError {
        refuse("the times do not name their zone", "write `\(line)`, with the zone the export was made in, into a mapping file")
    }

    private func refuse(_ reason: String, _ remedy: String) -> ExportError {
        ExportError(.ambiguous, place: path, reason: reason, remedy: remedy)
    }
}
