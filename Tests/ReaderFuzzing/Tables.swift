import EventStream
import FoundationEssentials
import Recommendation

/// Tables beside an export: impressions, tiles, customers, links, decisions, applications. Every row is taken or refused, once.
enum Tables {
    /// The first byte chooses the table, the second how it is written; the rest is the file.
    static let read: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 2 else { return }
        let text = Array(bytes.dropFirst(2))
        do throws(TableError) {
            switch bytes[0] % 6 {
            case 0: try impressions(text, options: bytes[1])
            case 1: try catalogue(text)
            case 2: try customers(text, options: bytes[1])
            case 3: try links(text, options: bytes[1])
            case 4: try decisions(text)
            default: try applications(text, options: bytes[1])
            }
        } catch {
            promise(!"\(error)".isEmpty, "a refusal says nothing")
            guard case .nothingRead(_, let rejects) = error else { return }
            promise(rejects.total == 0 || !rejects.kept.isEmpty, "\(rejects.total) refusals, and none is told")
        }
    }

    /// The table and how many rows it has, refused ones too. What is read is read again when it is written with every field in quotes.
    private static func table(_ text: [UInt8], needed: String) throws(TableError) -> (table: DelimitedTable, rows: Int) {
        let table = try DelimitedTable(text, path: "table", needed: needed)
        let lines = text.count { $0 == 0x0A || $0 == 0x0D } + 1
        func whole(_ table: DelimitedTable) -> (rows: [[String]], rejects: RejectedRows) {
            var (rows, rejects, line) = ([[String]](), RejectedRows(), 0)
            table.rows(&rejects) { row, _ in
                promise((line + 1...lines).contains(row.line), "line \(row.line) of \(lines), behind line \(line)")
                line = row.line
                rows.append(table.names.indices.map { row.text($0) })
            }
            return (rows, rejects)
        }
        let (rows, rejects) = whole(table)
        func line(_ fields: [String]) -> String {
            fields.map { "\"" + $0.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\"" }
                .joined(separator: ",") + "\n"
        }
        let again = try DelimitedTable(Array(([table.names] + rows).map(line).joined().utf8), path: "again", needed: needed)
        promise(again.names == table.names, "columns \(table.names) come back as \(again.names)")
        promise(whole(again).rows == rows, "rows come back as others")
        return (table, rows.count + rejects.total)
    }

    private static func impressions(_ text: [UInt8], options: UInt8) throws(TableError) {
        var format = ImpressionFormat()
        format.severalClicks = options & 1 == 0 ? .refuse : .first
        format.missingProbabilities = options & 2 == 0 ? .optional : .needed
        format.needsClicks = options & 4 == 0
        format.featurePrefix = options & 8 == 0 ? nil : "f"
        format.features = options & 16 == 0 ? [] : ["x"]
        format.separator = options & 32 == 0 ? "|" : " "
        format.timeUnit = TableTimeUnit.allCases[Int(options >> 6) % TableTimeUnit.allCases.count]
        let (table, rows) = try table(text, needed: format.impression)
        var customers = CustomerIndex()
        let log = try ImpressionLog(table, format: format, customers: &customers)
        let isWide = table.column(format.tiles) != nil
        promise(log.counts.rows == rows, "\(log.counts.rows) rows of \(rows)")
        let kept = isWide ? log.counts.impressions : log.counts.tiles
        promise(kept + log.rejects.total == rows, "\(kept) rows kept and \(log.rejects.total) refused of \(rows)")
        promise(
            log.offsets.count == log.decisions.count + 1 && log.offsets.last == log.tiles.count && log.positions.count == log.tiles.count
                && log.clicked.count == log.tiles.count && log.probabilities.count == log.tiles.count
                && log.features.count == log.tiles.count * log.featureNames.count, "columns of different lengths")
        promise(log.features.allSatisfy { $0.isNaN || $0.isFinite }, "a feature is infinite")
        promise(log.decisions.customers.allSatisfy { (0..<Int32(customers.count)).contains($0) }, "a customer who is none")
        promise(Set(log.decisions.ids).count == log.decisions.count, "two impressions have one id")
        for impression in 0..<log.decisions.count {
            let own = log.offsets[impression]..<log.offsets[impression + 1]
            promise(!own.isEmpty, "an impression without tiles")
            promise(own.count { log.clicked[$0] } <= 1, "several clicks are kept")
            promise(Set(own.map { log.tiles[$0] }).count == own.count, "a tile is shown twice")
            let places = own.map { log.positions[$0] == 0 ? Int32.max : log.positions[$0] }
            promise(places == places.sorted(), "tiles do not stand by position")
            for row in own {
                promise(log.tileNames.indices.contains(Int(log.tiles[row])), "a tile without a name")
                let probability = log.probabilities[row]
                promise(probability.isNaN ? options & 2 == 0 : probability > 0 && probability <= 1, "the probability is \(probability)")
            }
        }
    }

    private static func catalogue(_ text: [UInt8]) throws(TableError) {
        let (table, rows) = try table(text, needed: "tile")
        let catalogue = try TileCatalogue(table)
        promise(catalogue.tiles.count == rows, "\(catalogue.tiles.count) tiles of \(rows) rows")
        for (place, tile) in catalogue.tiles.enumerated() {
            promise(Int(catalogue.number(of: tile)) == place, "a tile is not where it stands")
        }
        agrees(catalogue.encoder, catalogue.table, catalogue.floats)
        let asked = catalogue.look(up: Array(0..<Int32(rows)), in: catalogue.tiles)
        promise(asked.unknown == 0 && asked.coldStart == 0 && asked.numbers == Array(0..<Int32(rows)), "a tile is unknown to itself")
    }

    private static func customers(_ text: [UInt8], options: UInt8) throws(TableError) {
        let (table, rows) = try table(text, needed: "customer_id")
        let texts = try AttributeTable(table, id: "customer_id")
        promise(texts.ids.count + texts.rejects.total == rows, "\(texts.ids.count) taken, \(texts.rejects.total) refused of \(rows)")
        var index = CustomerIndex()
        let numbers = texts.ids.map { index.number(of: $0) }
        let training = numbers.filter { Int($0) % 2 == Int(options) % 2 }
        let features = CustomerFeatures(texts, customers: &index, training: training)
        promise(index.count == numbers.count && features.withoutRow(numbers) == 0, "a customer has no row")
        agrees(features.encoder, texts, features.floats(numbers))
        // What few share has no name of its own.
        let few = FeatureEncoder(texts, rows: Array(texts.ids.indices), standardises: true, fewestRows: 3)
        agrees(few, texts, texts.ids.indices.flatMap { few.floats(texts, row: $0) })
    }

    /// Floats of every row: as many as names, none of them infinite, and the same ones after the encoder was written and read.
    private static func agrees(_ encoder: FeatureEncoder, _ table: AttributeTable, _ floats: [Float]) {
        promise(floats.count == table.ids.count * encoder.names.count, "\(floats.count) floats for \(encoder.names.count) names")
        promise(floats.allSatisfy { !$0.isInfinite }, "a feature is infinite")
        promise(Set(encoder.names).count == encoder.names.count, "two features have one name: \(encoder.names)")
        promise(encoder.floats(table, row: nil).count == encoder.names.count, "what has no row has other floats")
        do {
            let again = try JSONDecoder().decode(FeatureEncoder.self, from: try JSONEncoder().encode(encoder))
            promise(again == encoder, "an encoder comes back as another")
        } catch { promise(false, "an encoder is refused: \(error)") }
    }

    /// The sessions that links are about.
    private static let corpus: Corpus = {
        do { return try Corpus.open(Folders.good.corpus) } catch { fatalError("\(error)") }
    }()

    private static func links(_ text: [UInt8], options: UInt8) throws(TableError) {
        let (table, rows) = try table(text, needed: "customer_id")
        var customers = CustomerIndex()
        let key: [UInt8]? = options & 1 == 0 ? nil : [1, 2, 3]
        let links = try LinkTable(table, corpus: corpus, customers: &customers, key: key, byVisitor: options & 2 == 0)
        promise(links.rows == rows && links.rejects.total < rows, "\(links.rows) rows, \(links.rejects.total) refused of \(rows)")
    }

    private static func decisions(_ text: [UInt8]) throws(TableError) {
        let (table, rows) = try table(text, needed: "decision_id")
        var customers = CustomerIndex()
        let read = try DecisionTable(table, customers: &customers)
        promise(read.rows == rows && read.decisions.count + read.rejects.total == rows, "\(read.rows) rows of \(rows)")
        promise(Set(read.decisions.ids).count == read.decisions.count, "two decisions have one id")
    }

    private static func applications(_ text: [UInt8], options: UInt8) throws(TableError) {
        // This one is read from a file, which may be packed.
        let file = MemoryFile(text)
        var customers = CustomerIndex()
        let read = try ApplicationTable(file.path, products: options & 1 == 0 ? nil : ["card", "loan"], customers: &customers)
        for one in read.applications {
            promise((1...read.products.count).contains(Int(one.product)), "a product that is none")
            promise((0..<customers.count).contains(Int(one.customer)), "a customer who is none")
        }
    }
}
