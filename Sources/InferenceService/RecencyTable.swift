/// Values by key, in the order in which they were last used. Every operation takes constant time.
///
/// A hash table of places and a doubly linked list through an array: nothing is moved when a value is used.
package struct RecencyTable<Key: Hashable, Value> {
    fileprivate struct Node {
        var entry: (key: Key, value: Value)?
        var newer: Int
        var older: Int
    }

    private static var none: Int { -1 }
    private var places: [Key: Int] = [:]
    private var nodes: [Node] = []
    private var free: [Int] = []
    private var newest = -1
    private var oldest = -1

    /// Nothing yet.
    package init() {}

    /// Values held.
    package var count: Int { places.count }
    /// Whether there is none.
    package var isEmpty: Bool { places.isEmpty }

    /// The value of a key, which is not thereby used.
    package func value(of key: Key) -> Value? { places[key].flatMap { nodes[$0].entry?.value } }

    /// The value that was used longest ago, with its key.
    package var oldestEntry: (key: Key, value: Value)? { oldest == Self.none ? nil : nodes[oldest].entry }

    /// Changes the value of a key in place and makes it the newest; nil where there is none.
    package mutating func use<Result>(_ key: Key, _ body: (inout Value) -> Result) -> Result? {
        guard let place = places[key] else { return nil }
        unlink(place)
        linkAsNewest(place)
        return body(&nodes[place].entry!.value)
    }

    /// Changes the value of a key in place and leaves its order as it is.
    package mutating func change(_ key: Key, _ body: (inout Value) -> Void) {
        guard let place = places[key] else { return }
        body(&nodes[place].entry!.value)
    }

    /// Sets the value of a key and makes it the newest.
    /// - Returns: the value it had.
    @discardableResult
    package mutating func set(_ value: Value, for key: Key) -> Value? {
        if let place = places[key] {
            let old = nodes[place].entry?.value
            nodes[place].entry!.value = value
            unlink(place)
            linkAsNewest(place)
            return old
        }
        let place: Int
        if let free = free.popLast() {
            place = free
        } else {
            place = nodes.count
            nodes.append(Node(entry: nil, newer: Self.none, older: Self.none))
        }
        nodes[place].entry = (key, value)
        places[key] = place
        linkAsNewest(place)
        return nil
    }

    /// Takes a key's value out.
    @discardableResult
    package mutating func remove(_ key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        let value = nodes[place].entry?.value
        nodes[place].entry = nil
        unlink(place)
        free.append(place)
        return value
    }

    /// All values, the one used longest ago first.
    package var entriesFromOldest: [(key: Key, value: Value)] {
        var entries: [(key: Key, value: Value)] = []
        entries.reserveCapacity(count)
        var place = oldest
        while place != Self.none {
            if let entry = nodes[place].entry { entries.append(entry) }
            place = nodes[place].newer
        }
        return entries
    }

    private mutating func unlink(_ place: Int) {
        let (newer, older) = (nodes[place].newer, nodes[place].older)
        if newer == Self.none { newest = older } else { nodes[newer].older = older }
        if older == Self.none { oldest = newer } else { nodes[older].newer = newer }
    }

    private mutating func linkAsNewest(_ place: Int) {
        nodes[place].newer = Self.none
        nodes[place].older = newest
        if newest == Self.none { oldest = place } else { nodes[newest].newer = place }
        newest = place
    }
}

extension RecencyTable.Node: Sendable where Key: Sendable, Value: Sendable {}
extension RecencyTable: Sendable where Key: Sendable, Value: Sendable {}
