public import DurableFiles
internal import EventStream

/// Writes what is foretold of each decision: a line as JSON, or a row as CSV.
///
/// | form | what |
/// |---|---|
/// | CSV | `decision_id,offer,none,PRODUCT…`: the product offered, empty for none, and the probability of each class |
/// | JSON Lines | `{"decision_id":…,"offer":…,"probabilities":{"none":…,"PRODUCT":…}}`; the offer is null for none |
public struct ConversionLines: Sendable {
    let ids: [String]
    let classes: [String]
    let probabilities: [Float]
    let offers: [Int32]

    /// Lines of scored decisions.
    /// - Parameters:
    ///   - ids: of the decisions, `[D]`.
    ///   - classes: `[K]`, the first "none".
    ///   - probabilities: `[D, K]`.
    ///   - offers: `[D]`, 0 for none.
    public init(ids: [String], classes: [String], probabilities: [Float], offers: [Int32]) {
        precondition(
            probabilities.count == ids.count * classes.count && offers.count == ids.count,
            "ConversionLines: \(probabilities.count) probabilities and \(offers.count) offers for [\(ids.count), \(classes.count)]")
        (self.ids, self.classes, self.probabilities, self.offers) = (ids, classes, probabilities, offers)
    }

    /// Writes a file whole or not at all; JSON Lines where its name ends in `.jsonl`, CSV else.
    public func write(to path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        let isJSON = path.hasSuffix(".jsonl")
        try AtomicFile.write(to: path, in: fileSystem) { writer throws(FileError) in
            let names = classes.map { CSVText.quoted($0) }.joined(separator: ",")
            if !isJSON { try writer.write(Array("decision_id,offer,\(names)\n".utf8)) }
            for row in ids.indices { try writer.write(Array((isJSON ? jsonLine(row) : csvRow(row)).utf8)) }
        }
    }

    private func row(_ row: Int) -> ArraySlice<Float> { probabilities[row * classes.count..<(row + 1) * classes.count] }

    /// One line of JSON, with its end.
    public func jsonLine(_ number: Int) -> String {
        let shares = zip(classes, row(number)).map { "\(JSONString.quoted($0)):\($1)" }.joined(separator: ",")
        let offer = offers[number] == 0 ? "null" : JSONString.quoted(classes[Int(offers[number])])
        return "{\"decision_id\":\(JSONString.quoted(ids[number])),\"offer\":\(offer),\"probabilities\":{\(shares)}}\n"
    }

    private func csvRow(_ number: Int) -> String {
        let offer = offers[number] == 0 ? "" : CSVText.quoted(classes[Int(offers[number])])
        return "\(CSVText.quoted(ids[number])),\(offer),\(row(number).map { "\($0)" }.joined(separator: ","))\n"
    }
}
