internal import ArrowExchange

/// All pairs of a list of keys and values as one text, in byte order and so the same whatever their order: key, 0x1F, value, 0x1E, as the
/// reader of JSON writes them.
final class ColumnarPairs {
    private let all = ArrowText()
    private var ends: [Int] = []
    private var order: [Int] = []

    /// False where the list holds no pair with key and value; then nothing was written.
    func write(_ list: ArrowColumn, _ row: Int, _ members: (key: Int, value: Int), to text: ArrowText) -> Bool {
        all.clear()
        ends.removeAll(keepingCapacity: true)
        let entries = list.children[0]
        let (keys, values) = (entries.children[members.key], entries.children[members.value])
        for entry in list.elements(at: row) where !entries.isNull(entry) && !keys.isNull(entry) && !values.isNull(entry) {
            guard let value = ColumnarPath.typed(values, entry) else { continue }
            keys.write(entry, to: all)
            all.append(0x1F)
            value.write(entry, to: all)
            all.append(0x1E)
            ends.append(all.count)
        }
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: ends.indices)
        order.sort { pair($0).lexicographicallyPrecedes(pair($1)) }
        for index in order { text.append(pair(index)) }
        return !order.isEmpty
    }

    private func pair(_ index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: all.bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
    }
}
