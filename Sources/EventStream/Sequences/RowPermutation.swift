/// The order of rows in memory, as a permutation of their numbers.
///
/// Rows are counted into visitors, then each visitor is sorted on its own where it is out of order. The threads of the crew share
/// whatever waits for memory: rows lie far apart.
enum RowPermutation {
    /// Empty where the rows are in order already.
    static func of(_ rows: HeldRows, count: Int, _ order: RowOrder, _ crew: ImportCrew) -> [UInt32] {
        var index = 1
        while index < count, !order.precedes(rows[index], rows[index - 1]) { index += 1 }
        if index >= count { return [] }
        // Where there are many more visitors than rows, neighbours share a place, so that the counts are never larger than the
        // permutation.
        var shift = 0
        while order.visitorPlaces >> shift > max(count, 1 << 16) { shift += 1 }
        let ends = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: order.visitorPlaces >> shift + 2)
        ends.initialize(repeating: 0)
        let visitors = UnsafeMutableBufferPointer<UInt32>.allocate(capacity: count)
        defer {
            ends.deallocate()
            visitors.deallocate()
        }
        crew.runParts(of: count) { part in
            for index in part {
                visitors.initializeElement(at: index, to: UInt32(truncatingIfNeeded: order.visitorRank(rows[index]) >> shift))
            }
        }
        for visitor in visitors { ends[Int(visitor) + 1] += 1 }
        for place in 1..<ends.count { ends[place] += ends[place - 1] }
        return [UInt32](unsafeUninitializedCapacity: count) { places, filled in
            // Stable, so that rows of a visitor stay in input order: mostly that of time.
            for index in 0..<count {
                let visitor = Int(visitors[index])
                places[Int(ends[visitor])] = UInt32(truncatingIfNeeded: index)
                ends[visitor] += 1
            }
            filled = count
            let permutation = places
            crew.runParts(of: ends.count - 1) { part in
                for visitor in part {
                    let start = visitor == 0 ? 0 : Int(ends[visitor - 1])
                    sort(UnsafeMutableBufferPointer(rebasing: permutation[start..<Int(ends[visitor])]), rows, order, sharesPlace: shift > 0)
                }
            }
        }
    }

    /// Sorts the rows of one visitor, or of the few that share a place.
    private static func sort(_ places: UnsafeMutableBufferPointer<UInt32>, _ rows: HeldRows, _ order: RowOrder, sharesPlace: Bool) {
        func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
            let (left, right) = (rows[Int(left)], rows[Int(right)])
            return sharesPlace ? order.precedes(left, right) : order.precedesInVisitor(left, right)
        }
        guard places.count > 1, (1..<places.count).contains(where: { precedes(places[$0], places[$0 - 1]) }) else { return }
        var places = places
        places.sort(by: precedes)
    }
}
