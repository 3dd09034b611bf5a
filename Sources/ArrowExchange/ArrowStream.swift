internal import CArrow

/// Batches of columns that somebody else makes, read through the Arrow C stream interface. Releases what it was given, always.
public final class ArrowStream {
    /// The columns, in order.
    public let fields: [ArrowField]
    /// What is read, for messages.
    public let place: String
    private let stream: UnsafeMutablePointer<ArrowArrayStream>

    /// Takes a stream over: its structure is moved, and released with this object.
    /// - Throws: `.damaged` when its schema cannot be had or is not that of a table.
    package convenience init(taking other: UnsafeMutableRawPointer, place: String) throws(ArrowError) {
        try self.init(moving: other.assumingMemoryBound(to: ArrowArrayStream.self), place: place)
    }

    init(moving other: UnsafeMutablePointer<ArrowArrayStream>, place: String) throws(ArrowError) {
        let stream = UnsafeMutablePointer<ArrowArrayStream>.allocate(capacity: 1)
        stream.initialize(to: other.pointee)
        other.pointee.release = nil
        self.stream = stream
        self.place = place
        do throws(ArrowError) { fields = try Self.readSchema(stream, place) } catch {
            Self.end(stream)
            throw error
        }
    }

    deinit { Self.end(stream) }

    private static func end(_ stream: UnsafeMutablePointer<ArrowArrayStream>) {
        stream.pointee.release?(stream)
        stream.deallocate()
    }

    private static func readSchema(_ stream: UnsafeMutablePointer<ArrowArrayStream>, _ place: String) throws(ArrowError) -> [ArrowField] {
        var schema = ArrowSchema()
        guard stream.pointee.release != nil, stream.pointee.get_schema(stream, &schema) == 0 else {
            throw .damaged(place: place, reason: reason(stream))
        }
        let root: Result<ArrowField, ArrowError> = withUnsafePointer(to: schema) { pointer in
            do throws(ArrowError) { return .success(try ArrowField(pointer, place: place)) } catch { return .failure(error) }
        }
        withUnsafeMutablePointer(to: &schema) { $0.pointee.release?($0) }
        let table = try root.get()
        guard case .structure = table.type else { throw .damaged(place: place, reason: "it is not a table but \(table.type.format)") }
        return table.children
    }

    private static func reason(_ stream: UnsafeMutablePointer<ArrowArrayStream>) -> String {
        guard stream.pointee.release != nil, let text = stream.pointee.get_last_error(stream) else {
            return "reading failed without a reason"
        }
        return String(cString: text)
    }

    /// The next batch; nil at the end.
    /// - Throws: `.damaged` with what the maker says, or with what is wrong with a batch.
    public func next() throws(ArrowError) -> ArrowBatch? {
        let array = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
        array.initialize(to: ArrowArray())
        guard stream.pointee.get_next(stream, array) == 0 else {
            array.deallocate()
            throw .damaged(place: place, reason: Self.reason(stream))
        }
        guard array.pointee.release != nil else {
            array.deallocate()
            return nil
        }
        return try ArrowBatch(array, fields, place)
    }
}

/// Some rows of all columns. Columns are valid as long as it is kept.
public final class ArrowBatch {
    /// Rows.
    public let count: Int
    /// The columns, in the order of the stream's fields.
    public let columns: [ArrowColumn]
    private let array: UnsafeMutablePointer<ArrowArray>

    fileprivate init(_ array: UnsafeMutablePointer<ArrowArray>, _ fields: [ArrowField], _ place: String) throws(ArrowError) {
        self.array = array
        do throws(ArrowError) {
            let table = try ArrowColumn(ArrowField("", .structure, children: fields), array, place: place)
            (count, columns) = (table.count, table.children)
        } catch {
            array.pointee.release?(array)
            array.deallocate()
            throw error
        }
    }

    deinit {
        array.pointee.release?(array)
        array.deallocate()
    }
}
