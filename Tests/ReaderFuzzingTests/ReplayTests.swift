import Foundation
import ReaderFuzzing
import Testing

/// The kept inputs of the fuzzer through the functions it calls. A broken promise traps, and the test process with it.
@Suite(.serialized) struct ReplayTests {
    private static let inputs = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../tools/fuzz").standardizedFileURL

    private static func replay(_ target: FuzzTarget, _ kind: String) throws -> Int {
        let folder = inputs.appending(path: "\(kind)/\(target.name)")
        guard FileManager.default.fileExists(atPath: folder.path) else { return 0 }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        for name in names {
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: name)))
            bytes.withUnsafeBytes { target.run($0) }
        }
        return names.count
    }

    @Test("Every kept input of a target is read as promised", arguments: FuzzTarget.all.map(\.name))
    func corpus(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        #expect(try Self.replay(target, "corpus") > 0, "\(name) has no inputs to begin with")
        _ = try Self.replay(target, "regressions")
    }

    @Test("Every folder of inputs belongs to a target", arguments: ["corpus", "regressions"])
    func folders(kind: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.inputs.appending(path: kind).path) {
            #expect(FuzzTarget.named(name) != nil, "\(kind)/\(name) is replayed by nothing")
        }
    }
}
