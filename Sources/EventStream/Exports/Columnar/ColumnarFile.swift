internal import ArrowExchange

/// A Parquet, Arrow IPC or Feather file: rows that lie column by column, read through the Arrow plugin.
///
/// A column of the mapping is a name or a path as in JSON Lines: `device.category`, `items.0.id`, and `event_params[page_location]` for the
/// value of a key in a list of keys and values (or in a map).
final class ColumnarFile {
    let path: String
    let limits: ExportLimits
    /// Bytes of the file, and rows where it says.
    let size: Int?
    let rows: Int?
    let fields: [ArrowField]
    private let plugin: ArrowPlugin

    /// Whether a file that begins so is one.
    static func isColumnar(_ beginning: [UInt8]) -> Bool {
        ["PAR1", "ARROW1", "PARE"].contains { beginning.starts(with: $0.utf8) } || beginning.starts(with: [0xFF, 0xFF, 0xFF, 0xFF])
    }

    /// Opens the file and reads what columns it has.
    init(path: String, size: Int?, limits: ExportLimits) throws(ExportError) {
        guard size != nil else {
            throw ExportError(
                .badData, place: path, reason: "it is a Parquet or Arrow file, which cannot be read from a pipe",
                remedy: "name the file itself")
        }
        self.path = path
        self.limits = limits
        self.size = size
        do throws(ArrowError) {
            plugin = try ArrowPlugin()
            let (stream, rows) = try plugin.read(path, batchRows: limits.batchRows)
            (fields, self.rows) = (stream.fields, rows)
        } catch { throw ExportError(error) }
    }

    /// The first rows as JSON Lines, which is what formats and mappings are guessed from; columns that are not read are left out.
    func sample() throws(ExportError) -> [UInt8] {
        let text = ArrowText()
        do throws(ArrowError) {
            let (stream, _) = try plugin.read(path, batchRows: 512)
            let kept = stream.fields.indices.filter { stream.fields[$0].firstUnsupported == nil }
            while text.count < limits.sampleBytes / 2, let batch = try stream.next() {
                for row in 0..<batch.count where text.count < limits.sampleBytes / 2 {
                    text.append(0x7B)
                    for (place, index) in kept.enumerated() {
                        if place > 0 { text.append(0x2C) }
                        var name = fields[index].name
                        name.withUTF8 { text.append(quoted: UnsafeRawBufferPointer($0)) }
                        text.append(0x3A)
                        batch.columns[index].writeJSON(row, to: text)
                    }
                    text.append(0x7D)
                    text.append(0x0A)
                }
            }
        } catch { throw ExportError(error) }
        guard text.count > 0 else {
            throw ExportError(.badData, place: path, reason: "it holds no rows", remedy: "export again, or leave this file out")
        }
        return Array(text.bytes)
    }

    /// Why columns are missing in the sample, one line each.
    var unread: [String] {
        fields.compactMap { field in
            field.firstUnsupported.map {
                "`\(field.name)` is left out: `\($0.column)` is of Arrow format `\($0.format)`, which is not read"
            }
        }
    }

    /// The columns that a mapping needs, as a stream.
    /// - Parameter isLenient: whether columns that are not there count as empty, as they do in JSON Lines.
    func stream(_ columns: [String], isLenient: Bool) throws(ExportError) -> (stream: ArrowStream, paths: [ColumnarPath?]) {
        var wanted: [String] = []
        for column in columns {
            guard let path = ColumnarPath(column, in: fields) else {
                guard isLenient else { throw missing(column) }
                continue
            }
            if let unread = path.field.firstUnsupported {
                throw ExportError(ArrowError.unsupported(place: self.path, column: unread.column, format: unread.format))
            }
            if !wanted.contains(path.projection) { wanted.append(path.projection) }
        }
        guard !wanted.isEmpty else {
            throw ExportError(
                .badMapping, place: path, reason: "none of the mapped columns is there; there are \(names)",
                remedy: "change the columns of the mapping")
        }
        do throws(ArrowError) {
            let stream = try plugin.read(path, columns: wanted, batchRows: limits.batchRows).stream
            return (stream, columns.map { ColumnarPath($0, in: stream.fields) })
        } catch { throw ExportError(error) }
    }

    private var names: String { fields.prefix(20).map { "`\($0.name)`" }.joined(separator: ", ") + (fields.count > 20 ? ", …" : "") }

    private func missing(_ column: String) -> ExportError {
        ExportError(
            .badMapping, place: path, reason: "there is no column `\(column)`; there are \(names)",
            remedy: "change this column of the mapping")
    }
}

extension ExportError {
    init(_ error: ArrowError) {
        let kind: Kind =
            switch error {
            case .missingPlugin, .foreignPlugin: .missingPlugin
            case .noInput: .noInput
            case .damaged, .unsupported: .badData
            case .noColumn: .badMapping
            case .file, .output, .stopped: .inputOutput
            }
        self.init(kind, place: error.place, reason: error.reason, remedy: error.remedy)
    }
}
