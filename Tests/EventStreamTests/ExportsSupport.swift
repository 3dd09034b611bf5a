import EventStream
import Glibc
import Testing

/// A directory that goes away with the test.
final class ScratchDirectory {
    let path: String

    init() {
        var template = Array("\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/tessera-exports-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template))
    }

    deinit {
        for name in names { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    private(set) var names: [String] = []

    /// Writes a file and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) -> String {
        names.append(name)
        let file = fopen("\(path)/\(name)", "wb")!
        bytes.withUnsafeBytes { _ = fwrite($0.baseAddress, 1, $0.count, file) }
        fclose(file)
        return "\(path)/\(name)"
    }

    func file(_ name: String, _ text: String) -> String { file(name, Array(text.utf8)) }

    func keep(_ name: String) -> String {
        names.append(name)
        return "\(path)/\(name)"
    }
}

/// Everything a source gives, with bytes turned to text so that tests can read it.
struct ReadRows {
    var visitors: [String?] = []
    var sessions: [String?] = []
    var times: [Int64] = []
    var orders: [[Int64]] = []
    var fields: [[String?]] = []
    var numbers: [[Double]] = []
    var rejects = RejectCollector()
    var mapping = ExportMapping()
    var hasPairs = false

    var count: Int { times.count }
    var reasons: [RejectReason] { rejects.first.map(\.reason) }
}

func texts(_ column: ByteColumn) -> [String?] {
    (0..<column.count).map {
        column.isMissing[$0] ? nil : String(decoding: column.bytes[column.offsets[$0]..<column.offsets[$0 + 1]], as: UTF8.self)
    }
}

func readAll(
    _ path: String, _ mapping: ExportMapping, _ limits: ExportLimits = ExportLimits(), fileNumber: Int = 1,
    rejects: RejectCollector = .init()
) throws(ExportError) -> ReadRows {
    var source = try ExportReaders.open(path, mapping: mapping, limits: limits, fileNumber: fileNumber)
    var rows = ReadRows()
    rows.rejects = rejects
    rows.mapping = source.mapping
    rows.hasPairs = source.hasPairs
    var batch = source.mapping.emptyBatch()
    rows.fields = batch.fields.map { _ in [] }
    rows.numbers = batch.fields.map { _ in [] }
    rows.orders = batch.orders
    while try source.read(into: &batch, rejects: &rows.rejects) {
        rows.visitors += texts(batch.visitor)
        rows.sessions += texts(batch.session)
        rows.times += batch.timeMicroseconds
        for index in batch.orders.indices { rows.orders[index] += batch.orders[index] }
        for index in batch.fields.indices {
            switch batch.fields[index] {
            case .numbers(let values): rows.numbers[index] += values
            case .strings(let values): rows.fields[index] += texts(values)
            }
        }
        batch.removeAll()
    }
    return rows
}

/// `u` visitor, `t` epoch seconds, `p` categorical.
func plainMapping(_ change: (inout ExportMapping) -> Void = { _ in }) -> ExportMapping {
    var mapping = ExportMapping()
    mapping.visitor = "u"
    mapping.time = .init(column: "t", unit: .seconds)
    mapping.fields = [.init(name: "p", kind: .categorical)]
    change(&mapping)
    return mapping
}

/// SplitMix64: the seed stands in the name of the failing case.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// gzip without compression: stored blocks, so that a test needs no compressor.
func gzipStored(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var start = 0
    repeat {
        let count = min(65_535, bytes.count - start)
        let isLast: UInt8 = start + count == bytes.count ? 1 : 0
        out += [isLast, UInt8(count & 255), UInt8(count >> 8), ~UInt8(count & 255), ~UInt8(count >> 8)]
        out += bytes[start..<start + count]
        start += count
    } while start < bytes.count
    var crc: UInt32 = .max
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    for value in [~crc, UInt32(bytes.count)] {
        for shift in [0, 8, 16, 24] { out.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }
    return out
}

/// A zstd frame of raw blocks, or of blocks that repeat one byte 131,072 times each.
func zstdFrame(_ blocks: [(bytes: [UInt8], repeats: Bool)]) -> [UInt8] {
    var out: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]  // no content size, window of 128 KiB
    for (index, block) in blocks.enumerated() {
        let size = block.repeats ? 131_072 : block.bytes.count
        let header = size << 3 | (block.repeats ? 2 : 0) | (index == blocks.count - 1 ? 1 : 0)
        out += [UInt8(header & 255), UInt8(header >> 8 & 255), UInt8(header >> 16)]
        out += block.repeats ? [block.bytes[0]] : block.bytes
    }
    return out
}
