internal import EventStream
internal import FoundationEssentials
internal import Glibc

/// The rows of a corpus with the sessions they were given, against those of another program.
struct SessionRows {
    /// What both must agree on, in the corpus's names; nil where an export has none. After them comes whether a session begins.
    struct Fields {
        let event: String
        let page: String
        let title: String
        let search: String?
        let device: String
        let campaign: String?

        var names: [String?] { [event, page, title, search, device, campaign] }
    }

    private let corpus: Corpus
    private let fields: Fields

    init(_ corpus: Corpus, _ fields: Fields) { (self.corpus, self.fields) = (corpus, fields) }

    /// Compares with lines of tabs: visitor, time in microseconds, the fields, 1 where a session begins; by visitor and time.
    /// - Returns: rows that were compared.
    /// - Throws: where a row differs.
    func compare(with path: String) throws -> Int {
        let text = try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)
        let order = ordered()
        var row = 0
        for line in text.split(separator: 0x0A) {
            guard row < order.count else { throw differs("it has more rows than the corpus") }
            let own = own(order[row]).joined(separator: "\t")
            guard line.elementsEqual(own.utf8) else {
                throw differs("row \(row + 1) is '\(String(decoding: line, as: UTF8.self))', and '\(own)' in the corpus")
            }
            row += 1
        }
        guard row == order.count else { throw differs("it has \(row) rows, the corpus \(order.count)") }
        return row
    }

    private func differs(_ how: String) -> FigureError {
        FigureError(code: EX_SOFTWARE, description: "the sessionised rows of the other program differ: \(how)")
    }

    /// Events by the visitor's text and their time.
    private func ordered() -> [(event: Int, session: Int)] {
        let visitors = (0..<corpus.visitorCount).sorted { corpus.visitorKey($0).utf8.lexicographicallyPrecedes(corpus.visitorKey($1).utf8) }
        var rank = [Int](repeating: 0, count: corpus.visitorCount)
        for (place, visitor) in visitors.enumerated() { rank[visitor] = place }
        let sessions = (0..<corpus.sessionCount).sorted {
            func key(_ session: Int) -> (Int, Int64) {
                (rank[corpus.visitor(ofSession: session)], corpus.timesMicroseconds[corpus.events(ofSession: session).lowerBound])
            }
            return key($0) < key($1)
        }
        return sessions.flatMap { session in corpus.events(ofSession: session).map { ($0, session) } }
    }

    private func own(_ place: (event: Int, session: Int)) -> [String] {
        let (event, session) = place
        let texts = fields.names.map { name -> String in
            guard let name, let code = corpus.codes(name)?[event], code > 0 else { return "" }
            return corpus.dictionary(name)?[Int(code) - 1] ?? ""
        }
        let begins = corpus.events(ofSession: session).lowerBound == event
        return [corpus.visitorKey(corpus.visitor(ofSession: session)), "\(corpus.timesMicroseconds[event])"] + texts + [begins ? "1" : "0"]
    }
}
