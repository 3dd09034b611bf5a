import DurableFiles
import EventStream
import Glibc

/// A fresh folder for one test, removed with the value.
final class ImportFolder {
    let path: String

    init() throws {
        // Thousands of small files are forced to the disk here; where the system keeps files in memory that costs nothing.
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var template = Array("\(root)/import-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, root, code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }
    func names(_ name: String = "") throws -> [String] { try FileSystem.live.names(in: self(name)) }
    func bytes(_ name: String) throws -> [UInt8] { try FileSystem.live.contents(of: self(name)) }

    /// All files of a corpus.
    func corpusBytes(_ name: String) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for file in try names(name) { files[file] = try bytes(name + "/" + file) }
        return files
    }
}

/// One event of a test, in clear.
struct TestEvent: Hashable {
    var visitor: String? = "anna"
    var session: String?
    var seconds: Double?
    var orders: [Int64] = []
    var page: String? = "home"
    var amount = Double.nan
    var user: String?
}

/// Hands events over as a reader would: fields `page` (categorical), `amount` (numeric), `user` (categorical).
struct TestSource: EventSource {
    var mapping: ExportMapping
    var hasPairs = false
    var progress: ExportProgress { ExportProgress(bytesRead: next, bytesTotal: events.count) }
    var events: [TestEvent]
    var batchRows = 7
    var next = 0

    init(_ events: [TestEvent]) {
        self.events = events
        mapping = ExportMapping()
        mapping.visitor = "visitor"
        if events.contains(where: { $0.session != nil }) { mapping.session = "session" }
        if events.contains(where: { $0.seconds != nil }) { mapping.time = .init(column: "time", unit: .microseconds) }
        mapping.order = (0..<(events.first?.orders.count ?? 0)).map { "order\($0)" }
        mapping.fields = [
            .init(name: "page", kind: .categorical), .init(name: "amount", kind: .numeric), .init(name: "user", kind: .categorical),
        ]
    }

    mutating func read(into batch: inout EventBatch, rejects: inout RejectCollector) throws(ExportError) -> Bool {
        guard next < events.count else { return false }
        func append(_ text: String?, _ column: inout ByteColumn) {
            guard let text else { return column.appendMissing() }
            Array(text.utf8).withUnsafeBytes { column.append($0) }
        }
        var pages = ByteColumn()
        var users = ByteColumn()
        var amounts: [Double] = []
        for event in events[next..<min(events.count, next + batchRows)] {
            append(event.visitor, &batch.visitor)
            append(event.session, &batch.session)
            batch.timeMicroseconds.append(event.seconds.map { Int64(($0 * 1e6).rounded()) } ?? .min)
            for (index, order) in event.orders.enumerated() { batch.orders[index].append(order) }
            append(event.page, &pages)
            append(event.user, &users)
            amounts.append(event.amount)
            batch.count += 1
        }
        batch.fields = [.strings(pages), .numbers(amounts), .strings(users)]
        next += batch.count
        return true
    }
}

/// Imports events into `folder/name`.
@discardableResult
func importEvents(
    _ events: [TestEvent], _ folder: ImportFolder, _ name: String = "corpus", _ change: (inout ImportSettings) -> Void = { _ in }
) throws -> ImportSummary {
    var settings = ImportSettings()
    change(&settings)
    var rejects = RejectCollector()
    return try ExportImporter(settings).run(sources: [TestSource(events)], to: folder(name), rejects: &rejects)
}

/// A session read back: its key and the events in clear.
struct ReadSession: Equatable {
    var key: String
    var visitor: String
    var seconds: [Double]
    var pages: [String?]
}

extension Corpus {
    func text(_ field: String, _ event: Int) -> String? {
        guard let code = codes(field)?[event], code > 0 else { return nil }
        return dictionary(field)?[Int(code) - 1]
    }

    var readSessions: [ReadSession] {
        (0..<sessionCount).map { session in
            let events = events(ofSession: session)
            return ReadSession(
                key: sessionKey(session), visitor: visitorKey(visitor(ofSession: session)),
                seconds: events.map { Double(timesMicroseconds[$0]) * 1e-6 }, pages: events.map { text("page", $0) })
        }
    }
}

/// A small generator of repeatable numbers (SplitMix64).
struct TestRandom: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

/// Some hundred events of a few visitors at distinct times.
func randomEvents(_ seed: UInt64, count: Int = 400, native: Bool = false) -> [TestEvent] {
    var random = TestRandom(seed)
    var seconds = 1_500_000_000.0
    return (0..<count).map { index in
        seconds += Double.random(in: 1...400, using: &random)
        let visitor = Int.random(in: 0..<9, using: &random)
        return TestEvent(
            visitor: "visitor-\(visitor)", session: native ? "s\(index / 40)-\(Int.random(in: 0..<2, using: &random))" : nil,
            seconds: seconds, page: Bool.random(using: &random) ? "page \(Int.random(in: 0..<20, using: &random))" : nil,
            amount: Bool.random(using: &random) ? Double(index) : .nan, user: nil)
    }
}
