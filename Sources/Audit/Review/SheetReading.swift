public import DurableFiles

/// The verdicts in filled sheets, and everything in them that could not be used.
public struct SheetReading: Sendable, Equatable {
    /// Something in a sheet that could not be used.
    public struct Finding: Sendable, Equatable, Codable {
        /// What kind of trouble it is.
        public enum Kind: String, Sendable, Equatable, Codable, CaseIterable {
            /// The file is no table with the columns of a sheet.
            case notASheet = "not_a_sheet"
            /// The rows are of another design.
            case otherDesign = "other_design"
            /// The design has no such item.
            case unknownItem = "unknown_item"
            /// The design has no such reviewer.
            case unknownReviewer = "unknown_reviewer"
            /// The item was not given to this reviewer.
            case notTheirs = "not_theirs"
            /// The same reviewer judged the item twice and differently: neither verdict counts.
            case duplicate
            /// The verdict is not one of the words.
            case oddVerdict = "odd_verdict"
            /// An item that a reviewer was given has no row in their sheets.
            case missingRow = "missing_row"
        }

        /// What kind of trouble it is.
        public var kind: Kind
        /// The sheet; empty for what is missing in all.
        public var sheet: String
        /// Its line, from 1; 0 where it concerns no line.
        public var line: Int
        /// The item as the sheets call it; empty where it concerns none.
        public var item: String
        /// What to do.
        public var remedy: String
    }

    /// Who decides where reviewers do not agree.
    public static let adjudicator = "adjudicator"

    /// What each reviewer says of each item: `[items][reviewers + 1]`, the adjudicator last; nil where nothing usable was written.
    public private(set) var verdicts: [[ReviewVerdict?]]
    /// What could not be used, by sheet and line.
    public private(set) var findings: [Finding] = []
    /// Rows of reviewers whose verdict is still empty, by reviewer.
    public private(set) var unanswered: [String: Int] = [:]
    /// Names and SHA-256 of the sheets.
    public private(set) var sheets: [String: String] = [:]

    private let design: ReviewDesign
    private var places: [Int: [Int: (sheet: String, line: Int)]] = [:]
    private var disputed: Set<[Int]> = []

    /// Reads sheets of a design, as many as there are; the rest may come later.
    public init(_ paths: [String], of design: ReviewDesign, in fileSystem: FileSystem = .live) throws(ReviewError) {
        self.init(design)
        for path in paths {
            let bytes: [UInt8]
            do { bytes = try fileSystem.contents(of: path, limit: 1 << 30) } catch { throw .file(error) }
            add(bytes, path: path)
        }
        finish()
    }

    /// Reads sheets that are in memory: names and contents.
    public init(contents: [(name: String, bytes: [UInt8])], of design: ReviewDesign) {
        self.init(design)
        for sheet in contents { add(sheet.bytes, path: sheet.name) }
        finish()
    }

    private init(_ design: ReviewDesign) {
        self.design = design
        verdicts = design.items.map { _ in [ReviewVerdict?](repeating: nil, count: design.settings.reviewers.count + 1) }
    }

    /// How often each kind of trouble was met.
    public var counts: [Finding.Kind: Int] { Dictionary(grouping: findings, by: \.kind).mapValues(\.count) }

    private mutating func find(_ kind: Finding.Kind, _ sheet: String, _ line: Int, item: String = "", _ remedy: String) {
        findings.append(Finding(kind: kind, sheet: sheet, line: line, item: item, remedy: remedy))
    }

    private mutating func add(_ bytes: [UInt8], path: String) {
        sheets[path] = SHA256Digest.hex(of: bytes)
        let (rows, openQuote) = SheetText.rows(of: bytes)
        if let openQuote { find(.notASheet, path, openQuote, "a quotation mark opens here and does not close; rows behind it are lost") }
        guard let head = rows.first else { return find(.notASheet, path, 0, "there is no row; name a sheet that the draw wrote") }
        var columns: [String: Int] = [:]
        for (place, name) in head.cells.enumerated().reversed() {
            columns[name.lowercased().filter { !$0.isWhitespace && $0 != "'" }] = place
        }
        guard let item = columns["item"], let reviewer = columns["reviewer"], let verdict = columns["verdict"] else {
            return find(
                .notASheet, path, head.line, "the columns item, reviewer and verdict are needed; save the sheet as CSV with its first row")
        }
        // Everybody's rows of another design are one mistake.
        let names = rows.dropFirst().map { Self.cell($0, item) }
        let foreign = names.indices.filter { design.number(of: names[$0]) == nil && !names[$0].lowercased().hasPrefix(design.id.prefix(8)) }
        if !names.isEmpty, foreign.count == names.count {
            return find(
                .otherDesign, path, rows[1].line,
                "none of its \(names.count) rows is of this design; read it with the design it was drawn with")
        }
        for (row, name) in zip(rows.dropFirst(), names) {
            take(
                row, name, reviewer: Self.cell(row, reviewer), Self.cell(row, verdict), columns["missed"].map { Self.cell(row, $0) } ?? "",
                path)
        }
    }

