internal import CArrow

/// A column of one batch, read where it lies: offset and validity bitmap are honoured, nothing is copied.
///
/// Valid as long as its ``ArrowBatch``. Rows count from 0 and must lie in the column.
public final class ArrowColumn {
    /// Name and type.
    public let field: ArrowField
    /// Rows.
    public let count: Int
    /// The columns it is made of. Element `i` of a struct's child belongs to row `i`; those of lists are found by ``elements(at:)``.
    public let children: [ArrowColumn]
    /// The words of a dictionary.
    public let words: ArrowColumn?

    /// Of the type of a dictionary's numbers where it is one.
    let layout: ArrowType
    let offset: Int
    let validity: UnsafePointer<UInt8>?
    let isAllNull: Bool
    let values: UnsafeRawPointer?
    let data: UnsafeRawPointer?
    /// The variadic buffers of views, with their lengths.
    private var views: [(bytes: UnsafeRawPointer?, count: Int)] = []

    /// - Parameter first, count: the rows of `array`, after its own offset, that are looked at.
    init(
        _ field: ArrowField, _ array: UnsafePointer<ArrowArray>, first: Int = 0, count rows: Int? = nil, place: String
    ) throws(ArrowError) {
        func damaged(_ what: String) -> ArrowError { .damaged(place: place, reason: "column `\(field.name)`: \(what)") }
        self.field = field
        layout = field.dictionaryIndex ?? field.type
        let length = Int(array.pointee.length)
        guard array.pointee.release != nil, length >= 0, array.pointee.offset >= 0, array.pointee.offset < 1 << 48, length < 1 << 48 else {
            throw damaged("the array is released, or its length or offset is impossible")
        }
        count = rows ?? length
        guard first + count <= length else { throw damaged("it is shorter than the column that holds it") }
        offset = Int(array.pointee.offset) + first
        let buffers = Int(array.pointee.n_buffers)
        guard buffers == layout.bufferCount ?? buffers, buffers == 0 || array.pointee.buffers != nil, buffers < 1 << 20 else {
            throw damaged("\(buffers) buffers for the format \(layout.format)")
        }
        func buffer(_ index: Int) -> UnsafeRawPointer? { index < buffers ? array.pointee.buffers[index] : nil }
        let hasNulls = array.pointee.null_count != 0
        validity = hasNulls ? buffer(0)?.assumingMemoryBound(to: UInt8.self) : nil
        isAllNull = layout == .null
        values = buffer(1)
        data = buffer(2)
        guard count == 0 || values != nil || layout.bufferCount.map({ $0 < 2 }) ?? false || isUnread(layout) else {
            throw damaged("a buffer is missing")
        }
        var children: [ArrowColumn] = []
        if field.dictionaryIndex == nil {
            guard Int(array.pointee.n_children) == field.children.count, field.children.isEmpty || array.pointee.children != nil else {
                throw damaged("\(array.pointee.n_children) children, not \(field.children.count)")
            }
            for index in field.children.indices {
                guard let child = array.pointee.children[index] else { throw damaged("child \(index) is missing") }
                var (start, rows): (Int, Int?) = (0, nil)
                if case .structure = layout { (start, rows) = (offset, count) }
                if case .fixedSizeList(let size) = layout { (start, rows) = (offset * size, count * size) }
                children.append(try ArrowColumn(field.children[index], child, first: start, count: rows, place: place))
            }
        }
        self.children = children
        var words: ArrowColumn?
        if field.dictionaryIndex != nil {
            guard let dictionary = array.pointee.dictionary else { throw damaged("the dictionary is missing") }
            words = try ArrowColumn(
                ArrowField(field.name, field.type, isNullable: true, children: field.children), dictionary, place: place)
        }
        self.words = words
        if case .utf8View = layout { try readViews(array, buffers, place) }
        try check(place)
    }

