import DurableFiles
import EventStream
import InferenceService

/// Bodies and paths of requests: either a fault that says what to do, or values that keep what the rest of the service takes for granted.
enum Requests {
    /// Fields of each kind, none of whose names is reserved but one.
    private static let input: SessionInput = {
        do {
            return SessionInput(schema: try Corpus.open(Folders.good.corpus).schema, limits: .init(events: 16, fields: 12, fieldBytes: 64))
        } catch { fatalError("\(error)") }
    }()

    /// Runs a reader over bytes. A fault has a remedy, and repeats nothing that the caller could not have sent in its place.
    private static func reading<Value>(
        _ bytes: UnsafeRawBufferPointer, _ decode: (UnsafeBufferPointer<UInt8>) throws(RequestFault) -> Value
    ) -> Value? {
        let text = Array(bytes)
        return text.withUnsafeBufferPointer { buffer in
            do throws(RequestFault) { return try decode(buffer) } catch {
                promise(!error.reason.isEmpty && !error.remedy.isEmpty, "a refusal says nothing")
                promise([400, 413, 422].contains(error.code.status), "a request is refused with \(error.code)")
                return nil
            }
        }
    }

    private static func whole<Value>(
        _ bytes: UnsafeRawBufferPointer, _ decode: (inout JSONReader) throws(RequestFault) -> Value
    ) -> Value? {
        reading(bytes) { buffer throws(RequestFault) in
            var reader = JSONReader(buffer)
            let value = try decode(&reader)
            try reader.finish()
            return value
        }
    }

    /// A session that models read, that ledgers keep and that a log of sessions writes down: the same in each of them.
    private static func check(_ record: SessionRecord) {
        let count = record.times.count
        let lengths =
            [record.gaps.count, record.dwells.count, record.hours.count, record.weekdays.count]
            + record.texts.values.map(\.count) + record.numbers.values.map(\.count)
        promise(count > 0 && count <= input.limits.events && lengths.allSatisfy { $0 == count }, "lists of \(count) and \(lengths)")
        promise(zip(record.times, record.times.dropFirst()).allSatisfy { $0! <= $1! }, "events out of order")
        promise(record.hours.allSatisfy { $0 < 24 || $0 == 255 } && record.weekdays.allSatisfy { $0 < 7 || $0 == 255 }, "no hour, no day")
        promise((record.gaps + record.dwells).allSatisfy { $0?.isFinite ?? true }, "seconds without an end")
        promise(record.texts.values.joined().allSatisfy { $0.map { (1...64).contains($0.utf8.count) } ?? true }, "a text beyond the limit")
        let json = SessionRecord.json(of: 0, in: Corpus([record], schema: input.schema))
        do {
            let again = try SessionRecord(json: json)
            promise(again == record, "a record comes back as another: \(String(decoding: json, as: UTF8.self))")
        } catch { promise(false, "a record is refused: \(error): \(String(decoding: json, as: UTF8.self))") }
        let remembered = RememberedSession(bundle: "b", record: record, saysDwell: true)
        promise(
            RememberedSession.coding.decode(RememberedSession.coding.encode(remembered)) == remembered, "a session is remembered as another"
        )
        do throws(RequestFault) {
            let twice = try input.joined(record, record)
            promise(record.times.first == record.times.last, "events are taken that come before those there are")
            promise(twice.times.count == 2 * count && twice.texts.values.allSatisfy { $0.count == 2 * count }, "stretches do not fit")
        } catch {}
    }

    // MARK: JSON

    private indirect enum Tree: Equatable {
        case object([(String, Tree)])
        case array([Tree])
        case text(String)
        case number(String)
        case boolean(Bool)
        case null

        static func == (one: Tree, other: Tree) -> Bool { one.json == other.json }

        init(_ reader: inout JSONReader) throws(RequestFault) {
            switch try reader.kind() {
            case .object:
                var members: [(String, Tree)] = []
                try reader.beginObject()
                while let name = try reader.nextName() { members.append((name, try Tree(&reader))) }
                self = .object(members)
            case .array:
                var elements: [Tree] = []
                try reader.beginArray()
                while try reader.nextElement() { elements.append(try Tree(&reader)) }
                self = .array(elements)
            case .text: self = .text(try reader.text(limit: .max))
            case .number: self = .number(try reader.digits())
            case .boolean: self = .boolean(try reader.boolean())
            case .null:
                try reader.null()
                self = .null
            }
        }

        var json: String {
            switch self {
            case .object(let members): "{" + members.map { JSONString.quoted($0) + ":" + $1.json }.joined(separator: ",") + "}"
            case .array(let elements): "[" + elements.map(\.json).joined(separator: ",") + "]"
            case .text(let text): JSONString.quoted(text)
            case .number(let digits): digits
            case .boolean(let value): "\(value)"
            case .null: "null"
            }
        }
    }

