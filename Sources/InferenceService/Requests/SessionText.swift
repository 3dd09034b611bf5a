internal import DurableFiles
package import EventStream

/// Sessions of a corpus as a client would send them: events in rows, and of times only what the service would not work out by itself.
package enum SessionText {
    /// `{"session":…,"visitor":…,"events":[…]}`: ``SessionInput`` makes of it the record that the corpus has, to the bit.
    package static func json(of session: Int, in corpus: Corpus) -> [UInt8] {
        var text = Array("{\"session\":".utf8)
        text += JSONString.quoted(corpus.sessionKey(session)).utf8
        let visitor = corpus.visitorKey(corpus.visitor(ofSession: session))
        if !visitor.isEmpty {
            text += ",\"visitor\":".utf8
            text += JSONString.quoted(visitor).utf8
        }
        text += ",\"events\":[".utf8
        for (place, event) in events(of: session, in: corpus).enumerated() {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            text += event
        }
        return text + Array("]}".utf8)
    }

    /// The events of a session, each as the object of a request; to be sent together or one after another.
    package static func events(of session: Int, in corpus: Corpus) -> [[UInt8]] {
        let row = Row(corpus)
        let range = corpus.events(ofSession: session)
        return range.map { row.json(of: $0, in: range) }
    }

    /// One event of a corpus.
    private struct Row {
        /// A field's name as JSON, and its values.
        private enum Field {
            case words(name: String, isReserved: Bool, Column<Int32>, StringDictionary)
            case numbers(name: String, isReserved: Bool, Column<Double>)
        }

        private let corpus: Corpus
        private let zone: Int64
        private let fields: [Field]

        init(_ corpus: Corpus) {
            (self.corpus, zone) = (corpus, corpus.schema.zoneMicroseconds)
            fields = corpus.schema.fields.filter { $0.role == .input }.compactMap { field in
                let (name, isReserved) = (JSONString.quoted(field.name), SessionInput.isReserved(field.name))
                if field.kind == .numeric {
                    return corpus.numbers(field.name).map { .numbers(name: name, isReserved: isReserved, $0) }
                }
                guard let codes = corpus.codes(field.name), let dictionary = corpus.dictionary(field.name) else { return nil }
                return .words(name: name, isReserved: isReserved, codes, dictionary)
            }
        }

        func json(of event: Int, in range: Range<Int>) -> [UInt8] {
            var (members, nested) = (times(of: event, in: range), [String]())
            for field in fields {
                switch field {
                case .words(let name, let isReserved, let codes, let dictionary):
                    let code = Int(codes[event])
                    guard code > 0, !dictionary[code - 1].isEmpty else { continue }
                    let member = "\(name):\(JSONString.quoted(dictionary[code - 1]))"
                    if isReserved { nested.append(member) } else { members.append(member) }
                case .numbers(let name, let isReserved, let numbers):
                    guard numbers[event].isFinite else { continue }
                    if isReserved { nested.append("\(name):\(numbers[event])") } else { members.append("\(name):\(numbers[event])") }
                }
            }
            if !nested.isEmpty { members.append("\"fields\":{\(nested.joined(separator: ","))}") }
            return Array("{\(members.joined(separator: ","))}".utf8)
        }

        /// Members that tell of time: the time, and beside it what ``SessionInput`` would take for something else.
        private func times(of event: Int, in range: Range<Int>) -> [String] {
            let time = corpus.timesMicroseconds[event]
            var members: [String] = []
            if time != .min { members.append("\"time_us\":\(time)") }
            let gap = event > range.lowerBound ? seconds(from: event - 1, to: event) : nil
            if let member = Self.member("gap_s", corpus.gaps[event], otherwise: gap.map { Float($0) }) { members.append(member) }
            let dwell = event + 1 < range.upperBound ? seconds(from: event, to: event + 1) : nil
            let capped = dwell.map { Float(min($0, corpus.schema.dwellCapSeconds)) }
            if let member = Self.member("dwell_s", corpus.dwells[event], otherwise: capped) { members.append(member) }
            let (hour, weekday) = EventSchema.calendar(time, zoneMicroseconds: zone)
            if corpus.hours[event] != hour { members.append("\"hour\":\(Self.part(corpus.hours[event]))") }
            if corpus.weekdays[event] != weekday { members.append("\"weekday\":\(Self.part(corpus.weekdays[event]))") }
            return members
        }

        private func seconds(from one: Int, to next: Int) -> Double? {
            let (begin, end) = (corpus.timesMicroseconds[one], corpus.timesMicroseconds[next])
            return begin == .min || end == .min ? nil : Double(end &- begin) * 1e-6
        }

        private static func part(_ value: UInt8) -> String { value == 255 ? "null" : "\(value)" }

        /// A number that differs from what would be taken without it; NaN is missing.
        private static func member(_ name: String, _ value: Float, otherwise: Float?) -> String? {
            guard !value.isNaN else { return otherwise == nil ? nil : "\"\(name)\":null" }
            guard value != otherwise else { return nil }
            // Read as a double first: where the fewest digits would be rounded twice, all of them are written.
            let short = value.description
            return "\"\(name)\":\(Double(short).map { Float($0) } == value ? short : Double(value).description)"
        }
    }
}
