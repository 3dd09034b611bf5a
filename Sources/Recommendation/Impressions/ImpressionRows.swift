/// The rows of a file of impressions as they come, before they are put together.
struct ImpressionRows {
    /// What all rows of an impression share. There are millions: what only few have stands apart.
    struct Head {
        let id: String
        let time: Int64
        let customer: Int32
        var isScattered = false
    }

    /// A shown tile.
    struct Shown {
        let impression: Int32
        let tile: Int32
        let position: Int32
        let isClicked: Bool
        let probability: Float
        /// A file with more lines than that does not fit the memory.
        let line: UInt32
    }

    struct Fault {
        let reason: RowRejectReason
        let line: Int
        let hint: String
    }

    let columns: ImpressionColumns
    private(set) var customers: CustomerIndex
    private(set) var heads: [Head] = []
    /// Why an impression cannot be kept, where a row of it was refused when it was read.
    private(set) var faults: [Int32: Fault] = [:]
    private(set) var shown: [Shown] = []
    /// `[shown, F]`.
    private(set) var features: [Float] = []
    private(set) var tileNames: [String] = []
    /// Rows that were not refused when they were read.
    private(set) var rowCount = 0
    private var numbers: [String: Int32] = [:]
    private var tileNumbers: [String: Int32] = [:]
    private var latest: Int32 = -1
    private let separator: Character

    init(_ columns: ImpressionColumns, _ customers: CustomerIndex) {
        (self.columns, self.customers) = (columns, customers)
        separator = columns.format.separator.first ?? "|"
    }

    /// Takes one row; what is wrong with it alone is refused now.
    mutating func add(_ row: DelimitedTable.Row, _ rejects: inout RejectedRows) {
        let id = row.text(columns.impression)
        guard !id.isEmpty else {
            return rejects.record(.missingIdentity, file: columns.path, line: row.line, "expected the id of an impression")
        }
        guard let fault = take(row, id) else {
            rowCount += 1
            return
        }
        rejects.record(fault.reason, file: columns.path, line: fault.line, fault.hint)
        // The rest of the impression would say what was never shown.
        if let number = numbers[id] {
            faults[number] = faults[number] ?? fault
        } else {
            let number = Int32(heads.count)
            (numbers[id], faults[number]) = (number, fault)
            heads.append(Head(id: id, time: 0, customer: -1))
        }
    }

    private mutating func take(_ row: DelimitedTable.Row, _ id: String) -> Fault? {
        func fault(_ reason: RowRejectReason, _ hint: String) -> Fault { Fault(reason: reason, line: row.line, hint: hint) }
        let customerID = row.text(columns.customer)
        guard !customerID.isEmpty else { return fault(.missingIdentity, "expected the id of a customer") }
        guard let time = columns.format.timeUnit.microseconds(row.integer(columns.time)) else {
            return fault(.badTime, "expected a whole number of \(columns.format.timeUnit.rawValue) since 1970")
        }
        let found: (tiles: [Tile], fault: Fault?) = columns.isWide ? wide(row) : long(row)
        if let fault = found.fault { return fault }
        let customer = customers.number(of: customerID)
        if let number = numbers[id] {
            // Of an impression that is refused already, rows are only counted.
            if faults[number] == nil {
                guard !columns.isWide else { return fault(.duplicateIdentity, "an earlier row has the same impression") }
                guard heads[Int(number)].time == time, heads[Int(number)].customer == customer else {
                    return fault(.contradictingRows, "an earlier row of this impression has another time or customer")
                }
            }
            if latest != number { heads[Int(number)].isScattered = true }
            latest = number
        } else {
            latest = Int32(heads.count)
            numbers[id] = latest
            heads.append(Head(id: id, time: time, customer: customer))
        }
        for tile in found.tiles {
            let number = tileNumbers[tile.name] ?? Int32(tileNames.count)
            if number == tileNames.count {
                tileNumbers[tile.name] = number
                tileNames.append(tile.name)
            }
            shown.append(
                Shown(
                    impression: latest, tile: number, position: tile.position, isClicked: tile.isClicked, probability: tile.probability,
                    line: UInt32(clamping: row.line)))
            features.append(contentsOf: tile.features)
        }
        return nil
    }

    private struct Tile {
        var name: String
        var position: Int32
        var isClicked: Bool
        var probability: Float
        var features: [Float]
    }

    private func long(_ row: DelimitedTable.Row) -> ([Tile], Fault?) {
        func fault(_ reason: RowRejectReason, _ hint: String) -> ([Tile], Fault?) {
            ([], Fault(reason: reason, line: row.line, hint: hint))
        }
        var tile = Tile(name: row.text(columns.tile), position: 0, isClicked: false, probability: .nan, features: [])
        guard !tile.name.isEmpty else { return fault(.missingIdentity, "expected the id of a tile") }
        if let column = columns.position, !row.isEmpty(column) {
            guard let position = row.integer(column), (1...1_000_000).contains(position) else {
                return fault(.badPosition, "expected a whole number from 1 to 1,000,000, or nothing")
            }
            tile.position = Int32(position)
        }
        switch row.text(columns.clicked).lowercased() {
        case "1", "true": tile.isClicked = true
        case "0", "false": break
        case "" where !columns.format.needsClicks: break
        default: return fault(.badClick, "expected 0 or 1")
        }
        if let column = columns.probability, !row.isEmpty(column) {
            guard let value = row.number(column), (0...1).contains(value) else {
                return fault(.badProbability, "expected a number from 0 to 1, or nothing")
            }
            tile.probability = Float(value)
        }
        for column in columns.features {
            guard row.isEmpty(column) || row.number(column) != nil else {
                return fault(.badNumber, "column \(column + 1): expected a number, or nothing")
            }
            tile.features.append(row.number(column).map { Float($0) } ?? .nan)
        }
        return ([tile], nil)
    }

