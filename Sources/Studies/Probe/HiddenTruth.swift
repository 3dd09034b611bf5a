internal import DurableFiles
public import EventStream

/// What a simulated export hides: the need behind each session, and how sure one could be of it.
public struct HiddenTruth: Sendable {
    /// A need.
    public struct Need: Sendable, Equatable {
        /// As in the sessions' file.
        public let id: String
        /// In words.
        public let name: String
        /// Needs that are neighbours share one.
        public let family: String
    }

    /// The truth of one session of a person.
    public struct Session: Sendable, Equatable {
        /// Its need, as a place in ``HiddenTruth/needs``.
        public let need: Int
        /// The need that all the session shows makes most probable; nil where the simulator did not say.
        public let bestNeed: Int?
    }

    /// All needs, in the order of the file.
    public let needs: [Need]
    /// By session name. Sessions of bots have no need and are left out.
    public let sessions: [String: Session]

    /// Reads `needs.csv` and `sessions.csv` of a folder as the simulator writes it.
    public init(folder: String) throws(StudyError) {
        let needRows = try Self.rows("\(folder)/needs.csv", columns: ["id", "name", "family"])
        needs = needRows.map { Need(id: $0[0], name: $0[1], family: $0[2]) }
        var numbers: [String: Int] = [:]
        for (number, need) in needs.enumerated() { numbers[need.id] = number }
        var sessions: [String: Session] = [:]
        for (line, row) in try Self.rows("\(folder)/sessions.csv", columns: ["session_id", "need", "best_need"]).enumerated()
        where !row[1].isEmpty {
            guard let need = numbers[row[1]], row[2].isEmpty || numbers[row[2]] != nil else {
                throw .badTruth(file: "\(folder)/sessions.csv", line: line + 2, reason: "a need that needs.csv does not have")
            }
            sessions[row[0]] = Session(need: need, bestNeed: numbers[row[2]])
        }
        self.sessions = sessions
    }

    /// Reads a folder and sees that it speaks of this corpus: a truth of other sessions would leave a map without colours.
    public init(folder: String, for corpus: Corpus) throws(StudyError) {
        try self.init(folder: folder)
        guard (0..<corpus.sessionCount).contains(where: { sessions[corpus.sessionKey($0)] != nil }) else {
            throw .badTruth(
                file: "\(folder)/sessions.csv", line: 1, reason: "none of its \(sessions.count) sessions is among those of \(corpus.path)")
        }
    }

    /// The named columns of a file of the truth, row by row.
    static func rows(_ file: String, columns: [String]) throws(StudyError) -> [[String]] {
        let bytes: [UInt8]
        do { bytes = try FileSystem.live.contents(of: file) } catch { throw .file(error) }
        var lines = bytes.split(separator: 0x0A).makeIterator()
        guard let first = lines.next() else { throw .badTruth(file: file, line: 1, reason: "the file is empty") }
        let header = cells(first)
        var places: [Int] = []
        for column in columns {
            guard let place = header.firstIndex(of: column) else {
                throw .badTruth(file: file, line: 1, reason: "there is no column \(column)")
            }
            places.append(place)
        }
        var rows: [[String]] = []
        var number = 1
        while let line = lines.next() {
            number += 1
            let cells = cells(line)
            guard cells.count == header.count else {
                throw .badTruth(file: file, line: number, reason: "\(cells.count) cells, the header has \(header.count)")
            }
            rows.append(places.map { cells[$0] })
        }
        return rows
    }

    /// The cells of one line; quotes hold commas together, and are doubled inside.
    private static func cells(_ line: ArraySlice<UInt8>) -> [String] {
        var cells: [String] = []
        var cell: [UInt8] = []
        var quoted = false
        var previous: UInt8 = 0
        for byte in line {
            switch byte {
            case 0x22:
                if !quoted, previous == 0x22 { cell.append(byte) }
                quoted.toggle()
            case 0x2C where !quoted:
                cells.append(String(decoding: cell, as: UTF8.self))
                cell.removeAll(keepingCapacity: true)
            case 0x0D: break
            default: cell.append(byte)
            }
            previous = quoted && byte == 0x22 ? 0 : byte
        }
        cells.append(String(decoding: cell, as: UTF8.self))
        return cells
    }
}