    private func readViews(_ array: UnsafePointer<ArrowArray>, _ buffers: Int, _ place: String) throws(ArrowError) {
        guard buffers >= 3, let lengths = array.pointee.buffers[buffers - 1]?.assumingMemoryBound(to: Int64.self) else {
            if count == 0 || buffers == 3 { return }
            throw .damaged(place: place, reason: "column `\(field.name)`: \(buffers) buffers for views")
        }
        views = (0..<buffers - 3).map { (array.pointee.buffers[$0 + 2], Int(lengths[$0])) }
    }

    /// What is followed later must lead somewhere.
    private func check(_ place: String) throws(ArrowError) {
        func damaged(_ what: String) -> ArrowError { .damaged(place: place, reason: "column `\(field.name)`: \(what)") }
        switch layout {
        case .utf8, .list, .map:
            guard isRising(of: Int32.self, upTo: layout == .utf8 ? nil : children[0].count) else { throw damaged("offsets do not rise") }
        case .largeUTF8, .largeList:
            guard isRising(of: Int64.self, upTo: layout == .largeUTF8 ? nil : children[0].count) else {
                throw damaged("offsets do not rise")
            }
        case .utf8View:
            for row in 0..<count where !isNull(row) {
                guard viewedText(row) != nil else { throw damaged("a view leads out of its buffers") }
            }
        default: break
        }
        if let words {
            for row in 0..<count where !isNull(row) {
                guard let word = wholeNumber(row), word >= 0, word < words.count else { throw damaged("a number is not of its dictionary") }
            }
        }
    }

    private func isRising<Offset: FixedWidthInteger>(of _: Offset.Type, upTo limit: Int?) -> Bool {
        guard count > 0, let offsets = values?.assumingMemoryBound(to: Offset.self) else { return count == 0 }
        guard offsets[offset] >= 0 else { return false }
        for row in offset..<offset + count where offsets[row] > offsets[row + 1] { return false }
        if data == nil, limit == nil, offsets[offset + count] > offsets[offset] { return false }
        return limit.map { Int(offsets[offset + count]) <= $0 } ?? true
    }

    /// Whether a row has no value.
    @inline(__always)
    public func isNull(_ row: Int) -> Bool {
        guard let validity else { return isAllNull }
        let bit = offset + row
        return validity[bit >> 3] & (1 << UInt8(bit & 7)) == 0
    }

    /// A whole number, truth value (0, 1), date or timestamp in its own unit; nil for other types and for unsigned numbers above `Int64.max`.
    @inline(__always)
    public func wholeNumber(_ row: Int) -> Int64? {
        guard let values else { return nil }
        let place = offset + row
        func load<Value: BinaryInteger>(_: Value.Type) -> Int64? {
            Int64(exactly: values.assumingMemoryBound(to: Value.self)[place])
        }
        switch layout {
        case .integer(8, true), .timestamp, .date64: return load(Int64.self)
        case .integer(4, true), .date32: return load(Int32.self)
        case .integer(2, true): return load(Int16.self)
        case .integer(1, true): return load(Int8.self)
        case .integer(8, false): return load(UInt64.self)
        case .integer(4, false): return load(UInt32.self)
        case .integer(2, false): return load(UInt16.self)
        case .integer(1, false): return load(UInt8.self)
        case .boolean: return Int64(values.assumingMemoryBound(to: UInt8.self)[place >> 3] >> UInt8(place & 7) & 1)
        default: return nil
        }
    }

    /// An unsigned number of eight bytes.
    func unsigned(_ row: Int) -> UInt64 { values!.assumingMemoryBound(to: UInt64.self)[offset + row] }

    /// A single float, as stored; nil for other types.
    @inline(__always)
    public func float(_ row: Int) -> Float? {
        switch layout {
        case .float(4): values!.assumingMemoryBound(to: Float.self)[offset + row]
        case .float(2): halfFloat(values!.assumingMemoryBound(to: UInt16.self)[offset + row])
        default: nil
        }
    }

