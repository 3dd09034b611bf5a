import EventStream
import Foundation
import Recommendation
import Testing

/// A folder that goes away with the test, and small corpora in it.
final class TinyCorpus {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tessera-link-\(UInt64.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: folder.appending(path: name))
        return path(name)
    }

    static var mapping: ExportMapping {
        var mapping = ExportMapping()
        (mapping.format, mapping.visitor, mapping.session) = (.csv, "visitor", "session")
        mapping.time = .init(column: "time", unit: .seconds)
        mapping.fields = [.init(name: "page", kind: .categorical)]
        mapping.customer = "customer"
        return mapping
    }

    /// Rows of `visitor,session,time,customer,page`.
    func corpus(_ rows: String, key: [UInt8]? = nil, mapping: ExportMapping = mapping, name: String = "c") throws -> Corpus {
        let file = try write("visitor,session,time,customer,page\n" + rows, to: "\(name).csv")
        var settings = ImportSettings()
        settings.pseudonymKey = key
        var rejects = RejectCollector()
        _ = try ExportImporter(settings).run(
            sources: [ExportReaders.open(file, mapping: mapping)], to: path(name), rejects: &rejects)
        #expect(rejects.total == 0)
        return try Corpus.open(path(name))
    }

    static let day = 86_400

    /// Two browsers of customer a, one of b; s1 begins unknown and logs in; s5 holds two customers.
    static let rows = """
        v1,s1,1000000,,home
        v1,s1,1000060,a,login
        v1,s1,1000120,a,cards
        v1,s2,1100000,,home
        v2,s3,1200000,a,login
        v3,s4,1300000,b,login
        v3,s4,1300500,,loans
        v4,s5,1400000,a,login
        v4,s5,1400060,b,login
        v4,s6,1450000,,home
        v5,s7,1500000,,home

        """

    func table(_ text: String, needed: String) throws -> DelimitedTable {
        try DelimitedTable(Array(text.utf8), path: "t.csv", needed: needed)
    }
}
