import DurableFiles
import KernelTestSupport
import SequenceKernel
import Testing

@Suite struct SafetensorsTests {
    private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        let path = temporaryPath("tensors")
        try AtomicFile.write(bytes, to: path)
        defer { try? FileSystem.live.removeFile(path) }
        return try body(path)
    }

    private func file(header: String, data: Int = 0, length: UInt64? = nil) -> [UInt8] {
        let text = Array(header.utf8)
        let count = length ?? UInt64(text.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + text + [UInt8](repeating: 1, count: data)
    }

    private func error(_ bytes: [UInt8]) throws -> SafetensorsError? {
        try withFile(bytes) { path in
            do throws(SafetensorsError) {
                _ = try SafetensorsFile(path)
                return nil
            } catch { return error }
        }
    }

    /// Written by the Python package: tools/reference/tensors.py.
    @Test(arguments: ["f32", "f64", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "bool"]) func readsEveryType(name: String) throws {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let file = try SafetensorsFile("\(folder)/Golden/every_type.safetensors")
        #expect(file[name]?.shape == [2, 3])
        let expected: [Int] = name == "bool" ? [0, 1, 1, 1, 1, 0] : [0, 1, 2, 3, 100, 0]
        if name.hasPrefix("f") || name.hasPrefix("bf") {
            #expect(try file.floats(name) == expected.map { Float($0) })
            #expect(throws: SafetensorsError.self) { try file.integers(name) }
        } else {
            #expect(try file.integers(name) == expected)
            #expect(throws: SafetensorsError.self) { try file.floats(name) }
        }
        #expect(file.metadata == ["written by": "safetensors \"package\" é"])
        #expect(try file.floats("f16.small") == [5.960_464_5e-08, -1.5, 65504, .infinity])
        #expect(try file.floats("scalar") == [2.5] && file["scalar"]?.shape == [])
        #expect(try file.floats("empty") == [] && file["empty"]?.shape == [0, 4])
        #expect(throws: SafetensorsError.missing(tensor: "nothing")) { try file.floats("nothing") }
    }

    @Test func roundTrip() throws {
        let path = temporaryPath("tensors")
        defer { try? FileSystem.live.removeFile(path) }
        var first = SafetensorsWriter(), second = SafetensorsWriter()
        first.metadata = ["a": "1", "b\n\"\\\u{1}": "ü"]
        second.metadata = first.metadata
        first.add("z.weight", shape: [2, 2], [1, 2, 3, 4])
        first.add("a", shape: [3], [5, 6, -0.0])
        second.add("a", shape: [3], [5, 6, -0.0])
        second.add("z.weight", shape: [2, 2], [1, 2, 3, 4])
        try first.write(to: path)
        let bytes = try FileSystem.live.contents(of: path)
        try second.write(to: path)
        #expect(try FileSystem.live.contents(of: path) == bytes)
        let file = try SafetensorsFile(path)
        #expect(file.metadata == first.metadata && file.entries.map(\.name) == ["a", "z.weight"])
        #expect(try file.floats("z.weight") == [1, 2, 3, 4])
        #expect((bytes.count - 28) % 64 == 0)
    }

    private static func tensor(_ name: String = "a", _ type: String = "F32", _ shape: String = "1", _ range: String = "0,4") -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(range)]}"
    }

    @Test func hostileHeaders() throws {
        #expect(try error(file(header: "{\(Self.tensor())}   ", data: 4)) == nil)
        #expect(try error(file(header: "{}")) == nil)
        let faults: [(String, Int)] = [
            ("", 0), ("[]", 0), ("{", 0), ("{}}", 0), ("{\"a\"}", 0), ("{\(Self.tensor()),}", 4), ("{,\(Self.tensor())}", 4),
            ("{\(Self.tensor())}", 3), ("{\(Self.tensor())}", 5), ("{\(Self.tensor()),\(Self.tensor())}", 4),
            ("{\(Self.tensor()),\(Self.tensor("b"))}", 4), ("{\(Self.tensor("a", "F32", "1", "4,8"))}", 8),
            ("{\(Self.tensor("a", "F32", "1", "4,0"))}", 4), ("{\(Self.tensor("a", "F32", "-1"))}", 4),
            ("{\(Self.tensor("a", "F32", "1.0"))}", 4),
            ("{\(Self.tensor("a", "F32", "01"))}", 4), ("{\(Self.tensor("a", "F32", "1e0"))}", 4), ("{\(Self.tensor("a", "C64"))}", 4),
            ("{\(Self.tensor("a", "F32", "4611686018427387904,4"))}", 4), ("{\(Self.tensor("a", "F32", "9223372036854775808"))}", 4),
            ("{\(Self.tensor("a", "F32", "2"))}", 4), ("{\(Self.tensor("a", "F32", "1", "0,4,8"))}", 4),
            ("{\(Self.tensor("a", "F32", String(repeating: "1,", count: 70) + "1"))}", 4),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4),
            ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4), ("{\"__metadata__\":{\"a\":1}}", 0),
            ("{\"__metadata__\":{},\"__metadata__\":{}}", 0), ("{\"\\ud800\":1}", 0), ("{\"\\x\":1}", 0), ("{\"a\nb\":1}", 0),
            ("{\"\\u12\"", 0),
        ]
        for (header, data) in faults { #expect(try error(file(header: header, data: data)) != nil, "\(header) with \(data) bytes") }
        #expect(try error(file(header: "{}", length: 3)) == .truncated(expectedBytes: 11, foundBytes: 10))
        #expect(try error(file(header: "{}", length: .max)) == .headerTooLong(bytes: .max))
        #expect(try error(file(header: "{}", length: 100_000_000)) == .truncated(expectedBytes: 100_000_008, foundBytes: 10))
        // Bytes that are not UTF-8 in a name.
        #expect(try error([6, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7D]) != nil)
    }

    /// Random damage to a good file is refused or read, never a trap.
    @Test func randomDamage() throws {
        var random = RandomSource(77)
        let good = file(
            header: "{\"__metadata__\":{\"k\":\"\\u00e9\"},\(Self.tensor()),\(Self.tensor("b", "U8", "2,3", "4,10"))}", data: 10)
        #expect(try withFile(good) { try SafetensorsFile($0).integers("b") } == [1, 1, 1, 1, 1, 1])
        for _ in 0..<300 {
            var bytes = good
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
            _ = try error(bytes)
        }
    }

    @Test func foreignNamesAreHarmless() throws {
        let name = String(repeating: "x", count: 500) + "\\u001b[31m"
        let found = try error(file(header: "{\(Self.tensor(name, "Q8"))}", data: 4))
        let text = try #require(found).description
        #expect(text.utf8.count < 400 && !text.utf8.contains(27))
    }
}