    /// A double, or a shorter float widened; nil for other types.
    @inline(__always)
    public func double(_ row: Int) -> Double? {
        if case .float(8) = layout { return values!.assumingMemoryBound(to: Double.self)[offset + row] }
        return float(row).map { Double($0) }
    }

    /// The unscaled number of a decimal.
    func decimal(_ row: Int) -> Int128 {
        let halves = values!.assumingMemoryBound(to: UInt64.self) + 2 * (offset + row)
        return Int128(truncatingIfNeeded: UInt128(halves[1]) << 64 | UInt128(halves[0]))
    }

    /// The bytes of a text, where they lie; nil for other types. Nobody has checked that they are UTF-8.
    @inline(__always)
    public func text(_ row: Int) -> UnsafeRawBufferPointer? {
        switch layout {
        case .utf8: return slice(Int32.self, row)
        case .largeUTF8: return slice(Int64.self, row)
        case .utf8View: return viewedText(row)
        default:
            guard let words, let word = wholeNumber(row) else { return nil }
            return words.isNull(Int(word)) ? nil : words.text(Int(word))
        }
    }

    @inline(__always)
    private func slice<Offset: FixedWidthInteger>(_: Offset.Type, _ row: Int) -> UnsafeRawBufferPointer {
        let offsets = values!.assumingMemoryBound(to: Offset.self) + (offset + row)
        let (start, end) = (Int(offsets[0]), Int(offsets[1]))
        return UnsafeRawBufferPointer(start: data.map { $0 + start }, count: end - start)
    }

    /// Sixteen bytes each: the length, and either up to twelve bytes of text or a prefix, a buffer's number and a place in it.
    private func viewedText(_ row: Int) -> UnsafeRawBufferPointer? {
        guard let values else { return nil }
        let view = values + 16 * (offset + row)
        let length = Int(view.loadUnaligned(as: Int32.self))
        guard length >= 0 else { return nil }
        if length <= 12 { return UnsafeRawBufferPointer(start: view + 4, count: length) }
        let (buffer, start) = (
            Int(view.loadUnaligned(fromByteOffset: 8, as: Int32.self)), Int(view.loadUnaligned(fromByteOffset: 12, as: Int32.self))
        )
        guard views.indices.contains(buffer), start >= 0, start + length <= views[buffer].count, let bytes = views[buffer].bytes else {
            return nil
        }
        return UnsafeRawBufferPointer(start: bytes + start, count: length)
    }

    /// The rows of `children[0]` that a list holds; empty for other types.
    @inline(__always)
    public func elements(at row: Int) -> Range<Int> {
        let place = offset + row
        switch layout {
        case .list, .map:
            let offsets = values!.assumingMemoryBound(to: Int32.self)
            return Int(offsets[place])..<Int(offsets[place + 1])
        case .largeList:
            let offsets = values!.assumingMemoryBound(to: Int64.self)
            return Int(offsets[place])..<Int(offsets[place + 1])
        case .fixedSizeList(let size): return row * size..<(row + 1) * size
        default: return 0..<0
        }
    }

    /// The numbers of a column without nulls, or of a fixed-size list of them, where they lie; nil for other types.
    public func floats() -> UnsafeBufferPointer<Float>? {
        if case .fixedSizeList = layout { return children[0].floats() }
        guard case .float(4) = layout, let values else { return nil }
        return UnsafeBufferPointer(start: values.assumingMemoryBound(to: Float.self) + offset, count: count)
    }
}

private func isUnread(_ type: ArrowType) -> Bool {
    if case .unsupported = type { return true }
    return false
}

/// IEEE 754 half precision to single: exact.
func halfFloat(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10 & 0x1F)
    let fraction = UInt32(bits & 0x3FF)
    if exponent == 0 { return Float(bitPattern: sign | (Float(fraction) * 0x1p-24).bitPattern) }
    if exponent == 31 { return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13) }
    return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
}
