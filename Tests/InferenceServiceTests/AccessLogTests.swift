import DurableFiles
import Foundation
import InferenceService
import Synchronization
import Testing

@Suite struct AccessLogTests {
    private static let id = RequestID(given: "req-1")

    private func line(id: RequestID = id, principal: String? = "web", route: String = "/v1/sessions/{id}") -> AccessLogLine {
        AccessLogLine(
            time: 1_772_352_764_007, id: id, principal: principal, route: route, status: 200, duration: 1_204_999, received: 912, sent: 0)
    }

    private func text(_ line: AccessLogLine) -> String {
        var bytes: [UInt8] = []
        line.write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aLineIsAsDocumented() {
        #expect(
            text(line()) == """
                {"time":"2026-03-01T08:12:44.007Z","id":"req-1","principal":"web","route":"/v1/sessions/{id}","status":200,\
                "ms":1.204,"in":912,"out":0}

                """)
        #expect(text(line(principal: nil)).contains(#""principal":null,"#))
    }

    @Test(arguments: ["a\"b", "back\\slash", "line\nfeed\r", "\u{0}\u{1B}[31m", "\u{2028}\u{9B}é😀", "\",\"status\":500,\"x\":\""])
    func nothingBreaksOutOfItsField(_ text: String) throws {
        let written = self.text(line(principal: text, route: text))
        #expect(written.utf8.dropLast().allSatisfy { (0x20...0x7E).contains($0) } && written.utf8.last == 0x0A)
        let read = try #require(try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String: Any])
        #expect(read["principal"] as? String == text && read["route"] as? String == text)
        #expect(read["status"] as? Int == 200 && read.count == 8)
    }

    @Test func timesAreThoseOfTheCalendar() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var times: [Int64] = [0, -1, 951_782_400_000, 951_868_799_999, 4_107_542_400_000, 253_402_300_799_999, -62_167_219_200_000]
        times += (0..<500).map { Int64($0) * 86_400_000 * 137 + Int64($0) * 7_654_321 }
        for time in times {
            var bytes: [UInt8] = []
            LogText.append(time: time, to: &bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            guard time >= 0 else { continue }
            #expect(text == formatter.string(from: Date(timeIntervalSince1970: Double(time) / 1000)))
        }
        var bytes: [UInt8] = []
        for time in [-1, Int64.min, Int64.max] as [Int64] { LogText.append(time: time, to: &bytes) }
        #expect(String(decoding: bytes, as: UTF8.self) == "1969-12-31T23:59:59.999Z0000-01-01T00:00:00.000Z9999-12-31T23:59:59.999Z")
    }

    @Test func onlyAWellFormedIdIsTaken() {
        for good in ["a", "4bf92f35-77b3.4da6_A", String(repeating: "x", count: 128)] { #expect(RequestID(given: good).text == good) }
        for bad in [nil, "", "a b", "a\nb", "a\"b", "é", String(repeating: "x", count: 129), "../x", "a:b"] {
            let id = RequestID(given: bad).text
            #expect(id.utf8.count == 32 && id.allSatisfy(\.isHexDigit))
        }
        #expect(Set((0..<100).map { _ in RequestID().text }).count == 100)
    }

    /// What a sink was given, and a door that can be closed before it.
    private final class Reader: Sendable {
        let bytes = Mutex<[UInt8]>([])
        let isOpen = Atomic<Bool>(true)
        let isFailing = Atomic<Bool>(false)
        let isWaiting = Atomic<Bool>(false)

        func read(_ piece: UnsafeRawBufferPointer) throws(FileError) {
            while !isOpen.load(ordering: .acquiring) {
                isWaiting.store(true, ordering: .releasing)
                usleep(100)
            }
            if isFailing.load(ordering: .acquiring) { throw FileError(.write, "log", code: 28) }
            bytes.withLock { $0 += Array(piece) }
        }

        var lines: [Substring] { String(decoding: bytes.withLock { $0 }, as: UTF8.self).split(separator: "\n") }
    }

    @Test func everyLineArrivesOnceAndWhole() async throws {
        let reader = Reader()
        let writer = AccessLogWriter(to: { bytes throws(FileError) in try reader.read(bytes) })
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for turn in 0..<500 {
                        let id = RequestID(given: "\(worker)-\(turn)")
                        writer.write(
                            AccessLogLine(
                                time: 0, id: id, principal: nil, route: "/", status: 200, duration: 0, received: 0, sent: 0))
                    }
                }
            }
        }
        writer.close()
        #expect(writer.statistics == AccessLogWriter.Statistics(written: 2000, dropped: 0, failed: 0))
        let ids = try reader.lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["id"] as? String
        }
        #expect(ids.count == 2000 && Set(ids).count == 2000)
    }

    @Test func aSlowReaderCostsLinesAndNeverTime() throws {
        let reader = Reader()
        reader.isOpen.store(false, ordering: .releasing)
        let writer = AccessLogWriter(capacity: 1000, clock: TestClock().clock, to: { bytes throws(FileError) in try reader.read(bytes) })
        #expect(writer.write(line()))
        while !reader.isWaiting.load(ordering: .acquiring) { usleep(100) }
        // The first line is with the reader; of the next some fit into 1,000 bytes.
        let size = text(line()).utf8.count
        let began = ContinuousClock.now
        let taken = (0..<100).count { _ in writer.write(line()) }
        #expect(ContinuousClock.now - began < .seconds(2), "a full buffer made a request wait")
        #expect(taken == 1000 / size && writer.statistics.dropped == 100 - taken)
        reader.isOpen.store(true, ordering: .releasing)
        writer.close()
        #expect(writer.statistics == AccessLogWriter.Statistics(written: 1 + taken, dropped: 100 - taken, failed: 0))
        #expect(reader.lines.count == taken + 2)
        #expect(reader.lines.last == #"{"time":"2026-03-01T08:12:44.000Z","dropped":\#(100 - taken)}"#)
        #expect(!writer.write(line()), "closed")
    }

    @Test func aFailingDiskIsCounted() {
        let reader = Reader()
        reader.isFailing.store(true, ordering: .releasing)
        let writer = AccessLogWriter(to: { bytes throws(FileError) in try reader.read(bytes) })
        for _ in 0..<10 { writer.write(line()) }
        writer.close()
        #expect(writer.statistics == AccessLogWriter.Statistics(written: 0, dropped: 0, failed: 10))
    }

    @Test func aFileMayBeMovedAway() throws {
        let folder = try TemporaryFolder()
        let sink = AccessLogWriter.file(folder("access.log"))
        try Array("one\n".utf8).withUnsafeBytes { try sink($0) }
        try Array("two\n".utf8).withUnsafeBytes { try sink($0) }
        try FileSystem.live.rename(folder("access.log"), to: folder("old.log"))
        try Array("three\n".utf8).withUnsafeBytes { try sink($0) }
        #expect(try FileSystem.live.contents(of: folder("old.log")) == Array("one\ntwo\n".utf8))
        #expect(try FileSystem.live.contents(of: folder("access.log")) == Array("three\n".utf8))
    }
}
