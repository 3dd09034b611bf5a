import DurableFiles
import EventStream
import SequenceEmbedding
import SequenceKernel
import Testing

/// Who the customer is stands in the corpus, and no model can come to it.
@Suite struct IdentityTests {
    @Test func aTableOfEventsIsTheSameWithAndWithoutCustomers() throws {
        let folder = try TemporaryFolder()
        let rows = (0..<40).map { "v\($0),\(1_700_000_000 + 10 * $0),page\($0 % 3),c\($0 % 7)\n" }
        try AtomicFile.write(Array(("visitor,time,page,who\n" + rows.joined()).utf8), to: folder.path + "/export.csv")
        func table(_ name: String, customer: String?) throws -> CorpusTable {
            var mapping = ExportMapping()
            (mapping.format, mapping.visitor) = (.csv, "visitor")
            mapping.time = .init(column: "time", unit: .seconds)
            mapping.fields = [.init(name: "page", kind: .categorical)]
            mapping.customer = customer.map { .init($0) }
            var rejects = RejectCollector()
            _ = try ExportImporter().run(
                sources: [try ExportReaders.open(folder.path + "/export.csv", mapping: mapping)], to: folder.path + "/" + name,
                rejects: &rejects)
            return CorpusTable(try Corpus.open(folder.path + "/" + name))
        }
        let (linked, plain) = (try table("linked", customer: "who"), try table("plain", customer: nil))
        #expect(linked.corpus.customers?.ids.count == 7 && plain.corpus.customers == nil)
        #expect(linked.fields == plain.fields && linked.codes("customer") == nil && linked.dictionaryCount("customer") == 0)
        let configuration = ModelConfiguration()
        let sessions = Array(0..<40)
        #expect(
            try FeatureEncoding(fitting: configuration, to: linked, sessions: sessions)
                == FeatureEncoding(fitting: configuration, to: plain, sessions: sessions))
        #expect(try FactPlan.fit(linked, sessions: sessions, FactSettings()) == FactPlan.fit(plain, sessions: sessions, FactSettings()))
    }
}