    /// What is passed by can be read value by value, and written again.
    static let json: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let passed = whole(bytes) { reader throws(RequestFault) in try reader.raw() }
        guard let tree = whole(bytes, Tree.init) else { return promise(passed == nil, "passed by, and cannot be read") }
        // A name has a limit wherever it stands, so that both take the same.
        promise(passed != nil, "read, and cannot be passed by")
        let text = Array(tree.json.utf8)
        let again = text.withUnsafeBytes { whole($0, Tree.init) }
        promise(again == tree, "comes back as \(again?.json ?? "nothing"), not \(tree.json)")
        if case .number(let digits) = tree, let value = Double(digits), value.isFinite {
            promise(whole(bytes) { reader throws(RequestFault) in try reader.number() }?.bitPattern == value.bitPattern, "another number")
        }
    }

    // MARK: Routes

    static let score: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let request = whole(bytes, { reader throws(RequestFault) in try ScoreRequest(&reader, input) }) else { return }
        check(request.record)
        promise(!request.wants.isEmpty && (0...100).contains(request.evidence), "wants nothing, or evidence \(request.evidence)")
        promise(request.time.map { EventTime.range.contains($0) } ?? true, "a time that is none")
        // As the next stretch of a session, which cannot be named in the body.
        if let next = whole(bytes, { reader throws(RequestFault) in try ScoreRequest(&reader, input, moreOf: "s") }) {
            promise(next.record.session == "s" && next.record.times == request.record.times, "a stretch is read as another")
        }
    }

    static let embeddings: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let request = reading(bytes) { buffer throws(RequestFault) in
            try EmbeddingsRequest(buffer, most: 4) { _ throws(RequestFault) in input }
        }
        guard let request else { return }
        promise((1...4).contains(request.records.count), "\(request.records.count) sessions")
        request.records.forEach(check)
    }

    /// The first two bytes are the length of the JSON, the lowest first; all of the body where they say 65535.
    static let infer: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count >= 2 else { return }
        let length = Int(bytes[0]) | Int(bytes[1]) << 8
        let request = reading(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(2))) { buffer throws(RequestFault) in
            try OpenInferenceRequest(
                buffer, headerLength: length == 65535 ? nil : length, most: 4, available: [.embedding, .probabilities], input)
        }
        guard let request else { return }
        promise((1...4).contains(request.records.count), "\(request.records.count) sessions")
        promise((1...2).contains(request.outputs.count), "\(request.outputs.count) outputs")
        promise(Set(request.outputs.map(\.output)).count == request.outputs.count, "an output twice")
        request.records.forEach(check)
    }

    static let rank: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let request = whole(bytes) { reader throws(RequestFault) in try RankRequest(&reader, input, numbers: ["fee"], now: 1) }
        guard let request else { return }
        let decision = request.decision
        promise(!decision.id.isEmpty && !decision.customerID.isEmpty, "nobody is asked about")
        promise(decision.time >= 0 && (request.top.map { $0 > 0 } ?? true), "a time or a number that is none")
        decision.sessions.forEach(check)
        guard let tiles = request.tiles else { return }
        promise(!tiles.isEmpty && Set(tiles.map(\.name)).count == tiles.count, "a tile twice, or none")
        promise(tiles.allSatisfy { $0.numbers.keys.allSatisfy { $0 == "fee" } }, "a number that no ranker knows")
    }

    static let credit: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let request = whole(bytes) { reader throws(RequestFault) in try CreditRequest(&reader, .init(rows: 8, textBytes: 64)) }
        guard let request else { return }
        promise(request.tables.values.reduce(0) { $0 + $1.count } <= 8 && (0...100).contains(request.reasons), "more than may be")
        for row in request.tables.values.joined() {
            promise(Set(row.columns.map(\.name)).count == row.columns.count, "a column twice")
            promise(row.columns.allSatisfy { $0.text.utf8.count <= 400 && row[$0.name] == $0.text }, "a text beyond the limit")
        }
    }

    /// A target of a request: path and query.
    static let route: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        let target = String(decoding: bytes, as: UTF8.self).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        if target.count > 1, let value = Route.parameter("bundle", in: target[1]) {
            promise(
                !value.isEmpty && Route.parameter("bundle", in: "bundle=\(escaped(value))") == value, "a parameter comes back as another")
        }
        guard let route = Route(path: target[0]) else { return }
        promise(Route.templates.indices.contains(route.number) && !route.methods.isEmpty, "a route without a name")
        let path: String? =
            switch route {
            case .session(let id): "/v1/sessions/\(escaped(id))"
            case .sessionEvents(let id): "/v1/sessions/\(escaped(id))/events"
            case .inferenceModel(let name): "/v2/models/\(escaped(name))"
            case .inferenceReady(let name): "/v2/models/\(escaped(name))/ready"
            case .infer(let name): "/v2/models/\(escaped(name))/infer"
            default: nil
            }
        if let path { promise(Route(path: path[...]) == route, "\(path) is another route") }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.utf8.count < 2 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }
}