    private func wide(_ row: DelimitedTable.Row) -> ([Tile], Fault?) {
        func fault(_ reason: RowRejectReason, _ hint: String) -> ([Tile], Fault?) {
            ([], Fault(reason: reason, line: row.line, hint: hint))
        }
        func list(_ text: String) -> [Substring] {
            text.isEmpty ? [] : text.split(separator: separator, omittingEmptySubsequences: false)
        }
        let names = list(row.text(columns.tile))
        guard !names.isEmpty else { return fault(.noTiles, "expected at least one tile") }
        guard names.allSatisfy({ !$0.isEmpty }) else { return fault(.missingIdentity, "an entry of the list of tiles is empty") }
        let clicked = list(row.text(columns.clicked))
        guard clicked.allSatisfy({ names.contains($0) }) else {
            return fault(.clickedNotShown, "the tile clicked is not among the \(names.count) that were shown")
        }
        var tiles = names.enumerated().map { place, name in
            Tile(name: String(name), position: Int32(place + 1), isClicked: clicked.contains(name), probability: .nan, features: [])
        }
        if let column = columns.probability, !row.isEmpty(column) {
            let texts = list(row.text(column))
            guard texts.count == names.count else {
                return fault(.badProbability, "\(texts.count) probabilities for \(names.count) tiles")
            }
            for (place, text) in texts.enumerated() where !text.isEmpty {
                guard let value = DelimitedTable.number(String(text)), (0...1).contains(value) else {
                    return fault(.badProbability, "entry \(place + 1): expected a number from 0 to 1, or nothing")
                }
                tiles[place].probability = Float(value)
            }
        }
        for column in columns.features {
            let texts = list(row.text(column))
            guard texts.count <= 1 || texts.count == names.count else {
                return fault(.badNumber, "column \(column + 1): \(texts.count) numbers for \(names.count) tiles")
            }
            for place in tiles.indices {
                let text = texts.count == names.count ? texts[place] : texts.first ?? ""
                guard text.isEmpty || DelimitedTable.number(String(text)) != nil else {
                    return fault(.badNumber, "column \(column + 1): expected numbers, or nothing")
                }
                tiles[place].features.append(DelimitedTable.number(String(text)).map { Float($0) } ?? .nan)
            }
        }
        return (tiles, nil)
    }

    /// Places in ``shown`` by impression, in the order of the file.
    func shownByImpression() -> (offsets: [Int], rows: [Int32]) {
        var offsets = [Int](repeating: 0, count: heads.count + 1)
        for row in shown { offsets[Int(row.impression) + 1] += 1 }
        for impression in heads.indices { offsets[impression + 1] += offsets[impression] }
        var next = offsets
        var rows = [Int32](repeating: 0, count: shown.count)
        for (place, row) in shown.enumerated() {
            rows[next[Int(row.impression)]] = Int32(place)
            next[Int(row.impression)] += 1
        }
        return (offsets, rows)
    }

    /// The lines of the rows of some shown tiles, each once, rising.
    func lines(of places: [Int]) -> [Int] { Set(places.map { Int(shown[$0].line) }).sorted() }

    /// What is wrong with the rows of an impression together, sorted by position; nil where nothing is. A row without tiles is refused when it is
    /// read, so that there are some.
    func fault(of places: [Int], _ format: ImpressionFormat) -> Fault? {
        var seen = Set<Int32>()
        var previous: Int32 = 0
        var clicks = 0
        for place in places {
            let row = shown[place]
            func fault(_ reason: RowRejectReason, _ hint: String) -> Fault { Fault(reason: reason, line: Int(row.line), hint: hint) }
            if row.position > 0, row.position == previous { return fault(.duplicatePosition, "another tile has position \(row.position)") }
            previous = row.position
            guard seen.insert(row.tile).inserted else { return fault(.duplicateTile, "the impression shows the tile twice") }
            clicks += row.isClicked ? 1 : 0
            if clicks > 1, format.severalClicks == .refuse {
                return fault(.severalClicks, "more than one tile was clicked; `severalClicks: first` keeps the first")
            }
            guard format.missingProbabilities == .needed else { continue }
            if row.probability.isNaN { return fault(.missingProbability, "a probability is needed for every tile") }
            if row.probability == 0 { return fault(.zeroProbability, "a tile that was shown cannot have had the probability 0") }
        }
        return nil
    }
}
