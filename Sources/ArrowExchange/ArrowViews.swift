/// Texts of a column where they lie, for loops over many rows. Valid as long as the column's ``ArrowBatch``.
public struct ArrowTexts {
    /// One after another; row `i` ends where row `i + 1` begins.
    public let bytes: UnsafePointer<UInt8>
    private let offsets: UnsafeRawPointer
    private let isLarge: Bool
    private let validity: UnsafePointer<UInt8>?
    private let first: Int

    fileprivate init(
        _ bytes: UnsafePointer<UInt8>, _ offsets: UnsafeRawPointer, isLarge: Bool, _ validity: UnsafePointer<UInt8>?, first: Int
    ) {
        (self.bytes, self.offsets, self.isLarge, self.validity, self.first) = (bytes, offsets, isLarge, validity, first)
    }

    /// Where a row's text begins among the bytes; that of the row behind the last is where the last one ends.
    @inline(__always)
    public func start(_ row: Int) -> Int {
        isLarge
            ? Int(offsets.assumingMemoryBound(to: Int64.self)[first + row]) : Int(offsets.assumingMemoryBound(to: Int32.self)[first + row])
    }

    /// Whether a row has no text.
    @inline(__always)
    public func isNull(_ row: Int) -> Bool { validity.isNull(first + row) }
}

/// Instants of a column of timestamps with a zone, for loops over many rows. Valid as long as the column's ``ArrowBatch``.
public struct ArrowInstants {
    private let values: UnsafePointer<Int64>
    private let perSecond: Int64
    private let validity: UnsafePointer<UInt8>?
    private let first: Int

    fileprivate init(_ values: UnsafePointer<Int64>, perSecond: Int64, _ validity: UnsafePointer<UInt8>?, first: Int) {
        (self.values, self.perSecond, self.validity, self.first) = (values, perSecond, validity, first)
    }

    /// Microseconds since 1970, parts of them cut off; nil where there is none, or beyond 64 bits, and before 1970.
    @inline(__always)
    public func microseconds(_ row: Int) -> Int64? {
        guard !validity.isNull(first + row) else { return nil }
        let value = values[first + row]
        guard value >= 0 else { return nil }
        if perSecond > 1_000_000 { return value / (perSecond / 1_000_000) }
        let (product, isOver) = value.multipliedReportingOverflow(by: 1_000_000 / perSecond)
        return isOver ? nil : product
    }
}

extension UnsafePointer<UInt8>? {
    @inline(__always)
    fileprivate func isNull(_ bit: Int) -> Bool {
        guard let self else { return false }
        return self[bit >> 3] & (1 << UInt8(bit & 7)) == 0
    }
}

extension ArrowColumn {
    /// The texts of a column that holds them one after another; nil for other types, dictionaries and views.
    public var texts: ArrowTexts? {
        guard words == nil, let values, let data else { return nil }
        let bytes = data.assumingMemoryBound(to: UInt8.self)
        switch layout {
        case .utf8: return ArrowTexts(bytes, values, isLarge: false, validity, first: offset)
        case .largeUTF8: return ArrowTexts(bytes, values, isLarge: true, validity, first: offset)
        default: return nil
        }
    }

    /// The instants of a column of timestamps whose zone is named; nil for other types.
    public var instants: ArrowInstants? {
        guard case .timestamp(let unit, let zone) = layout, !zone.isEmpty, words == nil, let values else { return nil }
        return ArrowInstants(values.assumingMemoryBound(to: Int64.self), perSecond: unit.perSecond, validity, first: offset)
    }

    /// Whether a row may be without a value.
    public var mayHoldNulls: Bool { validity != nil || isAllNull }
}
