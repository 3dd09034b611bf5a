internal import CArrow
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Hands Swift's columns to somebody else through the Arrow C stream interface. Buffers are shared, not copied, and kept until the other
/// side releases them.
package enum ArrowExport {
    /// Fills the structure of a stream, an `ArrowArrayStream`. The receiver must release it.
    /// - Parameter next: gives the columns of each batch in turn, nil at the end; what it throws ends the stream with an error, and is the
    ///   caller's to remember. Called on whatever thread reads.
    package static func stream(
        _ fields: [ArrowField], into out: UnsafeMutableRawPointer, next: @escaping () throws(ArrowError) -> [ArrowValues]?
    ) {
        stream(fields, to: out.assumingMemoryBound(to: ArrowArrayStream.self), next: next)
    }

    static func stream(
        _ fields: [ArrowField], to out: UnsafeMutablePointer<ArrowArrayStream>, next: @escaping () throws(ArrowError) -> [ArrowValues]?
    ) {
        out.initialize(to: ArrowArrayStream())
        out.pointee.private_data = Unmanaged.passRetained(StreamBox(fields, next)).toOpaque()
        out.pointee.get_schema = { stream, schema in
            StreamBox.of(stream!).map { ArrowExport.export(ArrowField("", .structure, children: $0.fields), to: schema!) }
            return 0
        }
        out.pointee.get_next = { stream, array in
            guard let box = StreamBox.of(stream!) else { return EINVAL }
            do throws(ArrowError) {
                array!.initialize(to: ArrowArray())
                guard let columns = try box.next() else { return 0 }
                let rows = columns.first?.count ?? 0
                guard columns.count == box.fields.count, columns.allSatisfy({ $0.count == rows }),
                    zip(columns, box.fields).allSatisfy({ $0.fit($1) })
                else { throw .output(path: "the stream", reason: "a batch does not have the columns of its schema") }
                ArrowExport.export(.structure(columns, count: rows), to: array!)
                return 0
            } catch {
                box.fail("\(error)")
                return EIO
            }
        }
        out.pointee.get_last_error = { stream in StreamBox.of(stream!)?.lastError.map { UnsafePointer($0) } }
        out.pointee.release = { stream in
            if let data = stream!.pointee.private_data { Unmanaged<StreamBox>.fromOpaque(data).release() }
            stream!.pointee.private_data = nil
            stream!.pointee.release = nil
        }
    }

    static func export(_ field: ArrowField, to out: UnsafeMutablePointer<ArrowSchema>) {
        let box = SchemaBox(field)
        out.initialize(to: ArrowSchema())
        out.pointee.format = UnsafePointer(box.format)
        out.pointee.name = UnsafePointer(box.name)
        out.pointee.flags = field.isNullable ? Int64(ARROW_FLAG_NULLABLE) : 0
        out.pointee.n_children = Int64(box.children.count)
        out.pointee.children = box.children.pointers
        out.pointee.dictionary = box.dictionary.pointers?[0]
        out.pointee.private_data = Unmanaged.passRetained(box).toOpaque()
        out.pointee.release = { schema in
            for index in 0..<Int(schema!.pointee.n_children) { schema!.pointee.children[index].map { $0.pointee.release?($0) } }
            schema!.pointee.dictionary.map { $0.pointee.release?($0) }
            Unmanaged<SchemaBox>.fromOpaque(schema!.pointee.private_data).release()
            schema!.pointee.release = nil
        }
    }

    static func export(_ values: ArrowValues, to out: UnsafeMutablePointer<ArrowArray>) {
        let box = ArrayBox(values)
        out.initialize(to: ArrowArray())
        out.pointee.length = Int64(values.count)
        out.pointee.null_count = Int64(values.nullCount)
        out.pointee.offset = Int64(values.offset)
        out.pointee.n_buffers = Int64(values.buffers.count)
        out.pointee.buffers = box.buffers
        out.pointee.n_children = Int64(box.children.count)
        out.pointee.children = box.children.pointers
        out.pointee.dictionary = box.words.pointers?[0]
        out.pointee.private_data = Unmanaged.passRetained(box).toOpaque()
        out.pointee.release = { array in
            for index in 0..<Int(array!.pointee.n_children) { array!.pointee.children[index].map { $0.pointee.release?($0) } }
            array!.pointee.dictionary.map { $0.pointee.release?($0) }
            Unmanaged<ArrayBox>.fromOpaque(array!.pointee.private_data).release()
            array!.pointee.release = nil
        }
    }
}

private final class StreamBox {
    let fields: [ArrowField]
    let next: () throws(ArrowError) -> [ArrowValues]?
    private(set) var lastError: UnsafeMutablePointer<CChar>?

    init(_ fields: [ArrowField], _ next: @escaping () throws(ArrowError) -> [ArrowValues]?) { (self.fields, self.next) = (fields, next) }

    deinit { free(lastError) }

    func fail(_ reason: String) {
        free(lastError)
        lastError = strdup(reason)
    }

    static func of(_ stream: UnsafeMutablePointer<ArrowArrayStream>) -> StreamBox? {
        stream.pointee.private_data.map { Unmanaged<StreamBox>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// Structures beside each other, with a list of pointers to them, as the C interface wants children.
private final class Structures<Structure> {
    let count: Int
    private(set) var pointers: UnsafeMutablePointer<UnsafeMutablePointer<Structure>?>?

    init(count: Int, fill: (Int, UnsafeMutablePointer<Structure>) -> Void) {
        self.count = count
        guard count > 0 else { return }
        let list = UnsafeMutablePointer<UnsafeMutablePointer<Structure>?>.allocate(capacity: count)
        for index in 0..<count {
            let structure = UnsafeMutablePointer<Structure>.allocate(capacity: 1)
            fill(index, structure)
            (list + index).initialize(to: structure)
        }
        pointers = list
    }

    deinit {
        for index in 0..<count { pointers?[index]?.deallocate() }
        pointers?.deallocate()
    }
}

private final class SchemaBox {
    let format: UnsafeMutablePointer<CChar>?
    let name: UnsafeMutablePointer<CChar>?
    let children: Structures<ArrowSchema>
    let dictionary: Structures<ArrowSchema>

    init(_ field: ArrowField) {
        format = strdup((field.dictionaryIndex ?? field.type).format)
        name = strdup(field.name)
        let inner = field.dictionaryIndex == nil ? field.children : []
        children = Structures(count: inner.count) { ArrowExport.export(inner[$0], to: $1) }
        dictionary = Structures(count: field.dictionaryIndex == nil ? 0 : 1) { _, out in
            ArrowExport.export(ArrowField("", field.type, children: field.children), to: out)
        }
    }

    deinit {
        free(format)
        free(name)
    }
}

private final class ArrayBox {
    let values: ArrowValues
    let buffers: UnsafeMutablePointer<UnsafeRawPointer?>
    let children: Structures<ArrowArray>
    let words: Structures<ArrowArray>

    init(_ values: ArrowValues) {
        self.values = values
        buffers = .allocate(capacity: max(values.buffers.count, 1))
        for (index, buffer) in values.buffers.enumerated() { buffers[index] = buffer.flatMap { UnsafeRawPointer($0.memory.baseAddress) } }
        children = Structures(count: values.children.count) { ArrowExport.export(values.children[$0], to: $1) }
        words = Structures(count: values.words.count) { ArrowExport.export(values.words[$0], to: $1) }
    }

    deinit { buffers.deallocate() }
}