    private static func cell(_ row: SheetText.Row, _ place: Int) -> String {
        guard row.cells.indices.contains(place) else { return "" }
        var text = row.cells[place][...]
        while text.first.map({ $0.isWhitespace || $0 == "'" }) ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }

    private mutating func take(
        _ row: SheetText.Row, _ name: String, reviewer: String, _ verdict: String, _ missed: String, _ path: String
    ) {
        // Whatever else stands in the column may be anybody's data.
        let isName = name.utf8.count <= 16 && name.lowercased().utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) }
        let shown = isName ? name : ""
        guard let number = design.number(of: name) else {
            return find(
                .unknownItem, path, row.line, item: shown, "the design has no such item; restore the column item from the sheet drawn")
        }
        let names = design.settings.reviewers
        let isAdjudicator = reviewer.lowercased() == Self.adjudicator
        guard let who = isAdjudicator ? names.count : names.firstIndex(where: { $0.lowercased() == reviewer.lowercased() }) else {
            return find(
                .unknownReviewer, path, row.line, item: shown, "the design names no such reviewer; restore the column from the sheet drawn")
        }
        guard isAdjudicator || design.items[number].reviewers.contains(who) else {
            return find(.notTheirs, path, row.line, item: shown, "the item was not given to \(names[who]); remove the row")
        }
        let given = design.settings.isBlind ? nil : design.items[number].given
        let known = Set(design.intents.map(\.id))
        switch ReviewVerdict.read(verdict, missed: missed, given: given, known: known) {
        case .failure(.empty):
            if places[number]?[who] == nil { places[number, default: [:]][who] = (path, row.line) }
        case .failure(let fault):
            places[number, default: [:]][who] = (path, row.line)
            find(.oddVerdict, path, row.line, item: shown, Self.remedy(fault))
        case .success(let read):
            if disputed.contains([number, who]) { return }
            if let before = verdicts[number][who], before != read {
                verdicts[number][who] = nil
                disputed.insert([number, who])
                let first = places[number]![who]!
                return find(
                    .duplicate, path, row.line, item: shown,
                    "judged differently in \(FileSystem.name(of: first.sheet)):\(first.line); keep one of the rows")
            }
            verdicts[number][who] = read
            places[number, default: [:]][who] = (path, row.line)
        }
    }

    private static func remedy(_ fault: ReviewVerdict.Fault) -> String {
        switch fault {
        case .empty, .oddWord: "write right, wrong, unsure, none, or ids of intents as intents.csv has them"
        case .needsIntents:
            "write one of right, wrong, unsure and none alone in verdict, or ids of intents; a blind sheet needs ids or none"
        case .wrongOfNothing: "no intent was given here: write right, or the intents it shows"
        }
    }

    /// Tells what nobody wrote about.
    private mutating func finish() {
        for (number, item) in design.items.enumerated() {
            for who in item.reviewers where verdicts[number][who] == nil {
                let name = design.settings.reviewers[who]
                if places[number]?[who] != nil {
                    if !isFound(number, who) { unanswered[name, default: 0] += 1 }
                } else {
                    find(.missingRow, "", 0, item: design.name(of: number), "\(name) was given it; ask for the row")
                }
            }
        }
    }

    /// Whether a finding already tells why there is no verdict.
    private func isFound(_ number: Int, _ who: Int) -> Bool {
        if disputed.contains([number, who]) { return true }
        guard let place = places[number]?[who] else { return false }
        return findings.contains { $0.kind == .oddVerdict && $0.sheet == place.sheet && $0.line == place.line }
    }

    /// Whether two readings found the same.
    public static func == (a: SheetReading, b: SheetReading) -> Bool {
        a.verdicts == b.verdicts && a.findings == b.findings && a.unanswered == b.unanswered && a.sheets == b.sheets
    }
}
