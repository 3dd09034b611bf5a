/// What the lists of a row tell of a value; see ``ExportMapping/Listed``. Keeps its memory from row to row.
struct ListedNumbers {
    /// Where the lists of one field stand in a row.
    struct Place {
        var list: Int
        var values: Int?
        var separator: UInt8
        var give: ExportMapping.Listed.Give
    }

    /// Beyond so many numbers the memory of a list is given back: a hostile row has millions.
    private static let keptNumbers = 1 << 16
    private var numbers: [Double] = []

    /// What `place` gives for `own`; NaN where that is missing. `isMissing` tells of texts that stand for no number.
    mutating func number(
        of own: TextSlice, _ place: Place, in row: UnsafePointer<TextSlice>, isMissing: (TextSlice) -> Bool
    ) -> Double {
        var entries = ListedTexts(row[place.list], separator: place.separator)
        var length = 0
        var position: Int?
        while let entry = entries.next() {
            if position == nil, entry.holdsSame(as: own) { position = length }
            length += 1
        }
        guard let position else { return .nan }
        switch place.give {
        case .position: return Double(position)
        case .length: return Double(length)
        case .value, .rank, .ratio: break
        }
        // Validated: these three name the second list.
        guard let slot = place.values else { return .nan }
        var values = ListedTexts(row[slot], separator: place.separator)
        if place.give == .value { return value(at: position, of: length, &values, isMissing) }

        numbers.removeAll(keepingCapacity: true)
        defer { if numbers.capacity > Self.keptNumbers { numbers = [] } }
        while let text = values.next() {
            guard numbers.count < length, !isMissing(text), let number = decimalNumber(text) else { return .nan }
            numbers.append(number)
        }
        guard numbers.count == length else { return .nan }
        return place.give == .rank ? rank(at: position) : ratio(at: position)
    }

    private func value(at position: Int, of length: Int, _ values: inout ListedTexts, _ isMissing: (TextSlice) -> Bool) -> Double {
        var found = Double.nan
        var count = 0
        while let text = values.next() {
            if count == position, !isMissing(text), let number = decimalNumber(text) { found = number }
            count += 1
        }
        return count == length ? found : .nan
    }

    private func rank(at position: Int) -> Double {
        guard numbers.count > 1 else { return 0 }
        let own = numbers[position]
        var smaller = 0
        for number in numbers where number < own { smaller += 1 }
        return Double(smaller) / Double(numbers.count - 1)
    }

    private mutating func ratio(at position: Int) -> Double {
        let own = numbers[position]
        numbers.withUnsafeMutableBufferPointer { heapSort($0) }
        let middle = numbers.count / 2
        // Halved first: the sum of two large numbers is none.
        let median = numbers.count % 2 == 1 ? numbers[middle] : numbers[middle - 1] / 2 + numbers[middle] / 2
        let ratio = own / median
        return median != 0 && ratio.isFinite ? ratio : .nan
    }
}

/// Sorts in place: the library's sort asks for memory, and a selection by pivots would let a hostile row take quadratic time.
/// - Complexity: O(n log n).
func heapSort(_ numbers: UnsafeMutableBufferPointer<Double>) {
    func sink(_ start: Int, _ count: Int) {
        let number = numbers[start]
        var hole = start
        while 2 * hole + 1 < count {
            var child = 2 * hole + 1
            if child + 1 < count, numbers[child] < numbers[child + 1] { child += 1 }
            guard number < numbers[child] else { break }
            numbers[hole] = numbers[child]
            hole = child
        }
        numbers[hole] = number
    }
    for start in stride(from: numbers.count / 2 - 1, through: 0, by: -1) { sink(start, numbers.count) }
    for end in stride(from: numbers.count - 1, to: 0, by: -1) {
        numbers.swapAt(0, end)
        sink(0, end)
    }
}
